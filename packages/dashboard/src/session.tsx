import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext } from 'react';
import { ask, Problem } from './api/client.ts';
import type { Permission, Session } from './api/types.ts';
import { Fault, Loading } from './ui/states.tsx';

const SessionContext = createContext<Session | null>(null);

/** Who is signed in. */
export const useSession = (): Session => useContext(SessionContext)!;

/** Whether whoever is signed in may do something; the server decides it again. */
export const usePermits = (needed: Permission): boolean => {
  const { permissions } = useSession();
  return (
    permissions.includes('admin') ||
    permissions.includes(needed) ||
    (needed === 'connections:read' && permissions.includes('connections:write'))
  );
};

/** What a page takes; `operator`: everything, for everybody's connections. */
export type Need = Permission | 'operator';

/** Whether whoever is signed in has it. */
export const useMeets = (need: Need): boolean => {
  const { owner } = useSession();
  const permitted = usePermits(need === 'operator' ? 'admin' : need);
  return permitted && (need !== 'operator' || owner === null);
};

/** The cookie is hidden from scripts; this tells whether there may be one, so that nobody asks in vain. */
const mark = 'evergrant-signed-in';

const read = async (): Promise<Session | null> => {
  if (localStorage.getItem(mark) === null) return null;
  try {
    return await ask<Session>('/session');
  } catch (error) {
    if (!(error instanceof Problem && error.endsSession)) throw error;
    localStorage.removeItem(mark);
    return null;
  }
};

const useSessionQuery = () =>
  useQuery({
    queryKey: ['session'],
    queryFn: read,
    retry: (count, error) => error instanceof Problem && error.isPassing && count < 3,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Shows its content to who is signed in, and the way to sign in to everybody else. */
export const SignedIn = ({ children, otherwise }: { children: ReactNode; otherwise: ReactNode }) => {
  const { data, error, refetch } = useSessionQuery();
  if (data) return <SessionContext value={data}>{children}</SessionContext>;
  if (data === null) return otherwise;
  return (
    <main className="lonely">
      {error ? <Fault error={error} retry={() => void refetch()} /> : <Loading rows={3} />}
    </main>
  );
};

export const useSignIn = () => {
  const client = useQueryClient();
  return async (key: string): Promise<void> => {
    const session = await ask<Session>('/session', { method: 'POST', headers: { authorization: `Bearer ${key}` } });
    localStorage.setItem(mark, '');
    client.setQueryData(['session'], session);
  };
};

export const useSignOut = () => {
  const client = useQueryClient();
  return async (): Promise<void> => {
    await ask('/session', { method: 'DELETE' });
    localStorage.removeItem(mark);
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
    client.setQueryData(['session'], null);
  };
};
