import { tokenBody } from '../http/schemas.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { openInstallation } from './open.ts';
import type { Output } from './output.ts';

/** `evergrant token CONNECTION`: prints the token alone, or with its facts as JSON. */
export const printToken = async (args: Arguments, output: Output): Promise<number> => {
  const [id] = args.positionals;
  if (!id) throw new UsageError('evergrant token needs the id of a connection');
  const evergrant = await openInstallation(args);
  try {
    const token = await evergrant.getAccessToken(id, { minValid: args.options.minValid });
    output.out(args.options.json ? JSON.stringify(tokenBody(token)) : token.accessToken);
    return 0;
  } finally {
    await evergrant.close();
  }
};
