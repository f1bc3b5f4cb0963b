import type { Api } from '../providers/define.ts';

/**
 * Seconds until a retry makes sense: `Retry-After` (RFC 9110 section 10.2.3), else the platform's own header.
 *
 * @param now milliseconds since the epoch, for absolute times when the answer has no `date` of its own
 * @returns undefined when the answer does not tell
 */
export const retryAfterOf = (
  headers: Readonly<Record<string, string>>,
  reset: Api['rateLimitReset'],
  now: number | undefined,
): number | undefined => {
  // The difference of two times of one clock holds even when that clock and ours disagree.
  const sent = headers['date'] ? Date.parse(headers['date']) : Number.NaN;
  const reference = Number.isNaN(sent) ? now : sent;
  const retryAfter = headers['retry-after']?.trim();
  if (retryAfter)
    return /^\d+$/.test(retryAfter) ? Number(retryAfter) : secondsUntil(Date.parse(retryAfter), reference);
  if (typeof reset === 'function') return reset(headers) ?? undefined;
  const value = reset ? headers[reset.header.toLowerCase()]?.trim() : undefined;
  if (!reset || !value) return undefined;
  if (reset.unit === 'iso-date') return secondsUntil(Date.parse(value), reference);
  const number = Number(value);
  if (!Number.isFinite(number)) return undefined;
  return reset.unit === 'seconds' ? Math.max(0, number) : secondsUntil(number * 1000, reference);
};

const secondsUntil = (time: number, reference: number | undefined): number | undefined =>
  Number.isNaN(time) || reference === undefined ? undefined : Math.max(0, (time - reference) / 1000);
