import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { connectPerson, createStubWorld } from '../support/stub.ts';

const hour = 3_600_000;

/** A token answer that a process spooled before it died. */
const aSpooledAnswer = {
  id: 'att_spooled',
  kind: 'refresh',
  grant_id: 'grant_gone',
  flow_id: null,
  provider: 'sandbox',
  client_id: 'sandbox',
  instance: null,
  subject: null,
  consent: 1,
  generation: 1,
  fence: 1,
  started_at: 1,
  answer_sealed: 'AAAA',
  created_at: 1,
};

test('evergrant doctor shows backlog, gates, journal and spool, and changes none of them', async () => {
  const world = await createStubWorld();
  onTestFinished(() => world.dispose());
  const { installation } = world;
  const service = await installation.start();
  await connectPerson(world, 'Ada Example');
  await service.stop();

  const database = new DatabaseSync(installation.database);
  onTestFinished(() => database.close());
  const since = Date.now() - 2 * hour;
  database.prepare('update schedule set due_at = ?').run(since);
  const { provider, client_id } = database.prepare('select provider, client_id from schedule').get() as {
    provider: string;
    client_id: string;
  };
  database
    .prepare(
      `insert into provider_gates (provider, client_id, blocked_by, opened_at, probe_at, probes, failures, error, permits, refilled_at)
       values (?, ?, 'credentials', ?, ?, 1, 3, '{"code":"provider_app_credentials_invalid","at":1}', 0, 0)`,
    )
    .run(provider, client_id, since, Date.now() + hour);
  const spool = join(installation.folder, 'data', 'spool');
  mkdirSync(spool, { recursive: true });
  writeFileSync(join(spool, 'att_spooled.json'), JSON.stringify(aSpooledAnswer));
  const until = Date.now() + hour;
  database.prepare('update provider_gates set hold_until = ?').run(until);
  database
    .prepare(
      `insert into journal (id, kind, grant_id, provider, client_id, consent, generation, fence, started_at, answer_sealed, created_at)
       values ('att_left', 'refresh', 'grant_gone', ?, ?, 1, 1, 1, ?, x'00', ?)`,
    )
    .run(provider, client_id, since, since);
  const gate = () => [{ ...database.prepare('select * from provider_gates').get() }, left()];
  const left = () =>
    database
      .prepare('select id from journal')
      .all()
      .map(({ id }) => id);
  const before = gate();

  for (const _ of ['once', 'and once more']) {
    const { status, stdout } = await installation.run(['doctor']);
    expect(status).toBe(1);
    expect(stdout).toContain(`1 due, the oldest since ${new Date(since).toISOString()}`);
    expect(stdout).toMatch(/FAIL {2}spool: 1 token answers wait/);
    expect(stdout).toContain(
      `FAIL  journal: 1 token answers are not committed, the oldest since ${new Date(since).toISOString()}`,
    );
    expect(stdout).toContain(`its refusals are held back until ${new Date(until).toISOString()}`);
    expect(stdout).toContain(`refuses this app since ${new Date(since).toISOString()}`);
    expect(gate()).toEqual(before);
    expect(readdirSync(spool)).toEqual(['att_spooled.json']);
  }
});
