import { hash } from 'node:crypto';
import { favicon, leaf } from './icons.ts';
import { type Html, html, raw } from './markup.ts';
import type { Page } from './models.ts';
import { flowScript, formScript, waitScript } from './scripts.ts';
import type { Site } from './site.ts';
import { styleOf } from './style.ts';

const scripts = { form: formScript, flow: flowScript, wait: waitScript } as const;

/** A page before it is put into the document. */
export interface View {
  /** Default 200. */
  status?: number;
  title: string;
  body: Html;
  wide?: boolean;
  script?: keyof typeof scripts;
  /** Values for the script, as data attributes of the body; undefined ones are left out. */
  data?: Record<string, string | undefined>;
  /** Whether the page shows pictures that lie at the platforms. */
  pictures?: boolean;
  /** Whether a form of the page is answered by a redirect to a platform. */
  leavesForPlatform?: boolean;
  /** Seconds until a browser without scripts asks for the page again. */
  refreshSeconds?: number;
  /** Where a browser without scripts goes by itself. */
  goTo?: string;
}

const loopback = 'http://localhost:* http://127.0.0.1:*';

const sha256 = (content: string): string => `'sha256-${hash('sha256', content, 'base64')}'`;

/**
 * Makes the function that turns a view into a page. The hashes of style and scripts are computed here, once.
 *
 * Chromium applies `form-action` also to the redirect that answers a form, so a form that leads to a platform has to
 * allow any https address; which platforms there are is the configuration's affair.
 */
export const createLayout = (site: Site, colour: string | null): ((view: View) => Page) => {
  const style = styleOf(colour);
  const styleHash = sha256(style);
  const scriptHashes = { form: sha256(scripts.form), flow: sha256(scripts.flow), wait: sha256(scripts.wait) };

  const policyOf = (view: View): string =>
    [
      "default-src 'none'",
      `style-src ${styleHash}`,
      `script-src ${view.script ? scriptHashes[view.script] : "'none'"}`,
      `img-src data:${site.logo ? " 'self'" : ''}${view.pictures ? ` https: ${loopback}` : ''}`,
      `form-action 'self'${view.leavesForPlatform ? ` https: ${loopback}` : ''}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; ');

  return (view) => ({
    status: view.status ?? 200,
    html: documentOf(view, site, style).toString(),
    contentSecurityPolicy: policyOf(view),
  });
};

const documentOf = (view: View, site: Site, style: string): Html => html`<!doctype html>
<html lang="${site.texts.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
${view.refreshSeconds === undefined ? '' : html`<noscript><meta http-equiv="refresh" content="${view.refreshSeconds}"></noscript>`}
${view.goTo ? html`<noscript><meta http-equiv="refresh" content="0; url=${view.goTo}"></noscript>` : ''}
<title>${view.title}</title>
<link rel="icon" href="${favicon}">
<style>${raw(style)}</style>
</head>
<body${dataAttributes(view.data)}>
<main class="card${view.wide ? ' wide' : ''}">
${view.body}
</main>
<footer class="foot">${leaf()}${site.texts.common.footer}</footer>
${view.script ? html`<script>${raw(scripts[view.script])}</script>` : ''}
</body>
</html>
`;

const dataAttributes = (data: View['data'] = {}): Html[] =>
  Object.entries(data)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => html` data-${name}="${value}"`);
