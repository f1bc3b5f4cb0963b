import { useNow } from '../lib/now.ts';

/** How much of a token's life is left. */
export const LifeBar = ({ since, until }: { since: string; until: string }) => {
  const now = useNow();
  const total = Date.parse(until) - Date.parse(since);
  if (total <= 0) return null;
  const left = Math.min(total, Math.max(0, Date.parse(until) - now));
  return <progress className="life" aria-label="What is left of the token" max={total} value={left} />;
};
