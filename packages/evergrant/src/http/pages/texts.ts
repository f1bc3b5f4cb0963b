import type { AccountType } from '../../providers/define.ts';

/*
 * Every word that a person reads on the pages. Short sentences, no jargon, no blame: what happened, why, and what to
 * do next. `{provider}` and `{application}` are replaced by names; `{Provider}` starts a sentence. The words of errors
 * stand in error-texts.ts.
 */

export const texts = {
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
  instance: {
    title: 'Where is your {provider} account?',
    intro: '{Provider} runs on many servers. Tell us yours, and you will be taken there to sign in.',
    submit: 'Continue',
  },
  chooseAccounts: {
    title: 'Choose accounts to connect',
    titleOne: 'Choose an account to connect',
    intro: 'You gave {application} access at {provider}. Only what you choose here is connected.',
    legend: 'Your accounts at {provider}',
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
} as const;

export const accountTypes: Record<AccountType, string> = {
  profile: 'Profile',
  page: 'Page',
  organization: 'Organization',
  channel: 'Channel',
  location: 'Location',
  blog: 'Blog',
  site: 'Site',
  workspace: 'Workspace',
  guild: 'Server',
};
