import type { Egress } from '../egress/types.ts';
import type { Clock } from '../telemetry/clock.ts';
import { formRequest, signedRequest } from './api-request.ts';
import { classify } from './errors.ts';
import { badResponse, errorOf } from './failure.ts';
import { parseJson } from './json.ts';
import { lowerCaseNames, sendForAnswer } from './transport.ts';
import type { ApiCredentials, App, Protocol } from './types.ts';

/**
 * A GET that must answer JSON, for identification.
 *
 * @param credentials null: anybody may ask, and it is not signed
 * @param post makes it a POST of this form, which names the token itself (`{accessToken}`)
 * @throws EvergrantError as the definition reads the answer
 */
export type GetJson = (
  app: App,
  credentials: ApiCredentials | null,
  url: string,
  headers?: Record<string, string>,
  post?: Record<string, string>,
) => Promise<unknown>;

/** Signed GET requests that must answer JSON: who the account is, and which others it reaches. */
export const createGetJson =
  (egress: Egress, clock: Clock, protocolOf: (app: App) => Protocol): GetJson =>
  async (app, credentials, url, headers, post) => {
    const protocol = protocolOf(app);
    const common = { accept: 'application/json', ...lowerCaseNames(app.definition.api.headers), ...headers };
    const send = async () => {
      const { signedUrl, ...request } =
        post && credentials
          ? formRequest(app, credentials, { url, headers: common, post })
          : await signedRequest(protocol, app, credentials, { method: 'GET', url, headers: common });
      const answer = await sendForAnswer(egress, request, app.provider);
      const { pathname: path } = new URL(signedUrl);
      return { answer: { ...answer, path }, again: protocol.heard?.(app, signedUrl, answer) ?? false };
    };
    const first = await send();
    const { answer } = first.again ? await send() : first;
    const failure = classify(app.definition, 'api', answer, clock.now());
    if (failure) {
      throw errorOf(app, failure, answer.status, {
        class: failure.class,
        ...(failure.code ? { code: failure.code } : {}),
      });
    }
    const { status, body } = answer;
    const json = status >= 200 && status < 300 ? parseJson(body) : undefined;
    if (json === undefined) throw badResponse(app, { upstream: { status } });
    return json;
  };
