import { contentDecoder } from '../egress/content.ts';
import type { EgressStream } from '../egress/types.ts';
import { type Classification, classify } from '../protocols/errors.ts';
import type { App } from '../protocols/types.ts';
import { peek } from './body.ts';

/** Errors are shorter than this; what is longer is passed on unread. */
const longestError = 262_144;

/**
 * What an answer of a platform's API means (the provider operation `handleErrors`), by its body, status and headers.
 *
 * @param path of the call
 * @returns the verdict, null when the answer is no error that concerns the connection; and the answer, unread
 */
export const judge = async (
  app: App,
  path: string,
  answer: EgressStream,
  now: number,
): Promise<{ verdict: Classification | null; answer: EgressStream }> => {
  const headers = Object.fromEntries(answer.headers);
  if (answer.status < 400 && !mayHideError(app, headers['content-type'])) return { verdict: null, answer };
  const { bytes, rest } = await peek(answer.body, longestError);
  const body = bytes === null ? '' : textOf(bytes, headers['content-encoding']);
  const verdict = classify(app.definition, 'api', { status: answer.status, headers, body, path }, now);
  return { verdict, answer: { ...answer, body: rest } };
};

/** Some platforms answer 200 to everything and say in the body what went wrong. */
const mayHideError = ({ definition: { protocol } }: App, type: string | undefined): boolean => {
  const declared =
    protocol.errors?.under200 !== undefined ||
    (protocol.kind === 'oauth2' && protocol.tokenResponse?.errorsUnder200 === true);
  return declared && /[/+]json\b/i.test(type ?? '');
};

const textOf = (bytes: Uint8Array, coding: string | undefined): string => {
  try {
    const decode = contentDecoder(coding);
    return new TextDecoder().decode(decode ? decode(Buffer.from(bytes), { maxOutputLength: longestError }) : bytes);
  } catch {
    return '';
  }
};
