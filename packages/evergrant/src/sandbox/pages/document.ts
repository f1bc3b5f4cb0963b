import { hash } from 'node:crypto';
import { html as honoHtml, raw } from 'hono/html';

/** Markup that is already escaped. */
export type Html = Exclude<ReturnType<typeof honoHtml>, Promise<unknown>>;

/** Hono's template tag, which escapes every value. It is asynchronous only when a value is a promise; ours never are. */
export const html = honoHtml as (strings: TemplateStringsArray, ...values: unknown[]) => Html;

export interface View {
  status?: number;
  title: string;
  style: string;
  script?: string;
  /** The line on top that says what this is. */
  band: string;
  body: Html;
}

const sha256 = (content: string): string => `'sha256-${hash('sha256', content, 'base64')}'`;

/** The first letter or digit of a name, to stand in a tile beside it. */
export const initial = (name: string): string => (/[\p{L}\p{N}]/u.exec(name)?.[0] ?? '?').toUpperCase();

/** A whole page with its headers. Nothing in it comes from anywhere else. */
export const documentResponse = ({ status = 200, title, style, script, band, body }: View): Response => {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${raw(style)}</style>
</head>
<body>
<p class="band">${band}</p>
${body}
${script ? html`<script>${raw(script)}</script>` : ''}
</body>
</html>
`;
  const policy = [
    "default-src 'none'",
    `style-src ${sha256(style)}`,
    `script-src ${script ? sha256(script) : "'none'"}`,
    `connect-src ${script ? "'self'" : "'none'"}`,
    'img-src data:',
    // Chromium holds the whole chain of redirects against it, up to where the application wants the person back.
    "form-action 'self' https: http://localhost:* http://127.0.0.1:*",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return new Response(page.toString(), {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    },
  });
};
