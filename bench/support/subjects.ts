import { type BenchDatabase, postgresDatabase, sqliteDatabase } from './database.ts';
import { type Provider, startProvider } from './provider-client.ts';

/** Engines on a database of their own, with a provider that keeps the chains of its tokens from run to run. */
export interface Subject {
  name: string;
  nodes: number;
  database: BenchDatabase;
  provider: Provider;
  close(): Promise<void>;
}

const kinds = {
  sqlite: { name: 'SQLite, one node', nodes: 1, open: sqliteDatabase },
  postgres: { name: 'PostgreSQL, two nodes', nodes: 2, open: postgresDatabase },
};

export type Kind = keyof typeof kinds;

export const isKind = (text: string): text is Kind => Object.hasOwn(kinds, text);

/** @param grants how many accounts are connected */
export const openSubject = async (kind: Kind, grants: number): Promise<Subject> => {
  const { open, ...rest } = kinds[kind];
  const [database, provider] = await Promise.all([open(), startProvider()]);
  const close = async (): Promise<void> => {
    await provider.stop();
    await database.remove();
  };
  try {
    await database.seed(grants);
    return { ...rest, database, provider, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** Opens subjects of several kinds and closes them when the work is done. */
export const withSubjects = async (
  chosen: string[],
  grants: number,
  work: (subjects: Subject[]) => Promise<void>,
): Promise<void> => {
  const subjects: Subject[] = [];
  try {
    for (const kind of chosen.filter(isKind)) subjects.push(await openSubject(kind, grants));
    await work(subjects);
  } finally {
    for (const subject of subjects) await subject.close();
  }
};
