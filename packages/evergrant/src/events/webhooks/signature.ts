import { createHmac, randomBytes } from 'node:crypto';

/*
 * Standard Webhooks 1.0.0, https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

const prefix = 'whsec_';

/** A new signing secret: `whsec_` and 32 random bytes in base64. */
export const newSigningSecret = (): string => prefix + randomBytes(32).toString('base64');

/**
 * The headers of one attempt.
 *
 * @param id the same at every attempt
 * @param sentAt of this attempt, in milliseconds since the epoch
 * @param secrets two while one is rotated: a receiver takes either signature
 */
export const signedHeaders = (
  id: string,
  sentAt: number,
  body: string,
  secrets: readonly string[],
): Record<string, string> => {
  const timestamp = String(Math.floor(sentAt / 1000));
  const signatures = secrets.map((secret) => `v1,${sign(`${id}.${timestamp}.${body}`, secret)}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
};

const sign = (signed: string, secret: string): string =>
  createHmac('sha256', Buffer.from(secret.slice(prefix.length), 'base64'))
    .update(signed)
    .digest('base64');
