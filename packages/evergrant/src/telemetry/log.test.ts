import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EvergrantError } from '../errors/index.ts';
import { createLogger, type LoggerOptions, silentLogger } from './log.ts';
import { Secret } from './secret.ts';

const capture = (options: Partial<LoggerOptions> = {}) => {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk);
      done();
    },
  });
  return { log: createLogger({ level: 'trace', stream, ...options }), text: () => text };
};

const canary = 'C4nary-5ecret-0f1e2d';
const hostile = `Authorization: Bearer ${canary}\r\n{"level":"error","msg":"forged"}\u001b[2J`;

const everything = {
  access_token: canary,
  app: { client_secret: new Secret(canary) },
  url: `https://x.test/cb?code=${canary}`,
  body: JSON.stringify({ refresh_token: canary }),
  note: hostile,
  err: Object.assign(new Error(`failed at https://x.test/?state=${canary}\nforged`), { response: canary }),
  problem: new EvergrantError('internal', { detail: `token=${canary}` }),
};

describe('createLogger', () => {
  it('writes one JSON object a line', () => {
    const { log, text } = capture();
    log.info({ connection: 'conn_1', status: 200 }, 'refreshed');
    log.warn({}, 'late');
    const lines = text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        pid: process.pid,
        connection: 'conn_1',
        status: 200,
        msg: 'refreshed',
      },
      { level: 'warn', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/), pid: process.pid, msg: 'late' },
    ]);
  });

  it.each([false, true])('lets no secret out at any level (pretty: %s)', (pretty) => {
    const { log, text } = capture({ pretty });
    for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) log[level](everything, hostile);
    for (const form of [canary, Buffer.from(canary).toString('base64'), Buffer.from(canary).toString('hex')]) {
      expect(text()).not.toContain(form);
    }
    expect(text()).toContain('[redacted]');
  });

  it('gives a forger no line of his own in JSON', () => {
    const { log, text } = capture();
    log.error(everything, hostile);
    expect(text().trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(text())).toMatchObject({ level: 'error', msg: expect.stringMatching(/^Authorization: /) });
  });

  it('gives a forger no line of his own before people', () => {
    const { log, text } = capture({ pretty: true });
    log.info(
      { note: 'a\r\n[12:00:00.000] ERROR: forged\u001b[2J' },
      'b\n[12:00:00.000] ERROR: forged \u001b[31m\u009b2J',
    );
    expect(text().trimEnd().split('\n')).toHaveLength(1);
    expect(text().trimEnd()).not.toMatch(/\p{Cc}/u);
  });

  it('shows errors to people with their stack', () => {
    const { log, text } = capture({ pretty: true });
    log.error({ err: new Error('broken') }, 'failed');
    expect(text()).toMatch(/ERROR: failed\s*\n[\s\S]*broken[\s\S]*\n\s+at .*log\.test\.ts/);
  });

  it('writes nothing below its level and does not look at the fields', () => {
    const { log, text } = capture({ level: 'warn' });
    const fields = {
      get costly(): never {
        return expect.unreachable('the fields were read');
      },
    };
    log.info(fields, 'unseen');
    const silent = capture({ level: 'silent' });
    silent.log.error({}, 'unseen');
    silentLogger.error({}, 'unseen');
    expect(text() + silent.text()).toBe('');
  });

  it('does not expand placeholders of a message', () => {
    const { log, text } = capture();
    log.info({ a: 1 }, '100%s %j %o');
    expect(JSON.parse(text())).toMatchObject({ msg: '100%s %j %o' });
  });

  it('prefers lines for people on a terminal', () => {
    const lines: string[] = [];
    const terminal = Object.assign(new Writable({ write: (chunk, _, done) => done(void lines.push(String(chunk))) }), {
      isTTY: true,
    });
    createLogger({ level: 'info', stream: terminal }).info({}, 'hello');
    expect(lines.join('')).toMatch(/INFO.*hello/);
    expect(() => JSON.parse(lines.join(''))).toThrow();
  });
});
