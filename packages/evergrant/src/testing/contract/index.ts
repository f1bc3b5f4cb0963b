import type { AnyDefinition } from '../../providers/define.ts';
import type { ProviderFixture } from '../../providers/fixture.ts';
import { canSimulate } from '../../sandbox/index.ts';
import { findAccounts } from './accounts.ts';
import * as atproto from './atproto.ts';
import { connect, decline, readVariants, register } from './connect.ts';
import { checkDefinition } from './definition.ts';
import { checkSamples, classifyErrors } from './errors.ts';
import { checkPage } from './page.ts';
import * as played from './played.ts';
import { renew, revoke } from './renew.ts';
import { checkRules } from './rules.ts';
import { createScene, type Scene } from './scene.ts';

export interface ContractOptions {
  /** The text of the provider's page (Markdown): checked for the usual headings, the redirect URI and every scope. */
  page?: string;
}

/** One part of the contract, for a test of its own. */
export interface ContractCheck {
  /** Continues the provider's name: “connects and reads the tokens”. */
  name: string;
  /** @returns one sentence for each violation; empty when this part is kept */
  violations: () => Promise<string[]>;
  /** @throws Error with the violations, for any test framework */
  run: () => Promise<void>;
}

type Step = (scene: Scene) => Promise<unknown>;

/** On the wire, request by request. */
const wireSteps: Record<string, Step> = {
  'registers an app at an instance': register,
  'connects and reads the tokens': connect,
  'finds the accounts and what was granted': findAccounts,
  'reads every other answer that is known': readVariants,
  'ends a flow whose person declines': decline,
  'renews, and declares whether refresh tokens rotate': renew,
  revokes: revoke,
  'knows what each error means': classifyErrors,
  'has samples of the errors that matter': checkSamples,
  'needs every rule that it has for errors': checkRules,
};

const atprotoSteps: Record<string, Step> = {
  'connects and reads the tokens': atproto.connectAtproto,
  'finds the accounts and what was granted': atproto.findAtprotoAccounts,
  'ends a flow whose person declines': atproto.declineAtproto,
  'renews, and declares whether refresh tokens rotate': atproto.renewAtproto,
  revokes: atproto.revokeAtproto,
  'knows what each error means': atproto.classifyAtprotoErrors,
  'has samples of the errors that matter': checkSamples,
  'needs every rule that it has for errors': checkRules,
};

/** In a whole Evergrant, against the simulated platform. */
const playedSteps: Record<string, played.PlayedStep> = {
  'played: connects and disconnects': played.connectsAndDisconnects,
  'played: ends a flow whose person declines': played.declines,
  'played: says which scopes are missing': played.missesScopes,
  'played: renews again and again': played.renews,
  'played: asks the person when the grant is dead': played.endsWithTheGrant,
  'played: blames the app for wrong credentials': played.blamesTheApp,
  'played: waits while it is limited': played.waitsWhileLimited,
  'played: outlives an outage': played.outlivesAnOutage,
};

/**
 * The contract that every provider keeps, in parts: register each as a test. A definition is held against its fixture
 * (what the platform must be sent, what it answers, and what must come of it), then used by a whole Evergrant against
 * the platform that the sandbox plays from both. No network is used but loopback.
 *
 * @example
 * for (const { name, run } of providerContract(acme, acmeFixture)) test(`acme ${name}`, run);
 */
export const providerContract = (
  definition: AnyDefinition,
  fixture: ProviderFixture,
  { page }: ContractOptions = {},
): ContractCheck[] => {
  const steps = definition.protocol.kind === 'atproto' ? atprotoSteps : wireSteps;
  return [
    check('is described completely', async () => checkDefinition(definition)),
    ...Object.entries(steps).map(([name, step]) => check(name, () => onTheWire(definition, fixture, step))),
    ...(canSimulate(definition)
      ? Object.entries(playedSteps).map(([name, step]) => check(name, () => played.play(definition, fixture, step)))
      : []),
    ...(page === undefined ? [] : [check('has its page', async () => checkPage(definition, page))]),
  ];
};

/**
 * The whole contract at once.
 *
 * @returns one sentence for each violation; empty when the definition keeps the contract
 */
export const checkProvider = async (
  definition: AnyDefinition,
  fixture: ProviderFixture,
  options?: ContractOptions,
): Promise<string[]> => {
  const found: string[] = [];
  for (const { violations } of providerContract(definition, fixture, options)) found.push(...(await violations()));
  return [...new Set(found)];
};

const onTheWire = async (definition: AnyDefinition, fixture: ProviderFixture, step: Step): Promise<string[]> => {
  const scene = createScene(definition, fixture, definition.protocol.kind === 'atproto' ? 'POST' : 'all');
  await step(scene).catch((error: unknown) => scene.findings.say(String(error)));
  return [...scene.findings.sentences, ...scene.platform.violations];
};

const check = (name: string, look: () => Promise<string[]>): ContractCheck => {
  const violations = () => look().catch((error: unknown) => [String(error)]);
  return {
    name,
    violations,
    async run() {
      const found = await violations();
      if (found.length > 0) throw new Error(found.map((sentence) => `- ${sentence}`).join('\n'));
    },
  };
};
