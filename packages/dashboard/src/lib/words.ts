import type { EventType } from '../../../evergrant/src/events/index.ts';
import type { Connection, Permission, Status, TimelineEvent } from '../api/types.ts';
import { counted } from './time.ts';

/*
 * What the API says in codes, in words. A code that is not known here is shown as it is: a newer server has more.
 */

export type Look = 'good' | 'warn' | 'bad' | 'quiet';

export const statuses: Record<Status, { words: string; look: Look; means: string }> = {
  active: { words: 'Active', look: 'good', means: 'Works, and is renewed by itself.' },
  limited: { words: 'Limited', look: 'warn', means: 'Works, but something that was asked for was not granted.' },
  degraded: { words: 'Degraded', look: 'warn', means: 'The token ran out; renewing it is still tried.' },
  reauth_required: {
    words: 'Reconnect needed',
    look: 'bad',
    means: 'Only the person can mend it, by connecting again.',
  },
  disabled: { words: 'Disabled', look: 'quiet', means: 'Switched off here; nothing is renewed or handed out.' },
  pending: { words: 'Accounts not chosen', look: 'quiet', means: 'The person has not chosen accounts yet.' },
};

/** In the order in which they matter to whoever looks. */
export const statusOrder = ['reauth_required', 'degraded', 'limited', 'active', 'disabled'] as const;

const reasons: Record<string, string> = {
  revoked_or_expired: 'the platform no longer accepts it',
  revoked: 'access was withdrawn at the platform',
  expired: 'it reached its fixed end',
  password_changed: 'the password was changed',
  scope_removed: 'a permission was taken away',
  lost_rotation: 'a new token was lost on its way',
};

const plainCode = (code: string): string => code.replaceAll('_', ' ');

/** Why a person must reconnect, as the end of a sentence. */
export const reasonWords = (reason: string | null): string | null =>
  reason === null ? null : (reasons[reason] ?? plainCode(reason));

const problems: Record<string, string> = {
  provider_unavailable: 'the platform is not reachable',
  provider_timeout: 'the platform did not answer in time',
  provider_rate_limited: 'the platform asked us to slow down',
  provider_app_credentials_invalid: 'the platform refuses the client id or secret',
  reauth_required: 'the platform no longer accepts the connection',
};

/** A code of the catalogue of errors, as the end of a sentence. */
export const problemWords = (code: string): string => problems[code] ?? plainCode(code);

/** Why a connection has the status that it has, as far as there is more to say than the status says. */
export const statusReason = ({ status, reason, last_error: error, scopes }: Connection): string | null => {
  if (status === 'limited') return `lacks ${counted(scopes.missing.length, 'permission')}`;
  if (status === 'degraded' && error) return problemWords(error.code);
  return reasonWords(reason);
};

/** One event, as a sentence about what happened. */
export const eventWords = ({ type, data }: Pick<TimelineEvent, 'type' | 'data'>): { words: string; look: Look } => {
  const reason = typeof data['reason'] === 'string' ? reasonWords(data['reason']) : null;
  const code = typeof data['code'] === 'string' ? problemWords(data['code']) : null;
  const missing = Array.isArray(data['missing']) ? data['missing'].join(', ') : '';
  const because = (cause: string | null): string => (cause === null ? '' : `: ${cause}`);
  switch (type) {
    case 'connection.created':
      return { words: 'Connected', look: 'good' };
    case 'connection.updated':
      return { words: 'Updated', look: 'quiet' };
    case 'connection.refreshed':
      return { words: 'Token renewed', look: 'good' };
    case 'connection.refresh_failed':
      return { words: `Renewal failed, and will be tried again${because(code)}`, look: 'warn' };
    case 'connection.limited':
      return { words: `Not everything was granted${missing ? `: ${missing}` : ''}`, look: 'warn' };
    case 'connection.degraded':
      return { words: `Token ran out before it could be renewed${because(code)}`, look: 'warn' };
    case 'connection.reauth_required':
      return { words: `Must be reconnected${because(reason ?? code)}`, look: 'bad' };
    case 'connection.reauth_reminder':
      return { words: `Still waits to be reconnected${because(reason)}`, look: 'warn' };
    case 'connection.recovered':
      return { words: 'Works again', look: 'good' };
    case 'connection.disabled':
      return { words: 'Switched off', look: 'quiet' };
    case 'connection.deleted':
      return { words: 'Disconnected', look: 'quiet' };
    case 'connection.expiring': {
      const days = typeof data['days'] === 'number' ? counted(data['days'], 'day') : 'a while';
      return { words: `Access ends in ${days} unless the person connects again`, look: 'warn' };
    }
    case 'provider.app_invalid':
      return { words: `The platform refuses the app${because(code)}`, look: 'bad' };
    case 'provider.recovered':
      return { words: 'The platform takes the app again', look: 'good' };
    case 'flow.failed':
      return { words: `An attempt to connect failed${because(code)}`, look: 'warn' };
    default:
      return { words: type.replaceAll('.', ' ').replaceAll('_', ' '), look: 'quiet' };
  }
};

