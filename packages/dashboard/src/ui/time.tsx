import { useNow } from '../lib/now.ts';
import { ago, date, exact, span } from '../lib/time.ts';

/** When something was, counted from now; the exact time on hover. */
export const Ago = ({ at }: { at: string }) => (
  <time dateTime={at} title={exact(at)}>
    {ago(at, useNow())}
  </time>
);

/**
 * How long it is until something.
 *
 * @param over what is shown once it is so; default: since when, after `past`
 */
export const Until = ({
  at,
  over,
  lead = '',
  past = '',
}: {
  at: string;
  over?: string;
  lead?: string;
  past?: string;
}) => {
  const now = useNow();
  const left = Date.parse(at) - now;
  return (
    <time dateTime={at} title={exact(at)} className="numbers">
      {left > 0 ? lead + span(left) : (over ?? past + ago(at, now))}
    </time>
  );
};

/** How long something has lasted. */
export const Since = ({ at }: { at: string }) => (
  <time dateTime={at} title={exact(at)} className="numbers">
    {span(useNow() - Date.parse(at))}
  </time>
);

export const Day = ({ at }: { at: string }) => (
  <time dateTime={at} title={exact(at)}>
    {date(at)}
  </time>
);
