import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import { type Context, needsUpgrade } from '../grants/context.ts';
import { openCredentials, sealExtra, sealGrant } from '../grants/credentials.ts';
import { keepAnswer, mayCarryToken, openAnswer } from '../grants/journal.ts';
import { untilUsable } from '../grants/refresh-wait.ts';
import { verdictOfFault } from '../grants/renew.ts';
import type { Person } from '../grants/revocations.ts';
import { toLife, usableUntil } from '../grants/timing.ts';
import type { App, ExchangeInput, RawAnswer, TokenSet, Verdict } from '../protocols/types.ts';
import { connections, type FlowRow, flows, type GrantRow, grants, type JournalRow, journal } from '../store/index.ts';
import { sleep } from '../telemetry/clock.ts';
import { newId } from '../telemetry/ids.ts';
import { accountsWithoutChoice, attach } from './attach.ts';
import { openAuthorization } from './authorization.ts';
import { failFlow, finishFlow } from './flow-end.ts';
import { type Choices, sealChoices } from './flow-view.ts';
import { type Identity, identify } from './identify.ts';

/*
 * From the authorization code to connections, in steps that each leave a durable trace, so that a flow whose process
 * died goes on where it stood: answer journalled → grant stored → upgraded → identified → attached.
 */

/** How long a person may take to choose accounts. */
export const choosingTime = 10 * 60_000;

/**
 * Exchanges the code of a flow that was taken, and goes on to its end. Failures end the flow; they are not thrown.
 */
export const exchange = async (context: Context, flow: FlowRow, app: App, input: ExchangeInput): Promise<void> => {
  await endingInFailure(context, flow, async () => {
    const protocol = context.apps.protocol(app);
    const startedAt = context.clock.now();
    const answer = await orFault(() => protocol.sendExchange(app, input));
    const entry = await keepFlowAnswer(context, flow, null, 'exchange', startedAt, answer);
    await storeExchange(context, flow, app, input, entry, answer, startedAt);
    await advance(context, flow.id);
  });
};

/** Goes on with a flow that was interrupted, from the trace that it left. */
export const resumeExchange = async (context: Context, flow: FlowRow): Promise<void> => {
  await endingInFailure(context, flow, async () => {
    const entry = await journal.byFlow(context.store.db, flow.id, 'exchange');
    if (entry) {
      const app = context.apps.ofGrant(entry);
      const authorization = openAuthorization(context, flow);
      await storeExchange(context, flow, app, authorization, entry.id, openAnswer(context, entry), entry.started_at);
    } else if (flow.grant_id === null) {
      throw new EvergrantError('provider_timeout', {
        detail: 'The service stopped before the platform answered, so it is not known what became of the code',
      });
    }
    await advance(context, flow.id);
  });
};

const endingInFailure = async (context: Context, flow: FlowRow, work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (!isEvergrantError(error)) context.logger.error({ flow: flow.id, error }, 'a flow failed unexpectedly');
    await failFlow(context, flow, isEvergrantError(error) ? error : new EvergrantError('internal'));
  }
};

const orFault = async (request: () => Promise<RawAnswer>): Promise<RawAnswer> => {
  try {
    return await request();
  } catch (error) {
    const verdict = verdictOfFault(error);
    throw verdict.kind === 'tokens' ? new EvergrantError('internal') : verdict.error;
  }
};

/** @returns the id of the journal entry; null when the answer cannot carry a token */
const keepFlowAnswer = async (
  context: Context,
  flow: FlowRow,
  grant: GrantRow | null,
  kind: JournalRow['kind'],
  startedAt: number,
  answer: RawAnswer,
): Promise<string | null> => {
  if (!mayCarryToken(answer)) return null;
  const id = newId('att');
  const person: Person = {
    provider: flow.provider!,
    clientId: flow.client_id!,
    instance: flow.instance,
    subject: null,
  };
  const at = { id, kind, grantId: grant?.id ?? null, flowId: flow.id, person, startedAt };
  await keepAnswer(context, { ...at, consent: 1, generation: 1, fence: 0 }, answer);
  return id;
};

