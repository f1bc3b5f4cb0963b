import { sanitise } from '../errors/index.ts';
import type { ErrorRule, ErrorShape, Phase, ProtocolDefinition } from '../providers/define.ts';
import { redactText } from '../telemetry/redact-text.ts';
import { readPath, readText } from './json-path.ts';

/** What a platform reports as an error, as far as its dialect tells. */
export interface Report {
  status: number;
  code: string | undefined;
  subcode: string | undefined;
  /** As sent, cut to a length that patterns can be matched against; {@link harmless} makes it fit to be shown. */
  description: string | undefined;
  /** Of the call that was answered. */
  path: string | undefined;
}

/** RFC 6749 section 5.2. */
const standardShape = { code: 'error', description: 'error_description' } as const satisfies ErrorShape;

/** RFC 6749 section 4.1.2.1, and Facebook's way for what goes wrong in its dialog. */
const callbackCodes = ['error', 'error_code'];
const callbackDescriptions = ['error_description', 'error_message'];

/** Reads code and description with the paths of the definition (RFC 6749 section 5.2 by default). */
export const readReport = (
  protocol: ProtocolDefinition,
  phase: Phase,
  { status, body, path }: Pick<Report, 'status'> & { body: unknown; path?: string },
): Report => {
  const shape: ErrorShape = { ...standardShape, ...protocol.errors };
  const inCallback = phase === 'authorize';
  const codes = [...(inCallback ? callbackCodes : []), ...[shape.code ?? []].flat()];
  const descriptions = [...(inCallback ? callbackDescriptions : []), ...[shape.description ?? []].flat()];
  const description = readText(body, descriptions);
  return {
    status,
    code: readText(body, codes)?.trim().slice(0, 100),
    subcode: shape.subcode === undefined || inCallback ? undefined : readText(body, shape.subcode),
    description: description === undefined ? undefined : unescapeHtml(description.slice(0, 1_000)),
    path,
  };
};

/**
 * Whether a callback reports an error. One with an authorization code does so only in the standard's own words: the
 * definition's paths, made for bodies, may well name `code`.
 */
export const isRefusal = (report: Report, parameters: unknown): boolean =>
  readText(parameters, 'code') === undefined
    ? report.code !== undefined || report.description !== undefined
    : readText(parameters, callbackCodes) !== undefined;

/** The code as it is shown and matched: `code`, or `code/subcode`. */
export const codeOf = ({ code, subcode }: Report): string | undefined =>
  code && subcode ? `${code}/${subcode}` : code;

/** Whether the members of `under200` make a successful status an error. */
export const reportsErrorUnder200 = (protocol: ProtocolDefinition, body: unknown): boolean => {
  const mark = protocol.errors?.under200;
  if (!mark) return false;
  const value = readPath(body, mark.path);
  if ('equals' in mark) return value === mark.equals;
  if ('notEquals' in mark) return value !== undefined && value !== mark.notEquals;
  return Boolean(value);
};

/** Whether every given member of the rule fits. */
export const matches = (rule: ErrorRule, phase: Phase, report: Report): boolean =>
  (rule.phase === undefined || [rule.phase].flat().includes(phase)) &&
  (rule.status === undefined || [rule.status].flat().includes(report.status)) &&
  (rule.code === undefined || [rule.code].flat().some((pattern) => matchesCode(String(pattern), report))) &&
  (rule.description === undefined || matchesText(rule.description, report.description ?? '')) &&
  (rule.path === undefined || matchesText(rule.path, report.path ?? ''));

const matchesCode = (pattern: string, report: Report): boolean => {
  if (report.code === undefined) return false;
  if (pattern === report.code || pattern === codeOf(report)) return true;
  const range = /^(\d+)-(\d+)$/.exec(pattern);
  if (!range || !/^\d+$/.test(report.code)) return false;
  const code = Number(report.code);
  return Number(range[1]) <= code && code <= Number(range[2]);
};

const matchesText = (pattern: RegExp | string, text: string): boolean =>
  typeof pattern === 'string'
    ? text.toLowerCase().includes(pattern.toLowerCase())
    : // Unlike `test`, `search` does not remember where a global pattern stopped.
      text.search(pattern) >= 0;

/**
 * A platform's text, fit for logs and people: one line, at most 200 characters, without secrets. Long runs that mix
 * letters and digits go too, because some platforms quote the token that they refuse.
 */
export const harmless = (text: string): string =>
  sanitise(
    redactText(text).replace(/[\w.~+=-]{20,}/g, (run) => (/\d/.test(run) && /[a-z]/i.test(run) ? '[redacted]' : run)),
  );

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Some platforms escape their sentences for a page that is not ours. Once, so that nothing is unescaped twice. */
const unescapeHtml = (text: string): string =>
  text.replace(
    /&(?:#(\d{1,6})|#x([0-9a-f]{1,5})|([a-z]+));/gi,
    (whole, decimal?: string, hexadecimal?: string, name?: string) => {
      if (name) return entities.get(name.toLowerCase()) ?? whole;
      const point = decimal ? Number(decimal) : Number.parseInt(hexadecimal ?? '', 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );
