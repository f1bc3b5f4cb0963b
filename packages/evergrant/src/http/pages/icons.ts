import { type Html, html, raw } from './markup.ts';

/* Outlines on a 20 by 20 grid, drawn in the colour of the text around them. */
const outlines = {
  check: '<path d="m4.5 10.5 3.7 3.7 7.3-8"/>',
  alert: '<path d="M10 5v6"/><path d="M10 14.6v.2"/>',
  cross: '<path d="m6 6 8 8M14 6l-8 8"/>',
  link: '<path d="M8.4 11.6a3 3 0 0 0 4.3 0l2.6-2.6a3 3 0 0 0-4.3-4.3l-.9.9"/><path d="M11.6 8.4a3 3 0 0 0-4.3 0l-2.6 2.6a3 3 0 0 0 4.3 4.3l.9-.9"/>',
  search: '<circle cx="9" cy="9" r="4.6"/><path d="m12.6 12.6 3.4 3.4"/>',
  chevron: '<path d="m8 5.5 4.5 4.5L8 14.5"/>',
} as const;

export type IconName = keyof typeof outlines;

/** An outline icon. It is decoration: the words stand beside it. */
export const icon = (name: IconName): Html =>
  html`<svg class="icon icon-${name}" viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${raw(outlines[name])}</svg>`;

const mark = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#0b6b4c"/><path d="M9 21.5c0-8 5-12 14-12 0 8.5-4.5 12.5-11 12.5M9 24c1.5-5 4.5-8 9-10" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

/** The mark of this service as a data URI, so that the browser has no reason to ask for a favicon. */
export const favicon = `data:image/svg+xml;base64,${Buffer.from(mark).toString('base64')}`;

/** The same mark as an outline. */
export const leaf = (): Html =>
  html`<svg class="leaf" viewBox="0 0 32 32" width="16" height="16" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${raw('<path d="M6 20.5C6 10 13 5 26 5c0 12-6.5 17.5-15 17.5M6 27c2-7 6-11.5 12-14.5"/>')}</svg>`;
