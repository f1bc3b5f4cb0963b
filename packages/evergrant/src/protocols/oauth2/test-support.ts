import type { Egress, EgressAnswer, EgressRequest } from '../../egress/types.ts';
import type { OAuth2Protocol, ProviderDefinition } from '../../providers/define.ts';
import type { Clock } from '../../telemetry/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { Secret } from '../../telemetry/secret.ts';
import type { OAuth2App, Protocol } from '../types.ts';
import { createOAuth2 } from './index.ts';

/** Secrets that must never show up in an error or a log line. */
export const canaries = {
  secret: 'canary-client-secret-7d1e5',
  code: 'canary-code-4b2e91c07a55d3',
  verifier: 'canary-verifier-canary-verifier-canary-9f3',
  access: 'canary-access-2c4f80b19d6e77',
  refresh: 'canary-refresh-8e57a3c2f1b09',
};

export const definitionOf = (
  protocol: Partial<OAuth2Protocol> = {},
  more: Partial<ProviderDefinition> = {},
): ProviderDefinition => ({
  id: 'acme',
  name: 'Acme',
  protocol: {
    kind: 'oauth2',
    authorizationEndpoint: 'https://acme.example/authorize',
    tokenEndpoint: 'https://api.acme.example/token',
    ...protocol,
  },
  scopes: { required: ['read', 'write'] },
  profile: { get: 'https://api.acme.example/me', map: { id: 'id' } },
  api: { baseUrl: 'https://api.acme.example' },
  ...more,
});

export const appOf = (definition: ProviderDefinition, more: Partial<OAuth2App> = {}): OAuth2App => ({
  provider: definition.id,
  clientId: 'client:1',
  clientSecret: new Secret(canaries.secret),
  definition,
  scopes: definition.scopes.required,
  origins: {},
  trustedOrigins: new Set(),
  redirectUri: 'https://app.example/integrations/social/acme',
  variables: {},
  ...more,
});

export type Scripted = Partial<EgressAnswer> | Error | ((request: EgressRequest) => Partial<EgressAnswer>);

export interface Script {
  egress: Egress;
  sent: EgressRequest[];
  protocol: Protocol;
  warnings: { fields: object; message: string }[];
  clock: Clock & { advance(milliseconds: number): void };
}

/** A protocol whose platform gives these answers in turn; the last one for ever. */
export const scripted = (...answers: Scripted[]): Script => {
  const sent: EgressRequest[] = [];
  const warnings: Script['warnings'] = [];
  let now = Date.UTC(2026, 10, 26, 12);
  const clock = {
    now: () => now,
    monotonic: () => now,
    after: () => () => {},
    advance: (milliseconds: number) => {
      now += milliseconds;
    },
  };
  const logger: Logger = {
    trace() {},
    debug() {},
    info() {},
    warn: (fields, message) => void warnings.push({ fields, message }),
    error() {},
  };
  const egress: Egress = {
    async send(request) {
      request.beforeSend?.();
      sent.push(request);
      const next = answers.length > 1 ? answers.shift() : answers[0];
      if (next === undefined) throw new Error('nothing was scripted');
      if (next instanceof Error) throw next;
      return { status: 200, headers: {}, body: '', ...(typeof next === 'function' ? next(request) : next) };
    },
    async close() {},
  };
  return { egress, sent, warnings, clock, protocol: createOAuth2(egress, { clock, logger }) };
};

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): EgressAnswer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

export const formOf = (request: EgressRequest | undefined): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(request?.body));

export const callbackOf = (parameters: Record<string, string> | string) => ({
  parameters: new URLSearchParams(parameters),
  state: 'state-of-this-flow',
  secrets: { verifier: canaries.verifier },
  redirectUri: 'https://app.example/integrations/social/acme',
});

export const granted = { code: canaries.code, state: 'state-of-this-flow' };
