import { open } from 'node:fs/promises';

/** Makes a new name in a folder survive a power cut. Windows cannot open a folder and does not need to. */
export const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
