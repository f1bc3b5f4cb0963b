import { createHash } from 'node:crypto';
import { rewrite } from './json.ts';
import type { PlayedPlatform } from './platform.ts';

/** The people who can sign in with one click. */
export const samplePeople = ['Ada Example', 'Grace Sample'] as const;

/** Whoever signs in without saying who. */
export const defaultPerson: string = samplePeople[0];

/** The id of a person at a platform; the same name has the same id for ever. */
export const subjectOf = (platform: PlayedPlatform, person: string): string =>
  person === platform.own.name ? platform.own.id : reshape(platform.own.id, `${platform.id} ${person}`);

/** What of the scopes that were asked for the person allows and the platform grants. */
export const grantedOf = ({ behaviour }: PlayedPlatform, asked: string[], form: URLSearchParams): string[] => {
  const ticked = form.getAll('scope');
  return asked.filter((scope) => ticked.includes(scope) && !behaviour.withheldScopes.includes(scope));
};

/** Where the sandbox draws a picture of this name. */
export const avatarUrl = (base: string, name: string): string => `${base}/avatar/${encodeURIComponent(name)}.svg`;

/**
 * The fixture's answer as it looks for another person: ids, names, user names and pictures of the person, and of the
 * accounts in their hands, are replaced wherever they stand.
 */
export const asSeenBy = (platform: PlayedPlatform, person: string, base: string, answer: unknown): unknown => {
  const replacements = replacementsFor(platform, person, base);
  const whole = new Map([...replacements.whole, ...replacements.anywhere]);
  const pattern = new RegExp(
    `(?<![\\p{L}\\p{N}])(${[...replacements.anywhere.keys()].map(escapePattern).join('|')})(?![\\p{L}\\p{N}])`,
    'gu',
  );
  return rewrite(answer, (leaf) => {
    if (typeof leaf === 'number') return whole.has(String(leaf)) ? Number(whole.get(String(leaf))) : leaf;
    if (typeof leaf !== 'string') return leaf;
    return whole.get(leaf) ?? leaf.replace(pattern, (found) => replacements.anywhere.get(found) ?? found);
  });
};

/** `anywhere` also inside longer texts (`urn:li:person:ID`), `whole` only where it is all of the text. */
const replacementsFor = (platform: PlayedPlatform, person: string, base: string) => {
  const { own, fixture } = platform;
  const anywhere = new Map([[own.id, subjectOf(platform, person)]]);
  const whole = new Map<string, string>();
  if (own.picture) whole.set(own.picture, avatarUrl(base, person));
  if (own.name) {
    anywhere.set(own.name, person);
    for (const [from, to] of nameParts(own.name, person)) whole.set(from, to);
  }
  if (own.username && person !== own.name) whole.set(own.username, usernameOf(own.username, person));
  for (const account of fixture.accounts.filter(({ id }) => id !== own.id)) {
    const theirs = accountFor(account, person);
    anywhere.set(account.id, theirs.id);
    // An id that is joined from several names lies in answers by its parts; the last of them is the account's own.
    anywhere.set(lastPart(account.id), lastPart(theirs.id));
    if (account.picture && account.picture !== own.picture)
      whole.set(account.picture, avatarUrl(base, theirs.name ?? theirs.id));
    if (account.name && account.name !== own.name) whole.set(account.name, theirs.name!);
  }
  return { anywhere, whole };
};

const lastPart = (id: string): string => id.slice(id.lastIndexOf('/') + 1);

/** The address as the fixture knows it: what is asked about somebody else's account names that one's id. */
export const asInFixture = ({ fixture }: PlayedPlatform, person: string, url: URL): URL => {
  const original = new URL(url);
  for (const account of fixture.accounts) {
    const theirs = lastPart(accountFor(account, person).id);
    original.pathname = original.pathname.replace(`/${theirs}`, `/${lastPart(account.id)}`);
  }
  return original;
};

/** Pages and channels keep their fixture's identity in the first person's hands; everybody else has others. */
const accountFor = ({ id, name }: { id: string; name: string | null }, person: string) =>
  person === defaultPerson
    ? { id, name }
    : { id: reshape(id, `${id} ${person}`), name: name && `${name} (${person.split(' ')[0]})` };

const nameParts = (own: string, person: string): [string, string][] => {
  const [first, ...rest] = own.split(' ');
  const [newFirst, ...newRest] = person.split(' ');
  return rest.length > 0
    ? [
        [first!, newFirst!],
        [rest.join(' '), newRest.join(' ')],
      ]
    : [];
};

/** A name as it may stand in a user name or a host name. */
export const handleFor = (person: string): string =>
  person
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '') || 'someone';

const usernameOf = (own: string, person: string): string => {
  const handle = handleFor(person);
  const [, at = '', mailHost = ''] = /^(@?)[^@]*(@.+)?$/.exec(own) ?? [];
  return `${at}${handle}${mailHost}`;
};

/** Another id of the same shape: digits stay digits, letters letters. Only what follows the last `:` or `/` changes. */
const reshape = (sample: string, seed: string): string => {
  const bytes = createHash('sha512').update(seed).digest();
  const start = Math.max(sample.lastIndexOf(':'), sample.lastIndexOf('/')) + 1;
  let index = 0;
  const changed = sample.slice(start).replace(/[\dA-Za-z]/g, (character) => {
    const byte = bytes[index++ % bytes.length]!;
    if (/\d/.test(character)) return String(index === 1 ? 1 + (byte % 9) : byte % 10);
    if (/[a-z]/.test(character)) return String.fromCharCode(97 + (byte % 26));
    return String.fromCharCode(65 + (byte % 26));
  });
  return sample.slice(0, start) + changed;
};

const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
