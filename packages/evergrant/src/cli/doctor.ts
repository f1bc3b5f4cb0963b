import { loadTemporal } from '../engine/temporal/load.ts';
import { isEvergrantError } from '../errors/index.ts';
import { type Evergrant, startEvergrant } from '../evergrant.ts';
import type { Inspection } from '../grants/inspection.ts';
import { leaseDuration } from '../grants/timing.ts';
import { isConfigured, lacksSecret, lacksSecretText, redirectUriFor } from '../providers/resolve.ts';
import { oddsText, providersAtOdds } from '../providers/sharing.ts';
import { type Settings, SettingsError } from '../settings/index.ts';
import type { Arguments } from './arguments.ts';
import { readSettings, withUnusedKey } from './open.ts';
import type { Output } from './output.ts';

interface Finding {
  ok: boolean;
  about: string;
  says: string;
}

/** `evergrant doctor`: what is set up, what is wrong, and what to paste where. Exit status 1 when something is wrong. */
export const doctor = async (args: Arguments, output: Output): Promise<number> => {
  const findings = await examine(args);
  if (args.options.json) output.out(JSON.stringify(findings));
  else for (const { ok, about, says } of findings) output.out(`${ok ? 'ok  ' : 'FAIL'}  ${about}: ${says}`);
  return findings.every(({ ok }) => ok) ? 0 : 1;
};

const examine = async (args: Arguments): Promise<Finding[]> => {
  let loaded: Awaited<ReturnType<typeof readSettings>>;
  try {
    loaded = await readSettings(args);
  } catch (error) {
    return [{ ok: false, about: 'settings', says: messageOf(error) }];
  }
  const { settings, configFile, warnings } = loaded;
  const findings: Finding[] = [
    { ok: true, about: 'settings', says: configFile ? `read from ${configFile} and the environment` : 'environment' },
    ...warnings.map((says) => ({ ok: true, about: 'warning', says })),
    { ok: true, about: 'address', says: `${settings.publicUrl}, listening on ${settings.host}:${settings.port}` },
  ];
  try {
    // Simulated platforms need no looking after.
    const evergrant = await startEvergrant(withUnusedKey({ ...settings, engine: 'none' }), { recovers: false });
    try {
      findings.push(...(await examineRunning(evergrant, settings)));
    } finally {
      await evergrant.close();
    }
  } catch (error) {
    findings.push({ ok: false, about: placeOf(error), says: messageOf(error) });
  }
  if (settings.engine === 'temporal') findings.push(...(await examineEngine(settings)));
  return findings;
};

/** Definitions are checked only when everything is put together. */
const placeOf = (error: unknown): string => {
  if (error instanceof SettingsError) return 'settings';
  return isEvergrantError(error, 'storage_key_unavailable') ? 'encryption key' : 'database';
};

/** What the engine works with, beside the database. */
const examineEngine = async ({ temporal }: Settings): Promise<Finding[]> => {
  try {
    const { examineTemporal } = await loadTemporal();
    return await examineTemporal(temporal);
  } catch (error) {
    return [{ ok: false, about: 'Temporal', says: messageOf(error) }];
  }
};

const examineRunning = async (evergrant: Evergrant, settings: Settings): Promise<Finding[]> => {
  const { backlog, gates, holds, journalled, spooled } = await evergrant.inspect();
  const database = settings.database.kind === 'sqlite' ? settings.database.path : 'PostgreSQL';
  const keySource = settings.encryptionKeys ? 'from ENCRYPTION_KEYS' : 'from the key file beside the database';
  return [
    { ok: true, about: 'database', says: `${database} answers, its schema is up to date` },
    { ok: true, about: 'encryption key', says: `fits (${keySource})` },
    {
      ok: true,
      about: 'renewals',
      says: backlog.due === 0 ? 'none is overdue' : `${backlog.due} due, the oldest since ${backlog.oldest}`,
    },
    examineJournal(journalled),
    {
      ok: spooled === 0,
      about: 'spool',
      says: spooled === 0 ? 'empty' : `${spooled} token answers wait for the database; a running service moves them`,
    },
    ...gates.map(({ provider, by, error, since }) => ({
      ok: false,
      about: provider,
      says:
        by === 'credentials'
          ? `the platform refuses this app since ${since} (${error}); check its client id and secret`
          : `the platform fails since ${since} (${error}); it is tried again by itself`,
    })),
    ...holds.map(({ provider, until }) => ({
      ok: false,
      about: provider,
      says: `the platform refuses unusually many accounts; its refusals are held back until ${until}, and no connection is ended by them. Check its client secret; if that is right, wait for the platform`,
    })),
    ...examineApps(evergrant, settings),
  ];
};

/** What is younger than a claim may belong to a process that lives, and commits it. */
const examineJournal = ({ count, oldest }: Inspection['journalled']): Finding => {
  const ok = oldest === null || Date.now() - Date.parse(oldest) < leaseDuration;
  const waiting = `${count} token answers are not committed, the oldest since ${oldest}`;
  const says = ok
    ? 'nothing is left behind'
    : `${waiting}; a running service finishes them, or logs what keeps it from that`;
  return { ok, about: 'journal', says };
};

const examineApps = (evergrant: Evergrant, settings: Settings): Finding[] => {
  const configured = evergrant.catalogue.list().filter(isConfigured);
  const none = { ok: true, about: 'apps', says: 'none is configured; `evergrant start` offers simulated platforms' };
  const findings = configured.map(({ definition, redirectUriSetting, clientId, appSource }) => ({
    ok: true,
    about: definition.id,
    says:
      clientId === null
        ? 'needs no app: anybody can connect an account'
        : `${appSource === 'api' ? 'app set through the API, before any in the settings' : 'app from the settings'}; register the redirect URI ${redirectUriFor(settings.publicUrl, definition.id, redirectUriSetting)}${
            definition.setup ? ` at ${definition.setup.console}` : ''
          }`,
  }));
  const secretless = configured
    .filter(lacksSecret)
    .map((provider) => ({ ok: false, about: provider.definition.id, says: lacksSecretText(provider) }));
  const odds = providersAtOdds(configured).map((pair) => ({
    ok: false,
    about: pair.map(({ definition }) => definition.id).join(', '),
    says: oddsText(pair),
  }));
  const all = [...findings, ...secretless, ...odds];
  return configured.some(({ clientId }) => clientId !== null) ? all : [none, ...all];
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
