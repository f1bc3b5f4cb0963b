import { rewrite } from '../json.ts';
import { avatarUrl, defaultPerson, handleFor, samplePeople } from '../people.ts';
import { findAnswer, samePlace } from '../platform.ts';
import type { World } from '../world.ts';
import type { AtprotoPlatform } from './platform.ts';

/** Who has a handle in this network: anybody whose handle lies in its domain. */
export interface AtprotoAccount {
  did: string;
  handle: string;
  name: string;
}

/** What still fits into a DID of 253 characters. */
const longestHandle = 120;

/** An account by its handle. */
export const byHandle = (world: World, platform: AtprotoPlatform, handle: string): AtprotoAccount | null => {
  const { own, domain } = platform;
  if (!handle.endsWith(`.${domain}`) || handle.length > longestHandle) return null;
  // The DID is spelled from the handle, so that nothing need be remembered.
  const did = handle === own.username ? own.id : `did:plc:${Buffer.from(handle).toString('hex')}`;
  return { did, handle, name: nameOf(world, platform, did, handle) };
};

export const byDid = (world: World, platform: AtprotoPlatform, did: string): AtprotoAccount | null => {
  const { own } = platform;
  const [, spelled] = /^did:plc:((?:[0-9a-f]{2})+)$/.exec(did) ?? [];
  const handle = did === own.id ? own.username : spelled && Buffer.from(spelled, 'hex').toString();
  const found = handle ? byHandle(world, platform, handle) : null;
  return found?.did === did ? found : null;
};

/** An account by the name of a person. */
export const byPerson = (world: World, platform: AtprotoPlatform, person: string): AtprotoAccount => {
  const { own, domain } = platform;
  const handle = person === own.name ? own.username : `${handleFor(person)}.${domain}`;
  return { ...byHandle(world, platform, handle!)!, name: person };
};

/** As it was typed at the consent, else as the handle reads. */
const nameOf = ({ state }: World, { id, own, domain }: AtprotoPlatform, did: string, handle: string): string => {
  if (did === own.id) return own.name ?? handle;
  const grant = [...state.grants.values()].find(({ platform, subject }) => platform === id && subject === did);
  const label = handle.slice(0, -domain.length - 1);
  return grant?.person ?? samplePeople.find((name) => handleFor(name) === label) ?? label;
};

/** The handle that a page may suggest. */
export const handleOf = (world: World, platform: AtprotoPlatform, person = defaultPerson): string =>
  byPerson(world, platform, person).handle;

const resolveHandle = '/xrpc/com.atproto.identity.resolveHandle';

/**
 * The documents that anybody may read: who a handle is, where an account lives, what its servers are, its profile.
 *
 * @returns null where the address is none of these
 */
export const answerDocument = (world: World, platform: AtprotoPlatform, url: URL): Response | null => {
  const { pathname, searchParams } = url;
  if (pathname === resolveHandle) {
    const found = byHandle(world, platform, searchParams.get('handle') ?? '');
    return found ? Response.json({ did: found.did }) : refused('InvalidRequest', 'Unable to resolve handle');
  }
  if (pathname.startsWith('/.well-known/')) {
    const document = findAnswer(platform.answers, url)?.answer;
    if (document === undefined) return null;
    return typeof document === 'string' ? new Response(document) : Response.json(document);
  }
  const profile = new URL(platform.definition.profile.get);
  if (samePlace(profile, url)) {
    const actor = searchParams.get('actor') ?? '';
    const found = byDid(world, platform, actor) ?? byHandle(world, platform, actor);
    return found ? asAccount(world, platform, found, url) : refused('InvalidRequest', 'Profile not found');
  }
  if (url.origin !== new URL(platform.definition.options?.['plcUrl'] ?? url).origin) return null;
  const found = byDid(world, platform, decodeURIComponent(pathname.slice(1)));
  if (!found) return Response.json({ message: `DID not registered: ${pathname.slice(1)}` }, { status: 404 });
  return asAccount(world, platform, found, url);
};

const refused = (error: string, message: string): Response => Response.json({ error, message }, { status: 400 });

/** The fixture's answer in the name of another account; null where it holds none for this address. */
export const asAccount = (
  world: World,
  { own, answers }: AtprotoPlatform,
  { did, handle, name }: AtprotoAccount,
  url: URL,
): Response | null => {
  const ownUrl = new URL(url);
  ownUrl.pathname = ownUrl.pathname.replace(did, own.id);
  const found = findAnswer(answers, ownUrl);
  if (!found) return null;
  const answer = rewrite(found.answer, (leaf) => {
    if (typeof leaf !== 'string') return leaf;
    if (leaf === own.name) return name;
    if (leaf === own.picture) return avatarUrl(world.base(), name);
    return leaf.replaceAll(own.id, did).replaceAll(own.username ?? own.id, handle);
  });
  return Response.json(answer);
};
