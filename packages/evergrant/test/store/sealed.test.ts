import { expect, test } from 'vitest';
import { grants, sealed } from '../../src/store/index.ts';
import { aGrant } from './rows.ts';
import { describeOnEachDatabase } from './support.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const column = { table: 'grants', column: 'access_token_sealed' };

describeOnEachDatabase('what is sealed', (database) => {
  test('is found by the names of the columns, in tables whose rows have an id', async () => {
    const tables = await sealed.tables(database.store.db);
    expect(tables).toContainEqual({
      table: 'grants',
      columns: expect.arrayContaining([
        'access_token_sealed',
        'refresh_token_sealed',
        'candidate_sealed',
        'extra_sealed',
      ]),
    });
    expect(tables.map(({ table }) => table)).toEqual(
      expect.arrayContaining(['connections', 'flows', 'grants', 'journal', 'revocations']),
    );
    for (const table of tables) expect(await sealed.page(database.store.db, table, '', 10)).toEqual([]);
  });

  test('is read in pages, without what is empty', async () => {
    const { db } = database.store;
    for (const id of ['grant_1', 'grant_2', 'grant_3']) {
      await grants.insert(db, aGrant(id, { access_token_sealed: bytes(id), refresh_token_sealed: null }));
    }
    const table = (await sealed.tables(db)).find((one) => one.table === 'grants')!;
    expect(await sealed.size(db, table)).toBe(3);
    const [first, second, ...more] = await sealed.page(db, table, '', 2);
    expect([first?.id, second?.id, more]).toEqual(['grant_1', 'grant_2', []]);
    expect(Object.keys(first!.envelopes)).toEqual(['access_token_sealed']);
    expect(Buffer.from(first!.envelopes['access_token_sealed']!).toString()).toBe('grant_1');
    expect((await sealed.page(db, table, 'grant_2', 2)).map(({ id }) => id)).toEqual(['grant_3']);
  });

  test('is exchanged only for what was read', async () => {
    const { db } = database.store;
    await grants.insert(db, aGrant('grant_1', { access_token_sealed: bytes('old') }));
    const stored = async () => Buffer.from((await grants.byId(db, 'grant_1'))!.access_token_sealed).toString();
    await sealed.swap(db, { ...column, id: 'grant_1' }, bytes('another'), bytes('new'));
    expect(await stored()).toBe('old');
    await sealed.swap(db, { ...column, id: 'grant_1' }, bytes('old'), bytes('new'));
    expect(await stored()).toBe('new');
  });
});
