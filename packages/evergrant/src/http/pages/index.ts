import { catalogue, type ErrorCode } from '../../errors/index.ts';
import { chooseAccountsView } from './choose-accounts.ts';
import { chooseProviderView } from './choose-provider.ts';
import { errorView } from './error.ts';
import { instanceView } from './instance.ts';
import { createLayout } from './layout.ts';
import { plain } from './markup.ts';
import type {
  ChooseAccountsModel,
  ChooseProviderModel,
  ErrorModel,
  InstanceModel,
  Page,
  ResultModel,
  StartModel,
  WaitingModel,
} from './models.ts';
import { resultView } from './result.ts';
import { errorReferenceView, notFoundView, waitingView } from './scriptless.ts';
import type { Site } from './site.ts';
import { startView } from './start.ts';
import { type Language, languages } from './texts/index.ts';

export type * from './models.ts';

export interface PagesOptions {
  /** The application for which accounts are connected. Default: the host of `publicUrl`. */
  applicationName?: string;
  /** Where browsers reach this service. */
  publicUrl: string;
  /** Default English. */
  language?: Language;
  /** `#rrggbb` of the application. */
  colour?: string | null;
  /** Where the application's logo is, on this service. */
  logo?: string | null;
}

/** The hosted pages: pure functions from what is known to a finished page. */
export interface Pages {
  /** Names the application and the owner, and asks before anyone leaves for the platform. */
  start(model: StartModel): Page;
  chooseProvider(model: ChooseProviderModel): Page;
  /** 422 with a `fault`. */
  instance(model: InstanceModel): Page;
  /** 422 when nothing was chosen. */
  chooseAccounts(model: ChooseAccountsModel): Page;
  /** Tells the opener `connected`, then closes the popup or goes to `returnTo`. */
  result(model: ResultModel): Page;
  /** Has the status of the catalogue. Tells the opener `failed` and goes to `returnTo`, but a popup stays readable. */
  error(model: ErrorModel): Page;
  /** Asks again every two seconds. */
  waiting(model: WaitingModel): Page;
  /** Explains a code; `notFound` when there is no such code. */
  errorReference(code: string): Page;
  notFound(): Page;
}

/**
 * Makes the renderer of the hosted pages.
 *
 * @throws TypeError when `publicUrl` is not a URL
 */
export const createPages = (options: PagesOptions): Pages => {
  const { host, pathname } = new URL(options.publicUrl);
  const site: Site = {
    application: plain(options.applicationName, 80) || host,
    basePath: pathname.replace(/\/+$/, ''),
    texts: languages[options.language ?? 'en'],
    logo: options.logo ?? null,
  };
  const render = createLayout(site, options.colour ?? null);
  const notFound = (): Page => render(notFoundView(site));
  return {
    start: (model) => render(startView(model, site)),
    chooseProvider: (model) => render(chooseProviderView(model, site)),
    instance: (model) => render(instanceView(model, site)),
    chooseAccounts: (model) => render(chooseAccountsView(model, site)),
    result: (model) => render(resultView(model, site)),
    error: (model) => render(errorView(model, site)),
    waiting: (model) => render(waitingView(model, site)),
    errorReference: (code) => (isErrorCode(code) ? render(errorReferenceView(code, site)) : notFound()),
    notFound,
  };
};

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(catalogue, code);
