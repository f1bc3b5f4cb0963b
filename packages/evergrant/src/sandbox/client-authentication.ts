import type { ClientAuthentication } from '../providers/define.ts';
import { findApp } from './apps.ts';
import type { Platform } from './platform.ts';
import type { LoggedRequest } from './types.ts';
import type { World } from './world.ts';

interface Presented {
  method: LoggedRequest['clientAuthentication'];
  /** As sent, before the form-decoding of RFC 6749 section 2.3.1. */
  id: string;
  secret: string;
}

/** How the client names itself in a request (RFC 6749 section 2.3.1); null: not at all, or in two ways at once. */
export const presentedClient = (
  platform: Platform,
  headers: Headers,
  parameters: URLSearchParams,
): Presented | null => {
  const { clientIdParameter = 'client_id', clientSecretParameter = 'client_secret' } = platform.definition.protocol;
  const id = parameters.get(clientIdParameter);
  const secret = parameters.get(clientSecretParameter);
  const basic = /^Basic (.+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  if (basic) {
    const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(basic, 'base64').toString()) ?? [];
    return user === undefined || secret !== null
      ? null
      : { method: 'client_secret_basic', id: user, secret: password! };
  }
  if (id === null) return null;
  return { method: secret === null ? 'none' : 'client_secret_post', id, secret: secret ?? '' };
};

/** Whether a request comes from an app that is known, which authenticates in one of the declared ways and in no other. */
export const isOurClient = (
  world: World,
  platform: Platform,
  presented: Presented | null,
  declared: ClientAuthentication[],
): boolean =>
  declared.some((method) => {
    const expected = method === 'client_secret_basic_raw' ? 'client_secret_basic' : method;
    if (presented?.method !== expected) return false;
    const read = method === 'client_secret_basic' ? formDecode : (text: string) => text;
    const app = findApp(world, platform, read(presented.id));
    return app !== null && (method === 'none' || read(presented.secret) === app.clientSecret);
  });

const formDecode = (text: string): string =>
  new URLSearchParams(`value=${text.replaceAll('&', '%26')}`).get('value') ?? '';
