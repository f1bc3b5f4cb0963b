import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { catalogue, type ErrorCode, errorCodes } from '../../errors/index.ts';
import { createPages, type Page, type SelectableAccount } from './index.ts';

const pages = createPages({ applicationName: 'Northwind', publicUrl: 'https://connect.example/base' });
const provider = { id: 'acme', name: 'Acme' };
const attack = '<img src=x onerror=alert(1)>"\'';
const hostile = { id: attack, name: attack };
const hostileAccount: SelectableAccount = {
  id: attack,
  type: 'page',
  name: attack,
  username: attack,
  picture: 'javascript:alert(1)',
  url: 'javascript:alert(1)',
};
const scopes = [{ scope: attack, permits: attack }, { scope: attack }];
const expiresAt = new Date('2026-11-26T12:34:56Z');

const failure = (code: ErrorCode, more: Partial<Parameters<typeof pages.error>[0]> = {}): Page =>
  pages.error({ code, provider, requestId: 'request-1', ...more });

/** Every kind of page, with a hostile text wherever others may write. */
const hostilePages: Record<string, Page> = {
  start: pages.start({
    provider: hostile,
    owner: attack,
    action: '/go',
    expiresAt,
    scopes,
    reconnectAccount: attack,
    endangers: [attack],
  }),
  chooseProvider: pages.chooseProvider({ owner: attack, action: '/go', providers: Array(12).fill(hostile) }),
  noProviders: pages.chooseProvider({ owner: attack, action: '/go', providers: [] }),
  instance: pages.instance({
    provider: hostile,
    owner: attack,
    label: attack,
    placeholder: attack,
    action: '/go',
    value: attack,
    kind: 'handle',
    fault: { typed: attack, code: 'invalid_request', detail: attack },
  }),
  chooseAccounts: pages.chooseAccounts({
    provider: hostile,
    action: '/go',
    multiple: true,
    accounts: [hostileAccount, { ...hostileAccount, unavailable: attack }],
    nothingChosen: true,
  }),
  noneAvailable: pages.chooseAccounts({
    provider: hostile,
    action: '/go',
    multiple: true,
    accounts: [{ ...hostileAccount, unavailable: attack }],
  }),
  result: pages.result({
    status: 'limited',
    provider: hostile,
    accounts: [hostileAccount],
    missingScopes: scopes,
    flowId: attack,
    openerOrigin: attack,
    returnTo: 'javascript:alert(1)',
  }),
  error: failure('redirect_uri_mismatch', {
    provider: hostile,
    detail: attack,
    upstream: { code: attack, description: attack },
    missingScopes: scopes,
    redirectUri: attack,
    requestId: attack,
    flowId: attack,
    openerOrigin: attack,
    returnTo: 'javascript:alert(1)',
    retryAction: 'javascript:alert(1)',
  }),
  waiting: pages.waiting({ provider: hostile }),
  errorReference: pages.errorReference('flow_expired'),
  notFound: pages.notFound(),
};

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const contentsOf = (html: string, tag: string): string[] =>
  [...html.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))].map((match) => match[1] ?? '');

