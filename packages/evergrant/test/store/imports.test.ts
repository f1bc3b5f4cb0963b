import { expect, test } from 'vitest';
import { grants, providerApps } from '../../src/store/index.ts';
import { aGrant, aProviderApp, noon } from './rows.ts';
import { describeOnEachDatabase } from './support.ts';

describeOnEachDatabase('imported grants', (database) => {
  const imported = (id: string, more = {}) =>
    aGrant(id, { imported_mac: 'one credential', subject: null, updated_at: noon, ...more });

  test('stand once for each credential, app and provider', async () => {
    const { db } = database.store;
    expect(await grants.insertImported(db, imported('grant_1'))).toBe(true);
    expect(await grants.insertImported(db, imported('grant_2'))).toBe(false);
    expect(await grants.insertImported(db, imported('grant_3', { client_id: 'another' }))).toBe(true);
    expect(await grants.byImport(db, imported('grant_2'))).toMatchObject({ id: 'grant_1' });
    expect(await grants.byImport(db, imported('x', { imported_mac: 'another credential' }))).toBeUndefined();
  });

  test('are found once nobody has come back for them, but not those that serve a connection', async () => {
    const { db } = database.store;
    await grants.insertImported(db, imported('grant_1'));
    await grants.insertImported(db, imported('grant_2', { imported_mac: 'another', subject: 'ann' }));
    await grants.insert(db, aGrant('grant_3', { subject: null, updated_at: noon }));
    expect(await grants.unusedImports(db, noon, 10)).toEqual([]);
    expect(await grants.unusedImports(db, noon + 1, 10)).toEqual(['grant_1']);
  });
});

describeOnEachDatabase('apps that were set', (database) => {
  test('are changed only by who has seen their last version', async () => {
    const { db } = database.store;
    const app = aProviderApp('app_1');
    await providerApps.insert(db, app);
    expect(await providerApps.update(db, app, { scopes: '[]' })).toBe(true);
    expect(await providerApps.update(db, app, { scopes: null })).toBe(false);
    expect(await providerApps.all(db)).toMatchObject([{ version: 2, scopes: '[]' }]);
  });

  test('are forgotten once they are retired and nothing was made with them', async () => {
    const { db } = database.store;
    for (const id of ['app_1', 'app_2', 'app_3']) {
      await providerApps.retire(db, 'acme', noon);
      await providerApps.insert(db, aProviderApp(id));
    }
    await grants.insert(db, aGrant('grant_1', { client_id: 'client of app_1' }));
    await providerApps.removeUnused(db, 'another');
    expect(await providerApps.versions(db)).toHaveLength(3);
    await providerApps.removeUnused(db, 'acme');
    expect((await providerApps.versions(db)).map(({ id }) => id)).toEqual(['app_1', 'app_3']);
    expect(await providerApps.retire(db, 'acme', noon)).toBe(true);
    expect(await providerApps.retire(db, 'acme', noon)).toBe(false);
  });
});