const tokensOf = (verdict: Verdict): TokenSet => {
  if (verdict.kind !== 'tokens') throw verdict.error;
  return verdict.tokens;
};

/** Reads the answer and stores the grant, in the transaction that takes the answer out of the journal. */
const storeExchange = async (
  context: Context,
  flow: FlowRow,
  app: App,
  { state, secrets }: Pick<ExchangeInput, 'state' | 'secrets'>,
  entry: string | null,
  answer: RawAnswer,
  startedAt: number,
): Promise<void> => {
  const requested = requestedScopes(flow, app);
  const verdict = await context.apps
    .protocol(app)
    .read(app, 'exchange', answer, { state, nonce: secrets.nonce, requestedScopes: requested });
  await context.store.transaction(async (tx) => {
    if (entry !== null && !(await journal.remove(tx, entry))) return;
    if (verdict.kind !== 'tokens') return;
    const id = newId('grant');
    const { tokens } = verdict;
    const carried = { ...secrets.carried, ...tokens.extra };
    await grants.insert(tx, {
      ...grantColumns(context, app, id, { ...tokens, extra: carried }, startedAt),
      id,
      provider: app.provider,
      client_id: app.clientId,
      instance: flow.instance,
      owner: flow.owner,
      subject: null,
      status: needsUpgrade(app.definition.protocol) ? 'exchanged' : 'new',
      reason: null,
      candidate_sealed: null,
      scopes_requested: JSON.stringify(requested),
      scopes_granted: JSON.stringify(tokens.scopes ?? requested),
      consented_at: startedAt,
      warn_at: null,
      check_at: null,
      last_refreshed_at: null,
      generation: 1,
      consent: 1,
      fail_count: 0,
      failing_since: null,
      degraded_at: null,
      last_error: null,
      created_at: context.clock.now(),
      updated_at: context.clock.now(),
    });
    await flows.move(tx, flow.id, ['exchanging'], { grant_id: id, updated_at: context.clock.now() });
  });
  tokensOf(verdict);
};

export const requestedScopes = (flow: FlowRow, app: Pick<App, 'scopes'>): string[] =>
  flow.scopes === null ? app.scopes : (JSON.parse(flow.scopes) as string[]);

const grantColumns = (context: Context, app: App, id: string, tokens: TokenSet, issuedAt: number) => {
  const { vault } = context;
  const lifetime = toLife(tokens.expiresIn);
  const life = app.definition.refresh?.lifetime;
  const declared = life === undefined ? null : 'fixed' in life ? life.fixed : life.sliding;
  const refreshLife = toLife(tokens.refreshToken === null ? null : (tokens.refreshExpiresIn ?? declared));
  return {
    access_token_sealed: sealGrant(vault, id, 'access_token_sealed', tokens.accessToken),
    refresh_token_sealed: sealGrant(vault, id, 'refresh_token_sealed', tokens.refreshToken),
    extra_sealed: sealExtra(vault, id, tokens.extra),
    token_type: tokens.tokenType,
    issued_at: issuedAt,
    expires_at: usableUntil(issuedAt, lifetime),
    lifetime,
    refresh_expires_at: refreshLife === null ? null : issuedAt + refreshLife,
  };
};

/** Upgrade, identification, attachment: everything after the first grant is stored. */
const advance = async (context: Context, flowId: string): Promise<void> => {
  const flow = (await flows.byId(context.store.db, flowId))!;
  const stored = (await grants.byId(context.store.db, flow.grant_id!))!;
  const app = context.apps.ofGrant(stored);
  if (app.definition.refresh?.required && stored.refresh_token_sealed === null) {
    throw new EvergrantError('provider_bad_response', {
      provider: app.provider,
      detail: 'The platform gave no refresh token, so that access would have ended with the first token',
    });
  }
  const grant = stored.status === 'exchanged' ? await upgrade(context, flow, app, stored) : stored;
  await untilUsable(context, grant);
  const identity = await identifyPatiently(context, app, grant);
  await conclude(context, flow, app, grant, identity);
  context.notices.changed(flowId);
};

