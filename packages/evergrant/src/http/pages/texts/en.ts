import type { Actor, ErrorCode } from '../../../errors/index.ts';
import type { AccountType } from '../../../providers/define.ts';

/*
 * Every word that a person reads on the pages. Short sentences, no jargon, no blame: what happened, why, and what to
 * do next. `{provider}` and `{application}` are replaced by names; `{Provider}` starts a sentence.
 */

const startAgain = 'Go back to {application} and start again.';
const sendThis = 'Send the error code and request id below to whoever runs {application}.';
const ifAgain = 'If it happens again, send the error code and request id below to whoever runs {application}.';
const nothingWrong = 'Your account is fine, and nothing was stored.';

export const en = {
  /** BCP 47. */
  language: 'en',
  common: {
    platform: 'the platform',
    account: 'Unnamed account',
    footer: 'Connections by Evergrant',
    owner: 'Connecting for',
    retry: 'Try again',
    back: 'Back to {host}',
    closeWindow: 'Close this window',
    mayClose: 'You may close this window.',
    returning: 'Taking you back to {host}…',
    code: 'Error code',
    request: 'Request id',
    status: 'HTTP status',
  },
  start: {
    title: 'Connect {provider} to {application}',
    reconnectTitle: 'Reconnect {provider} to {application}',
    intro: 'You will be taken to {provider} to sign in. Evergrant never sees your password.',
    account: 'Account',
    reconnectHint: 'Sign in as this account. Any other one will be refused.',
    permissions: '{application} will ask {provider} for permission to',
    morePermissions: 'Show {count} more',
    expires: 'Link works until',
    submit: 'Continue to {provider}',
    endangers:
      '{Provider} keeps one set of permissions for each person and application. If you sign in as the same person, these connections end and must be connected again:',
    notYou: 'Not you? If you did not start this, close this page. Nothing is shared until you continue.',
  },
  chooseProvider: {
    title: 'Connect an account to {application}',
    intro: 'Choose where your account is. You will sign in there, and Evergrant never sees your password.',
    filter: 'Find a platform',
    nothing: 'No platform of that name is set up here.',
    emptyTitle: 'No platform is set up yet',
    empty: 'Whoever runs {application} must set up a platform before anyone can connect an account.',
  },
  /** `server` where a host is asked for, `handle` where the name of the account is. */
  instance: {
    title: { server: 'Where is your {provider} account?', handle: 'What is your {provider} handle?' },
    intro: {
      server: '{Provider} runs on many servers. Tell us yours, and you will be taken there to sign in.',
      handle: 'Your handle says on which server your account lives. You will be taken there to sign in.',
    },
    label: { server: 'Your server', handle: 'Your handle' },
    help: {
      server: 'It is what follows the last @ in your full user name: @you@{example}.',
      handle: 'It stands below your name in your profile: @{example}.',
    },
    /** While one types: what was understood, and what is missing. */
    whole: { server: 'You will sign in at {name}.', handle: 'You will sign in as @{name}.' },
    part: { server: 'A server has a dot in its name, such as {example}.', handle: 'A handle has a dot in it.' },
    use: 'Use {name}',
    faults: {
      invalid_request: '{typed} is not the name of a server, such as {example}',
      target_not_allowed: '{typed} is not the name of a server on the public Internet',
      instance_not_found: 'Nothing on {provider} answers to {typed}. Look for a typing mistake.',
    },
    submit: 'Continue',
  },
  chooseAccounts: {
    title: 'Choose accounts to connect',
    titleOne: 'Choose an account to connect',
    intro: 'You gave {application} access at {provider}. Only what you choose here is connected.',
    legend: 'Your accounts at {provider}',
    filter: 'Find an account',
    nothing: 'No account of that name is on offer.',
    chooseOne: 'Choose at least one of the accounts on offer',
    selectAll: 'Select all',
    clearAll: 'Clear all',
    submit: 'Connect',
    submitOne: 'Connect 1 account',
    submitMany: 'Connect {count} accounts',
    noneAvailable:
      'You signed in, but {provider} shows no account that can be connected now. The reason is given with each.',
    again: 'Sort it out at {provider} or sign in as someone else, then go back to {application} and start again.',
    emptyTitle: 'There is nothing to connect',
    empty: 'You signed in, but {provider} shows no account that can be connected.',
  },
  result: {
    connected: '{provider} is connected',
    connectedIntro: '{application} can now use the account.',
    connectedIntroMany: '{application} can now use these {count} accounts.',
    limited: 'Connected, but some permissions are missing',
    limitedIntro: '{application} can use {provider}, except for what was not allowed:',
    limitedCure: 'To allow it, connect again and leave every permission ticked.',
    mend: 'Connect again',
  },
  waiting: {
    title: 'Waiting for {provider}',
    intro: 'Finish signing in at {provider}. This page goes on by itself.',
  },
  error: {
    whatToDo: 'What to do',
    redirectUri: 'Redirect URI to register',
    copy: 'Copy',
    copied: 'Copied',
    missing: 'Missing permissions',
    upstream: '{Provider} said',
    reference: 'What this code means',
    who: 'Who can fix it',
    refused: {
      title: 'You did not give access',
      what: '{Provider} reports that access was cancelled or declined, but not for which attempt. Nothing was stored, and the attempt ends by itself.',
      steps: [
        'If that is what you wanted, you are done: this page can be closed.',
        'If not, go back to {application}, start again, and allow access at {provider}.',
      ],
    },
  },
  reference: {
    eyebrow: 'Error reference',
    what: 'What happened',
    cure: 'What to do',
    retryable: 'Trying again',
    retryableYes: 'The same request may work later.',
    retryableNo: 'Nothing changes until someone acts.',
  },
  notFound: {
    title: 'There is no page here',
    intro: 'The address may be mistyped, or the link is older than the page it led to.',
    cure: 'To connect an account, go back to {application} and start from there.',
  },
  accountTypes: {
    profile: 'Profile',
    page: 'Page',
    organization: 'Organization',
    channel: 'Channel',
    location: 'Location',
    blog: 'Blog',
    site: 'Site',
    workspace: 'Workspace',
    guild: 'Server',
  } satisfies Record<AccountType, string>,
  /** Who can mend an error, as a person in a flow reads it. */
  actors: {
    user: 'You',
    operator: 'Whoever runs {application}',
    developer: 'The developers of {application}',
    provider: 'Only {provider}; it usually passes',
    service: 'Whoever runs {application}',
  } satisfies Record<Actor, string>,
  /** The same for the error reference, whose readers run or call the service. */
  referenceActors: {
    user: 'The person who connects the account',
    operator: 'Whoever runs this service and owns its apps at the platforms',
    developer: 'The developer of the calling code',
    provider: 'Nobody: wait for the platform',
    service: 'Whoever runs this service: it is a fault here',
  } satisfies Record<Actor, string>,
  /** What a person in a flow can meet; `steps` in order. The other codes are shown with the words of the catalogue. */
  errors: {
    flow_not_found: {
      title: 'This link does not lead anywhere',
      what: 'It belongs to no connection attempt that is known here. It may be incomplete or very old.',
      steps: [startAgain],
    },
    flow_expired: {
      title: 'This took too long',
      what: 'For your safety a connection attempt lasts ten minutes, and this one is over. Nothing was stored.',
      steps: [startAgain],
    },
    flow_already_used: {
      title: 'This attempt is already finished',
      what: 'Each connection attempt works once, and this one has been used, perhaps in another tab.',
      steps: ['Look in {application}: the account may be connected already.', 'If it is not, start again from there.'],
    },
    flow_browser_mismatch: {
      title: 'This began in another browser',
      what: 'For your safety an attempt must be finished in the browser in which it began, with cookies allowed.',
      steps: ['Finish it in the other browser, or go back to {application} in this one and start again.'],
    },
    callback_malformed: {
      title: '{Provider} sent an incomplete answer',
      what: 'Something that every sign-in answer must hold was missing, or was sent twice. Nothing was stored.',
      steps: [startAgain, ifAgain],
    },
    issuer_mismatch: {
      title: 'The answer came from the wrong place',
      what: 'You were sent to {provider}, but the answer names another sign-in server. To protect your account nothing was exchanged.',
      steps: ['Do not repeat this.', sendThis],
    },
    consent_denied: {
      title: 'You did not give access',
      what: '{Provider} reports that access was cancelled or declined. Nothing was stored.',
      steps: [
        'If that is what you wanted, you are done.',
        'If not, go back to {application}, start again, and allow access at {provider}.',
      ],
    },
    login_required_at_provider: {
      title: '{Provider} wants you to sign in',
      what: '{Provider} would not go on without your signing in or confirming access yourself.',
      steps: [
        'Sign in at {provider}.',
        'Go back to {application}, start again, and answer every question that {provider} asks.',
      ],
    },
    scope_insufficient: {
      title: 'Some permissions are missing',
      what: 'The account is connected, but not with every permission that {application} needs.',
      steps: ['Connect again, and leave every permission ticked at {provider}.'],
    },
    account_mismatch: {
      title: 'That is a different account',
      what: 'You were reconnecting one account but signed in at {provider} with another. Nothing was changed.',
      steps: [
        'Sign out at {provider}.',
        'Go back to {application}, start again, and sign in with the account that it shows.',
      ],
    },
    account_already_connected: {
      title: 'This account is already connected',
      what: '{application} has this {provider} account already, and it cannot be connected twice.',
      steps: ['Use the connection that exists.', 'To connect another account, sign out at {provider} first.'],
    },
    account_type_unsupported: {
      title: 'There is no account that fits',
      what: 'You signed in, but {provider} shows no account of the kind that can be connected, such as a page or a channel.',
      steps: [
        'Sign in as someone who manages one, or create one at {provider}.',
        'Go back to {application}, start again, and give access to it.',
      ],
    },
    instance_not_found: {
      title: 'We cannot find that account',
      what: 'Nothing on {provider} answers to the name that was given. Nothing was stored.',
      steps: ['Check the handle, or the address of your server, for typing mistakes.', startAgain],
    },
    instance_unsupported: {
      title: 'That server cannot be used',
      what: 'The server that was named does not answer as a server of {provider} does. Nothing was stored.',
      steps: ['Check the name of your server for typing mistakes.', startAgain],
    },
    code_rejected: {
      title: '{Provider} did not finish the sign-in',
      what: 'You allowed access, but {provider} then refused its own one-time code. That happens when it is used twice or too late.',
      steps: ['Go back to {application} and start again, in one go and in one tab.', ifAgain],
    },
    provider_app_credentials_invalid: {
      title: '{Provider} does not accept this service',
      what: `{Provider} refused the client id or secret with which {application} is registered there. ${nothingWrong}`,
      steps: [
        'Open the app in {provider}’s developer console.',
        'Compare its client id and secret with the settings of this service; a new secret replaces the old one.',
        'Run “evergrant doctor”, then try again.',
      ],
    },
    provider_app_not_allowed: {
      title: 'The app is not allowed to do this yet',
      what: `{Provider} does not let the app of {application} do this: it may be in review, blocked, or lack a product. ${nothingWrong}`,
      steps: [
        'Open the app in {provider}’s developer console and check its status.',
        'While it is in test mode, add this person as a tester.',
        'Ask there for the product or the review that is missing, then try again.',
      ],
    },
    redirect_uri_mismatch: {
      title: 'The return address is not registered',
      what: `{Provider} does not know the address to which it should send you back. ${nothingWrong}`,
      steps: [
        'Open the app in {provider}’s developer console and find the list of redirect URIs.',
        'Add the address below exactly as it is, with every slash.',
        'Save, wait a minute, and try again.',
      ],
    },
    scope_unavailable: {
      title: '{Provider} refused a permission',
      what: `{application} asks for a permission that its app does not have at {provider}. ${nothingWrong}`,
      steps: [
        'Open the app in {provider}’s developer console and look for its permissions or products.',
        'Have the app approved for the permission, or take it out of the settings of this service.',
        'Then try again.',
      ],
    },
    provider_not_configured: {
      title: '{Provider} is not set up here',
      what: '{Provider} is known, but {application} has no app registered there.',
      steps: [
        'Register an app in {provider}’s developer console, with the redirect URI of this service.',
        'Put its client id and secret into the settings, and restart.',
      ],
    },
    permission_denied: {
      title: 'That came from another page',
      what: 'For your safety only a page of this service may send this, and nothing was done.',
      steps: [startAgain],
    },
    provider_unknown: {
      title: 'There is no such platform',
      what: 'The link names a platform that is not known here.',
      steps: [startAgain],
    },
    connection_not_found: {
      title: 'There is nothing to reconnect',
      what: 'The connection does not exist any more, or it belongs to someone else.',
      steps: ['Go back to {application} and connect the account anew.'],
    },
    provider_rate_limited: {
      title: '{Provider} asks for a pause',
      what: 'Too many requests reached {provider} in a short time. Nothing is lost.',
      steps: ['Wait a few minutes, then go back to {application} and start again.'],
    },
    provider_unavailable: {
      title: '{Provider} does not answer',
      what: '{Provider} could not be reached, or reported a fault of its own.',
      steps: ['Wait a few minutes, then go back to {application} and start again.'],
    },
    provider_timeout: {
      title: '{Provider} took too long',
      what: '{Provider} did not answer in time, so the connection was not finished.',
      steps: ['Wait a minute, then go back to {application} and start again.'],
    },
    provider_bad_response: {
      title: '{Provider} sent something unreadable',
      what: 'The answer of {provider} does not look as it should. Your account is fine.',
      steps: [startAgain, ifAgain],
    },
    rate_limited: {
      title: 'That was a little too fast',
      what: 'Too many attempts came from here in a short time.',
      steps: ['Wait a minute, then go back to {application} and start again.'],
    },
    target_not_allowed: {
      title: 'That server cannot be used',
      what: 'The address lies in a private network or is not allowed here.',
      steps: ['Check the address for typing mistakes, and enter the public one.'],
    },
    storage_unavailable: {
      title: 'This service is out of order for a moment',
      what: 'It cannot reach its database. Nothing was sent to {provider}.',
      steps: ['Wait a minute, then go back to {application} and start again.'],
    },
    internal: {
      title: 'Something went wrong here',
      what: 'This service failed in a way that nobody expected. It is not your fault.',
      steps: [startAgain, ifAgain],
    },
  } satisfies Partial<Record<ErrorCode, ErrorText>>,
};

export interface ErrorText {
  title: string;
  what: string;
  steps: string[];
}