describe.each(Object.entries(hostilePages))('%s', (_name, page) => {
  test('escapes what others wrote and never renders a script address', () => {
    expect(page.html).not.toContain('<img src=x');
    expect(page.html).not.toMatch(/javascript:/i);
  });

  test('has a policy with the hashes of exactly its style and script', () => {
    const [style = '', ...moreStyles] = contentsOf(page.html, 'style');
    const [script, ...moreScripts] = contentsOf(page.html, 'script');
    expect([moreStyles, moreScripts]).toEqual([[], []]);
    expect(page.contentSecurityPolicy).toContain(`style-src ${hashOf(style)};`);
    expect(page.contentSecurityPolicy).toContain(`script-src ${script === undefined ? "'none'" : hashOf(script)};`);
    expect(page.contentSecurityPolicy).toMatch(/^default-src 'none';.*base-uri 'none'; frame-ancestors 'none'$/);
    expect(page.html).not.toMatch(/ style=| on[a-z]+=["']/);
  });

  test('is named, has one heading, is not indexed and sends no referrer', () => {
    expect(page.html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page.html).toMatch(/<title>[^<]+<\/title>/);
    expect(page.html.match(/<h1>/g)).toHaveLength(1);
    expect(page.html).toContain('<meta name="robots" content="noindex">');
    expect(page.html).toContain('<meta name="referrer" content="no-referrer">');
  });

  test('loads nothing from elsewhere', () => {
    const loaded = [...page.html.matchAll(/<(?:img|link|script|iframe|source)\b[^>]*\b(?:src|href)="([^"]*)"/g)];
    expect(loaded.map((match) => match[1]?.slice(0, 5))).toEqual(['data:']);
    expect(contentsOf(page.html, 'style').join()).not.toMatch(/url\(|@import/);
  });
});

test('a remark about a permission is set apart from it', () => {
  const permits = 'Read posts; posting demands it';
  const page = pages.start({ provider, owner: 'o', action: '/go', expiresAt, scopes: [{ scope: 'read', permits }] });
  expect(page.html).toContain('<li><span>Read posts</span><small>Posting demands it.</small></li>');
});

describe('errors', () => {
  test.each(errorCodes)('%s has its own status, shows its code, and leaves no placeholder', (code) => {
    for (const page of [failure(code), pages.error({ code, requestId: 'request-1' })]) {
      expect(page.status).toBe(catalogue[code].status);
      expect(page.html).toContain(`<code>${code}</code>`);
      expect(page.html).toContain('request-1');
      expect(/<main[\s\S]*<\/main>/.exec(page.html)?.[0]).not.toMatch(/\{\w+\}|undefined/);
    }
  });

  test.each(errorCodes)('%s is explained at the address of its problem type', (code) => {
    const page = pages.errorReference(code);
    expect(page.status).toBe(200);
    expect(page.html).toContain(`<code>${code}</code>`);
    expect(failure(code).html).toContain(`href="/base/errors/${code}"`);
  });

  test('an unknown code is not found', () => {
    expect(pages.errorReference('toString')).toEqual(pages.notFound());
    expect(pages.notFound().status).toBe(404);
  });

  test('the redirect URI is shown to be copied only where registering it is the cure', () => {
    const redirectUri = 'https://connect.example/integrations/social/acme';
    expect(failure('redirect_uri_mismatch', { redirectUri }).html).toContain(`data-copy="${redirectUri}"`);
    expect(failure('consent_denied', { redirectUri }).html).not.toContain(redirectUri);
  });

  test('the usual OAuth errors each have their own words', () => {
    const codes: ErrorCode[] = [
      'consent_denied',
      'code_rejected',
      'provider_app_credentials_invalid',
      'redirect_uri_mismatch',
      'scope_unavailable',
    ];
    const titles = codes.map((code) => /<h1>(.*?)<\/h1>/.exec(failure(code).html)?.[1]);
    expect(new Set(titles).size).toBe(codes.length);
    expect(titles).not.toContain(catalogue.code_rejected.title);
  });

  test('says who can mend it', () => {
    expect(failure('consent_denied').html).toContain('<dd>You</dd>');
    expect(failure('provider_app_credentials_invalid').html).toContain('<dd>Whoever runs Northwind</dd>');
    expect(failure('provider_unavailable').html).toContain('<dd>Only Acme; it usually passes</dd>');
  });

  test('says that the person declined where the platform does not say in which attempt', () => {
    const { html, status } = failure('callback_malformed', { upstream: { code: 'access_denied' } });
    expect(status).toBe(400);
    expect(html).toContain('<h1>You did not give access</h1>');
    expect(html).toContain('<dd>You</dd>');
    expect(html).toContain('<code>callback_malformed</code>');
    expect(failure('callback_malformed', { upstream: { code: 'invalid_scope' } }).html).not.toContain('did not give');
  });

  test('removes control, escape and reordering characters from what the platform says', () => {
    const { html } = failure('code_rejected', { upstream: { description: 'a\r\nb\u001b[31mc\u202ed' } });
    expect(html).toContain('<p>a b [31mcd</p>');
  });
});

describe('start', () => {
  const page = pages.start({ provider, owner: 'user_42', action: '/connect/x?a=1&b=2', expiresAt });

  test('names application, owner and platform, and asks before leaving', () => {
    expect(page.html).toContain('Connect Acme to Northwind');
    expect(page.html).toContain('<bdi>user_42</bdi>');
    expect(page.html).toContain('<form method="post" action="/connect/x?a=1&amp;b=2">');
    expect(page.html).toContain('Continue to Acme</button>');
    expect(page.html).toContain('Evergrant never sees your password');
  });

  test('lets the answer of its form redirect to a platform, as no page that stays here does', () => {
    expect(page.contentSecurityPolicy).toContain("form-action 'self' https: http://localhost:* http://127.0.0.1:*;");
    expect(hostilePages['chooseAccounts']?.contentSecurityPolicy).toContain("form-action 'self';");
  });

  test('without an application name the host of the service stands in', () => {
    const unnamed = createPages({ publicUrl: 'https://connect.example' });
    expect(unnamed.start({ provider, owner: 'o', action: '/', expiresAt }).html).toContain('to connect.example');
  });
});

describe('choosing', () => {
  const account = (id: string, more: Partial<SelectableAccount> = {}): SelectableAccount => ({
    id,
    type: 'page',
    ...more,
  });
  const choose = (accounts: SelectableAccount[], nothingChosen = false): Page =>
    pages.chooseAccounts({ provider, action: '/go', multiple: true, accounts, nothingChosen });

  test('offers every platform as a button, with a filter outside the form', () => {
    const providers = Array.from({ length: 28 }, (_, index) => ({ id: `p${index}`, name: `Platform ${index}` }));
    const { html } = pages.chooseProvider({ owner: 'o', action: '/go', providers });
    expect(html.match(/name="provider" value="p\d+"/g)).toHaveLength(28);
    expect(html.indexOf('type="search"')).toBeLessThan(html.indexOf('<form'));
  });

  test('ticks nothing beforehand unless one account alone is available', () => {
    expect(choose([account('1'), account('2')]).html).not.toContain(' checked');
    expect(choose([account('1'), account('2', { unavailable: 'no' })]).html).toContain('value="1" checked');
  });

  test('disables what is unavailable and gives the reason', () => {
    const { html } = choose([account('1'), account('2', { unavailable: 'You are not an admin' })]);
    expect(html).toContain('value="2" disabled');
    expect(html).toContain('You are not an admin');
  });

  test('offers no form when nothing can be chosen', () => {
    expect(choose([]).html).not.toContain('<form');
    expect(choose([account('1', { unavailable: 'no' })]).html).not.toContain('<form');
  });

  test('shows a message with 422', () => {
    expect(choose([account('1')], true)).toMatchObject({ status: 422 });
    expect(choose([account('1')], true).html).toContain('Choose at least one');
  });

  test('shows pictures from https or loopback only, without a referrer', () => {
    const pictures = ['https://cdn.example/a.png', 'http://127.0.0.1:9/b.png', 'http://cdn.example/c.png', 'data:x'];
    const { html, contentSecurityPolicy } = choose(pictures.map((picture, index) => account(`${index}`, { picture })));
    expect(
      [...html.matchAll(/<img src="([^"]+)" alt="" referrerpolicy="no-referrer"/g)].map((match) => match[1]),
    ).toEqual(pictures.slice(0, 2));
    expect(contentSecurityPolicy).toContain('img-src data: https:');
  });

  test('one of several is a radio button', () => {
    const { html } = pages.chooseAccounts({
      provider,
      action: '/',
      multiple: false,
      accounts: [account('1'), account('2')],
    });
    expect(html.match(/type="radio"/g)).toHaveLength(2);
  });
});

test('the waiting page asks again by itself, with a script and without', () => {
  const page = pages.waiting({ provider });
  expect(page.html).toContain('<noscript><meta http-equiv="refresh" content="2"></noscript>');
  expect(page.html).toContain('location.reload()');
});
