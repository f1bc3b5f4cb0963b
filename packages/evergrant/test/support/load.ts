import type { ConnectionBody } from './api.ts';
import type { Installation } from './evergrant.ts';

/** Renews one connection after the other, and reads them all, until it is told to stop. */
export const startLoad = (installation: Installation, connections: ConnectionBody[]) => {
  let stopped = false;
  let renewed = 0;
  const failures: string[] = [];
  const note = (what: string, status: number): void => {
    if (status !== 200) failures.push(`${what}: ${status}`);
  };
  const running = (async () => {
    for (let turn = 0; !stopped; turn++) {
      const { id } = connections[turn % connections.length]!;
      note('renewal', (await installation.api.refresh(id)).status);
      note('read', (await installation.api.token(id)).status);
      renewed++;
    }
  })();
  return {
    renewed: () => renewed,
    async stop() {
      stopped = true;
      await running;
      return failures;
    },
  };
};