/** The second token request of platforms that first give a short-lived token. */
const upgrade = async (context: Context, flow: FlowRow, app: App, grant: GrantRow): Promise<GrantRow> => {
  const protocol = context.apps.protocol(app);
  const known = await journal.byFlow(context.store.db, flow.id, 'upgrade');
  const startedAt = known?.started_at ?? context.clock.now();
  const answer = known ? openAnswer(context, known) : await sendUpgrade(context, app, grant);
  const entry = known?.id ?? (await keepFlowAnswer(context, flow, grant, 'upgrade', startedAt, answer));
  const verdict = await protocol.read(app, 'exchange', answer);
  await context.store.transaction(async (tx) => {
    if (entry !== null) await journal.remove(tx, entry);
    if (verdict.kind !== 'tokens') return;
    const { extra } = openCredentials(context.vault, grant);
    const tokens = { ...verdict.tokens, extra: { ...extra, ...verdict.tokens.extra } };
    await grants.update(tx, grant.id, {
      ...grantColumns(context, app, grant.id, tokens, startedAt),
      status: 'new',
      updated_at: context.clock.now(),
    });
  });
  tokensOf(verdict);
  return (await grants.byId(context.store.db, grant.id))!;
};

const sendUpgrade = (context: Context, app: App, grant: GrantRow): Promise<RawAnswer> =>
  orFault(async () => {
    const { accessToken, refreshToken, extra } = openCredentials(context.vault, grant);
    const tokens: TokenSet = {
      accessToken,
      refreshToken,
      extra,
      tokenType: grant.token_type,
      expiresIn: null,
      refreshExpiresIn: null,
      scopes: null,
      subject: null,
    };
    const answer = await context.apps.protocol(app).sendUpgrade(app, tokens);
    if (answer === null) throw new EvergrantError('definition_invalid', { provider: app.provider });
    return answer;
  });

/** The token is durable by now, so a platform that stumbles over the profile is asked again before giving up. */
export const identifyPatiently = async (context: Context, app: App, grant: GrantRow): Promise<Identity> => {
  const { accessToken, extra } = openCredentials(context.vault, grant);
  const granted = JSON.parse(grant.scopes_granted) as string[];
  const pause = (milliseconds: number) => sleep(context.clock, milliseconds);
  for (let attempt = 1; ; attempt++) {
    try {
      return await identify(context.apps.getJson, app, { accessToken, extra, scopes: granted }, pause);
    } catch (error) {
      if (attempt === 3 || !isEvergrantError(error) || !error.retryable) throw error;
      await pause(500 * attempt);
    }
  }
};

const conclude = async (
  context: Context,
  flow: FlowRow,
  app: App,
  grant: GrantRow,
  identity: Identity,
): Promise<void> => {
  const choices: Choices = { person: identity.person, accounts: identity.accounts };
  const grantedScopes = identity.grantedScopes ?? (JSON.parse(grant.scopes_granted) as string[]);
  // Committed first: should the flow fail below, it is known whose token it holds, and so whether revoking is harmless.
  await grants.update(context.store.db, grant.id, {
    subject: choices.person.id,
    scopes_granted: JSON.stringify(grantedScopes),
    updated_at: context.clock.now(),
  });
  await context.store.transaction(async (tx) => {
    // Another process may have taken the flow up, and have been faster.
    if ((await flows.byId(tx, flow.id))?.status !== 'exchanging') return;
    const now = context.clock.now();
    const reconnecting = flow.connection_id ? ((await connections.byId(tx, flow.connection_id)) ?? null) : null;
    if (flow.connection_id && !reconnecting) {
      throw new EvergrantError('connection_not_found', { connectionId: flow.connection_id });
    }
    const chosen = accountsWithoutChoice(choices.accounts, reconnecting);
    if (chosen) {
      const ids = await attach(context, tx, { flow, grant, app, choices, chosen, grantedScopes });
      await finishFlow(context, tx, flow.id, ids);
      return;
    }
    await flows.move(tx, flow.id, ['exchanging'], {
      status: 'choosing',
      choices_sealed: sealChoices(context, flow.id, choices),
      authorization_sealed: null,
      expires_at: now + choosingTime,
      updated_at: now,
    });
  });
};