/** What each kind of event is called where one chooses among them; the compiler misses whatever is not here. */
export const eventTypeWords: Record<EventType, string> = {
  'connection.created': 'Connected',
  'connection.updated': 'Updated',
  'connection.refreshed': 'Token renewed',
  'connection.refresh_failed': 'Renewal failed',
  'connection.limited': 'Not everything granted',
  'connection.degraded': 'Token ran out',
  'connection.reauth_required': 'Must be reconnected',
  'connection.reauth_reminder': 'Still waits to be reconnected',
  'connection.recovered': 'Works again',
  'connection.disabled': 'Switched off',
  'connection.deleted': 'Disconnected',
  'connection.expiring': 'Access ends soon',
  'provider.app_invalid': 'App refused by its platform',
  'provider.recovered': 'App taken again',
  'flow.failed': 'Attempt to connect failed',
};
export const eventTypes = Object.keys(eventTypeWords) as EventType[];

/** Kinds of events that are looked for together. */
export const eventGroups: Record<string, EventType[]> = {
  'What went wrong': [
    'connection.refresh_failed',
    'connection.limited',
    'connection.degraded',
    'connection.reauth_required',
    'connection.reauth_reminder',
    'connection.expiring',
    'provider.app_invalid',
    'flow.failed',
  ],
  'All but renewals': eventTypes.filter((type) => type !== 'connection.refreshed'),
};

const outcomes: Record<string, { words: string; look: Look }> = {
  renewed: { words: 'Renewed', look: 'good' },
  superseded: { words: 'Not needed: a newer token was there', look: 'quiet' },
  rejected: { words: 'Refused by the platform', look: 'bad' },
  ended: { words: 'Refused by the platform for good', look: 'bad' },
  misconfigured: { words: 'The platform refuses the app', look: 'bad' },
  not_processed: { words: 'Not processed by the platform', look: 'warn' },
  ambiguous: { words: 'No answer arrived', look: 'warn' },
};

export const outcomeWords = (outcome: string | null): { words: string; look: Look } =>
  outcome === null
    ? { words: 'Under way', look: 'quiet' }
    : (outcomes[outcome] ?? { words: plainCode(outcome), look: 'warn' });

export const permissionWords: Record<Permission, string> = {
  'connections:read': 'See connections, their history, and platforms',
  'connections:write': 'Connect, change, renew and disconnect',
  'tokens:read': 'Read access tokens, and sign requests',
  'calls:write': 'Make calls to platforms',
  'events:read': 'See everything that happens',
  admin: 'Everything, with keys, apps, webhooks and settings',
};

/** Whoever it is, by the best name that is known. */
export const accountName = ({ account }: Pick<Connection, 'account'>): string =>
  account.name ?? account.username ?? account.id;

export const handle = ({ account: { username } }: Pick<Connection, 'account'>): string | null =>
  username === null ? null : `@${username.replace(/^@/, '')}`;
