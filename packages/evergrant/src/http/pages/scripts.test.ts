import { runInNewContext } from 'node:vm';
import { describe, expect, test, vi } from 'vitest';
import { createPages } from './index.ts';
import { flowScript, formScript } from './scripts.ts';

const pages = createPages({ applicationName: 'Northwind', publicUrl: 'https://connect.example' });
const provider = { id: 'acme', name: 'Acme' };
const end = { flowId: 'flow_1', openerOrigin: 'https://app.example', returnTo: 'https://app.example/done?flow=flow_1' };
const connected = (more = {}) => pages.result({ status: 'connected', provider, accounts: [], ...end, ...more }).html;
const failed = (more = {}) => pages.error({ code: 'consent_denied', requestId: 'r', ...end, ...more }).html;

/** Runs the flow script over the data attributes of a page, in a window of which only the touched parts exist. */
const run = (html: string, { opener = true, name = '', hash = '' } = {}) => {
  const attributes = /<body([^>]*)>/.exec(html)?.[1] ?? '';
  const dataset = Object.fromEntries(
    [...attributes.matchAll(/data-([\w-]+)="([^"]*)"/g)].map(([, key = '', value]) => [
      key.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
  const seen = { postMessage: vi.fn(), close: vi.fn(), replace: vi.fn(), replaceState: vi.fn() };
  runInNewContext(flowScript, {
    window: { opener: opener ? { postMessage: seen.postMessage } : null, name, close: seen.close },
    document: { body: { dataset }, querySelector: () => null, querySelectorAll: () => [] },
    location: { hash, pathname: '/flow', search: '', replace: seen.replace },
    history: { replaceState: seen.replaceState },
    navigator: {},
    setTimeout: (callback: () => void) => callback(),
  });
  return seen;
};

describe('the end of a flow', () => {
  test('tells the opener id and status at its exact origin, then closes the popup', () => {
    const { postMessage, close, replace } = run(connected());
    expect(postMessage.mock.calls).toEqual([
      [{ type: 'evergrant:flow', id: 'flow_1', status: 'connected' }, 'https://app.example'],
    ]);
    expect(close).toHaveBeenCalledOnce();
    expect(replace).not.toHaveBeenCalled();
  });

  test('tells of a failure, but a popup stays to be read', () => {
    const { postMessage, close, replace } = run(failed());
    expect(postMessage.mock.calls).toEqual([
      [{ type: 'evergrant:flow', id: 'flow_1', status: 'failed' }, 'https://app.example'],
    ]);
    expect(close).not.toHaveBeenCalled();
    expect(replace).not.toHaveBeenCalled();
  });

  test.each([
    ['connected', connected],
    ['failed', failed],
  ])('goes back to the application when it is no popup: %s', (_status, html) => {
    expect(run(html(), { opener: false }).replace).toHaveBeenCalledWith(end.returnTo);
  });

  test('closes a popup of ours whose opener was cut off', () => {
    expect(run(connected(), { opener: false, name: 'evergrant-1' }).close).toHaveBeenCalledOnce();
  });

  test('stays when there is neither an opener nor an address to return to', () => {
    const { close, replace } = run(connected({ returnTo: undefined }), { opener: false });
    expect([close.mock.calls, replace.mock.calls]).toEqual([[], []]);
  });

  test.each(['*', '', 'null', 'javascript:alert(1)', 'app.example'])('never posts to the origin %j', (openerOrigin) => {
    expect(run(connected({ openerOrigin })).postMessage).not.toHaveBeenCalled();
  });

  test('never posts an error that belongs to no flow', () => {
    expect(run(failed({ flowId: undefined })).postMessage).not.toHaveBeenCalled();
  });

  test('removes the fragment that Facebook appends, and no other', () => {
    expect(run(connected(), { hash: '#_=_' }).replaceState).toHaveBeenCalledWith(null, '', '/flow');
    expect(run(connected(), { hash: '#done' }).replaceState).not.toHaveBeenCalled();
  });
});

test('no script posts to any origin or writes markup', () => {
  for (const script of [flowScript, formScript]) {
    expect(script).not.toMatch(/['"]\*['"]|innerHTML|insertAdjacentHTML|eval\(|<\/script/);
  }
});
