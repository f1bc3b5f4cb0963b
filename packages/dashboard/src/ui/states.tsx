import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Problem } from '../api/client.ts';
import { Button } from './controls.tsx';
import { Icon, type IconName } from './icons.tsx';

/** What went wrong, in the words of the API, and what to do. */
export const faultOf = (error: unknown): { title: string; detail: string | null } => {
  if (!(error instanceof Problem)) return { title: 'Something unexpected happened', detail: null };
  if (error.status === 0) {
    return { title: 'Evergrant does not answer', detail: 'It may be restarting, or you may be offline.' };
  }
  const { title, detail } = error.body;
  return { title: title ?? `The server answered ${error.status}`, detail: detail && detail !== title ? detail : null };
};

export const Fault = ({ error, retry }: { error: unknown; retry?: () => void }) => {
  const { title, detail } = faultOf(error);
  const request = error instanceof Problem ? error.body.instance?.split(':').at(-1) : undefined;
  return (
    <div className="note bad" role="alert">
      <Icon name="alert" />
      <div>
        <strong>{title}</strong>
        {detail && <p>{detail}</p>}
        {request && <small>Request {request}</small>}
      </div>
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
};

export const Note = ({ look, icon, children }: { look: string; icon: IconName; children: ReactNode }) => (
  <div className={`note ${look}`}>
    <Icon name={icon} />
    <div>{children}</div>
  </div>
);

/** Grey shapes of about the size of what comes. */
export const Loading = ({ rows = 3, height = '' }: { rows?: number; height?: 'tall' | '' }) => (
  <div className="loading" role="status">
    <span className="hidden">Loading…</span>
    {Array.from({ length: rows }, (_, row) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
      <span key={row} className={`shape ${height}`} />
    ))}
  </div>
);

export const Empty = ({ title, children }: { title: string; children?: ReactNode }) => (
  <div className="empty">
    <strong>{title}</strong>
    {children}
  </div>
);

/** What a query brings: its data, or how far it is. Data that was there before stays while a newer one fails. */
export const Loaded = <T,>({
  of,
  rows,
  height,
  children,
}: {
  of: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>;
  rows?: number;
  height?: 'tall';
  children: (data: T) => ReactNode;
}) => {
  if (of.data !== undefined) return children(of.data);
  if (of.error) return <Fault error={of.error} retry={() => void of.refetch()} />;
  return <Loading rows={rows} height={height} />;
};
