import type { Harness, HarnessOptions } from '../security/support.ts';

/*
 * Calls to the API of `acme`.
 */

export const withApi = (api: object = {}, more: object = {}): HarnessOptions => ({
  acme: ({ origin }) => ({
    definition: { api: { baseUrl: `${origin}/api`, headers: { 'Acme-Version': '7' }, ...api }, ...more },
  }),
});

export const call = (
  harness: Harness,
  id: string,
  path: string,
  { method = 'GET', ...more }: { method?: string } & Parameters<Harness['api']>[2] = {},
) => harness.api<Record<string, unknown>>(method, `/v1/connections/${id}/api${path}`, more);

export const sent = ({ stub }: Harness, path = '/api/posts') => stub.requestsTo(path);
