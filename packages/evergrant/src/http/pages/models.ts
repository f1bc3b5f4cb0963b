import type { ErrorCode } from '../../errors/index.ts';
import type { AccountType } from '../../providers/define.ts';

/** A finished page. The other headers (no-store, nosniff, HSTS) are the same for all pages and set by the routes. */
export interface Page {
  status: number;
  html: string;
  /** Value of the `Content-Security-Policy` header; it holds the hashes of exactly the style and script in `html`. */
  contentSecurityPolicy: string;
}

export interface ProviderView {
  id: string;
  name: string;
}

export interface ScopeView {
  scope: string;
  /** What it lets the application do, in words for people. */
  permits?: string;
}

export interface AccountView {
  type: AccountType;
  name?: string | null;
  username?: string | null;
  /** Shown only where accounts are chosen: the page that ends a flow holds nothing from third parties. */
  picture?: string | null;
}

export interface SelectableAccount extends AccountView {
  id: string;
  /** Shown as text, to tell accounts of one name apart. */
  url?: string | null;
  /** Why it cannot be chosen, in words for people. */
  unavailable?: string;
}

export interface StartModel {
  provider: ProviderView;
  owner: string;
  /** Where the form is posted; the answer may redirect to the platform. */
  action: string;
  expiresAt: Date;
  scopes?: ScopeView[];
  /** Name of the account that is being reconnected. */
  reconnectAccount?: string;
  /** Names of connections that this login may end. */
  endangers?: string[];
}

export interface ChooseProviderModel {
  owner: string;
  /** Receives the field `provider`. */
  action: string;
  providers: ProviderView[];
}

export interface InstanceModel {
  provider: ProviderView;
  owner: string;
  /** Whether a host is asked for, or the name of the account itself. */
  kind: 'server' | 'handle';
  label: string;
  placeholder: string;
  /** Receives the field `instance`. */
  action: string;
  /** A suggestion. */
  value?: string;
  /** What is wrong with what was typed. */
  fault?: { typed: string; code: ErrorCode; detail?: string };
}

export interface ChooseAccountsModel {
  provider: ProviderView;
  /** Receives the field `account_ids`, once per chosen account. */
  action: string;
  accounts: SelectableAccount[];
  /** Whether several may be chosen. */
  multiple: boolean;
  /** Whether the page is shown again because nothing was chosen. */
  nothingChosen?: boolean;
}

/** How the page that started the flow learns of its end. */
export interface FlowEnd {
  /** The only origin that is told; what is not an exact http or https origin is told nothing. */
  openerOrigin?: string;
  /** Whether the page is in a popup, also where the platform took away what a popup knows of itself. */
  inPopup?: boolean;
  /** The whole address to go to, with `flow` and `status` appended, when the page is not a popup. */
  returnTo?: string;
}

export interface ResultModel extends FlowEnd {
  status: 'connected' | 'limited';
  provider: ProviderView;
  accounts: AccountView[];
  missingScopes?: ScopeView[];
  flowId: string;
  openerOrigin: string;
  /** Address at which the missing permissions can be given. */
  mendAction?: string;
}

export interface ErrorModel extends FlowEnd {
  code: ErrorCode;
  /** A sentence about this occurrence. */
  detail?: string;
  provider?: ProviderView;
  /** The exact redirect URI, shown to be copied where registering it is the cure. */
  redirectUri?: string;
  missingScopes?: ScopeView[];
  requestId: string;
  flowId?: string;
  /** Address that starts again, if there is one. */
  retryAction?: string;
  /** What the platform said. */
  upstream?: { code?: string; description?: string };
}

export interface WaitingModel {
  provider: ProviderView;
}
