import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createEvergrant } from '../../src/evergrant.ts';
import { expectItSaysThatItIsClosed } from '../support/after-close.ts';
import { useFolder } from '../support/folder.ts';

describe('an Evergrant that was closed', () => {
  test.each(['file', 'memory'])('says so, whatever it is asked: SQLite in a %s', async (kind) => {
    const path = kind === 'file' ? join(useFolder(), 'evergrant.db') : ':memory:';
    await expectItSaysThatItIsClosed({ database: `sqlite:${path}`, dashboard: false });
  });

  test('says so to whoever waited while it was closed', async () => {
    const evergrant = await createEvergrant({
      database: `sqlite:${join(useFolder(), 'evergrant.db')}`,
      providers: { linkedin: { clientId: 'id', clientSecret: 'secret' } },
      dashboard: false,
    });
    const { id } = await evergrant.connect({ provider: 'linkedin', owner: 'o' });
    const waiting = evergrant.getFlow(id, { wait: 1500 });
    const said = expect(waiting).rejects.toThrow('close() was called on this Evergrant');
    await evergrant.close();
    await said;
  });
});
