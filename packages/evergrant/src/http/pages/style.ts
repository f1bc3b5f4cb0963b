import { type Accents, accentsOn } from './colour.ts';
import { hues } from './markup.ts';

/*
 * One style for all pages: system fonts, one accent, light and dark. It is the same text on every page, so that a hash in
 * the Content-Security-Policy can name it; nothing uses style attributes. Text pairs keep a contrast of 4.5 to 1.
 */

/** Name, light, dark. */
const tokens = [
  ['ground', '#f5f6f4', '#0c0f0d'],
  ['card', '#ffffff', '#141816'],
  ['raised', '#f7f8f6', '#1b201d'],
  ['line', '#e4e7e2', '#282e2a'],
  ['line-strong', '#868d86', '#6f7a73'],
  ['ink', '#141a16', '#eef2ef'],
  ['soft', '#555e58', '#a3aea7'],
  ['accent', '#0b6b4c', '#4fd1a1'],
  ['on-accent', '#ffffff', '#05231a'],
  ['fill', '#0b6b4c', '#4fd1a1'],
  ['on-fill', '#ffffff', '#05231a'],
  ['fill-over', '#095a40', '#6bdcb3'],
  ['tint', '#e8f3ee', '#14291f'],
  ['bad', '#b3261e', '#ff9b8f'],
  ['bad-tint', '#fceeec', '#331a17'],
  ['warn', '#8a5200', '#f2bd62'],
  ['warn-tint', '#fdf3e1', '#2f2410'],
  ['shadow', '0 1px 2px #141a160a, 0 12px 40px -12px #141a161f', 'none'],
  ['tile', '0.93 0.045', '0.33 0.06'],
  ['letter', '0.42 0.11', '0.9 0.07'],
] as const;

/** The tokens that follow from the application's colour. */
const accentTokens = ({ accent, onAccent, fill, onFill, fillOver, tint }: Accents): string =>
  `--accent: ${accent}; --on-accent: ${onAccent}; --fill: ${fill}; --on-fill: ${onFill}; --fill-over: ${fillOver}; --tint: ${tint};`;

const branded = (colour: string): string => `
:root { ${accentTokens(accentsOn(colour, '#ffffff'))} }
@media (prefers-color-scheme: dark) {
  :root { ${accentTokens(accentsOn(colour, '#141816'))} }
}`;

const colours = `
:root { color-scheme: light dark; ${tokens.map(([name, light]) => `--${name}: ${light};`).join(' ')} }
@media (prefers-color-scheme: dark) {
  :root { ${tokens.map(([name, , dark]) => `--${name}: ${dark};`).join(' ')} }
}
${Array.from({ length: hues }, (_, hue) => `.hue-${hue} { --hue: ${Math.round((hue * 360) / hues) + 12}; }`).join('\n')}`;

const ground = `
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100dvh; display: flex; flex-direction: column; align-items: center;
  padding: clamp(0px, (100vw - 30rem) * 9, 12vh) 0 0;
  background: var(--ground); color: var(--ink);
  font: 400 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  -webkit-font-smoothing: antialiased; overflow-wrap: anywhere;
}
h1 { margin: 0; font-size: 1.375rem; line-height: 1.3; font-weight: 600; letter-spacing: -0.017em; text-wrap: balance; }
h2, h3, legend, dt, figcaption { margin: 0; padding: 0; font-size: 0.8125rem; line-height: 1.4; font-weight: 500; color: var(--soft); }
p { margin: 0; text-wrap: pretty; }
ul, ol, dl, dd, figure, blockquote, fieldset { margin: 0; padding: 0; border: 0; min-width: 0; list-style: none; }
code { font: 0.8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
a { color: inherit; text-decoration-color: var(--line-strong); text-underline-offset: 0.2em; }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.icon { flex: none; }`;

const frame = `
.card { width: 100%; max-width: 28rem; flex: 1 0 auto; padding: 2.5rem 1.5rem; background: var(--card); }
.card > * + * { margin-top: 1.5rem; }
.card > h1 + .intro { margin-top: 0.625rem; }
.card > .intro + .intro { margin-top: 0.625rem; }
.intro { color: var(--soft); }
.foot { display: flex; align-items: center; justify-content: center; gap: 0.4rem; width: 100%; padding: 1.25rem; color: var(--soft); font-size: 0.8125rem; }
.leaf { color: var(--accent); }
@media (max-width: 30rem) {
  body { background: var(--card); }
  .card { max-width: none; }
}
@media (min-width: 30.01rem) {
  .card { flex-grow: 0; padding: 2.5rem; border: 1px solid var(--line); border-radius: 1.25rem; box-shadow: var(--shadow); }
  .card.wide { max-width: 42rem; }
  .foot { padding: 1.5rem; }
}`;

const signs = `
.tile {
  position: relative; flex: none; display: inline-grid; place-items: center; overflow: hidden; user-select: none;
  width: 2.25rem; height: 2.25rem; border-radius: 0.625rem; font-weight: 600; font-size: 1rem; line-height: 1;
  background: oklch(var(--tile) var(--hue));
  color: oklch(var(--letter) var(--hue));
}
.tile.large { width: 3.25rem; height: 3.25rem; border-radius: 0.9375rem; font-size: 1.375rem; }
.tile.app { background: var(--ink); color: var(--card); }
.logo { flex: none; max-width: 9rem; height: 3.25rem; object-fit: contain; border-radius: 0.5rem; }
.tile.round { border-radius: 50%; width: 2.5rem; height: 2.5rem; }
.tile img { position: absolute; inset: 0; min-width: 100%; max-width: 100%; aspect-ratio: 1; object-fit: cover; }
.bridge { display: flex; align-items: center; gap: 0.375rem; }
.bridge .line { width: 1.25rem; border-top: 2px dotted var(--line-strong); }
.node { flex: none; display: grid; place-items: center; grid-auto-flow: column; gap: 3px; width: 1.875rem; height: 1.875rem; border-radius: 50%; background: var(--raised); color: var(--soft); }
.node .icon { width: 1.125rem; height: 1.125rem; }
.node:only-child { width: 3.25rem; height: 3.25rem; }
.node:only-child .icon { width: 1.625rem; height: 1.625rem; }
.check .node { background: var(--accent); color: var(--on-accent); }
.alert .node { background: var(--warn-tint); color: var(--warn); }
.cross .node { background: var(--bad-tint); color: var(--bad); }
.check .line { border-top-style: solid; border-color: var(--accent); }
.wait .node i { width: 4px; height: 4px; border-radius: 50%; background: currentColor; }`;

const controls = `
.button {
  display: flex; align-items: center; justify-content: center; width: 100%; min-height: 2.875rem; padding: 0.625rem 1.25rem;
  border: 1px solid transparent; border-radius: 0.75rem; font: inherit; font-weight: 550; line-height: 1.35; text-align: center;
  text-decoration: none; cursor: pointer;
}
.primary { background: var(--fill); color: var(--on-fill); }
.primary:hover { background: var(--fill-over); }
.secondary { background: var(--card); color: var(--ink); border-color: var(--line-strong); }
.secondary:hover { background: var(--raised); }
[data-busy] .button, [data-busy] .choice { cursor: progress; opacity: 0.75; }
.quiet { flex: none; min-height: 2rem; padding: 0 0.75rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card); color: var(--ink); font: inherit; font-size: 0.8125rem; font-weight: 500; cursor: pointer; }
.quiet:hover { border-color: var(--line-strong); }
.actions { display: grid; gap: 0.625rem; }
.actions:not(:has(> :not([hidden]))) { display: none; }
.stack { display: grid; gap: 1.25rem; }
.field { display: grid; gap: 0.5rem; }
.help { display: flex; flex-wrap: wrap; align-items: center; gap: 0.375rem 0.75rem; min-height: 2rem; color: var(--soft); font-size: 0.8125rem; }
.field label { font-size: 0.875rem; font-weight: 500; }
.input, .search input {
  width: 100%; min-height: 2.875rem; padding: 0.5rem 0.875rem; border: 1px solid var(--line-strong); border-radius: 0.75rem;
  background: var(--card); color: var(--ink); font: inherit; font-size: 1rem;
}
.input[aria-invalid] { border-color: var(--bad); }
::placeholder { color: var(--soft); opacity: 1; }
.input:focus-visible, .search input:focus-visible { outline-offset: -1px; }
.search { position: relative; grid-column: 1 / -1; }
.search input::-webkit-search-cancel-button { appearance: none; }
.search input { padding-left: 2.625rem; }
.search .icon { position: absolute; left: 0.875rem; top: 50%; translate: 0 -50%; color: var(--soft); pointer-events: none; }`;

const content = `
.facts { border-top: 1px solid var(--line); }
.facts > div { display: grid; grid-template-columns: 6.75rem 1fr; gap: 0.75rem; padding: 0.75rem 0; border-bottom: 1px solid var(--line); }
.facts:last-child > div:last-child { padding-bottom: 0; border-bottom: 0; }
.facts dt, .facts dd { line-height: 1.5rem; }
.facts dd { font-weight: 500; }
.facts dd:has(code) { padding: 0.125rem 0; line-height: 1.25rem; }
.facts dd code { font-size: 0.75rem; line-height: inherit; }
small { display: block; font-size: 0.8125rem; line-height: 1.4; font-weight: 400; color: var(--soft); }
.note { color: var(--soft); font-size: 0.8125rem; }
.note.centred { text-align: center; }
.permissions ul, .missing { display: grid; gap: 0.5rem; margin-top: 0.625rem; }
.permissions li, .missing li { position: relative; padding-left: 1.125rem; }
.permissions li::before, .missing li::before { content: ""; position: absolute; left: 0.125rem; top: 0.5em; width: 0.375rem; height: 0.375rem; border-radius: 50%; background: var(--accent); }
.missing li::before { background: var(--warn); }
summary { width: fit-content; margin-top: 0.5rem; padding: 0.25rem 0; color: var(--accent); font-weight: 500; cursor: pointer; }
.providers { display: grid; gap: 0.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); }
.choice { display: flex; align-items: center; gap: 0.75rem; width: 100%; min-height: 3.5rem; padding: 0.5rem 0.75rem 0.5rem 0.5rem; border: 1px solid var(--line); border-radius: 0.875rem; background: var(--card); color: var(--ink); font: inherit; font-weight: 500; text-align: start; cursor: pointer; }
.choice:hover { background: var(--raised); border-color: var(--line-strong); }
.choice .icon { width: 1rem; height: 1rem; color: var(--soft); }
.who { flex: 1; min-width: 0; display: grid; }
.nothing { grid-column: 1 / -1; }
.nothing:empty { display: none; }
.nothing { color: var(--soft); text-align: center; padding: 1rem 0; }
.accounts fieldset { display: grid; grid-template-columns: 1fr auto; align-items: center; gap: 0.625rem 1rem; }
.accounts legend { float: left; padding: 0.375rem 0; }
.rows { grid-column: 1 / -1; border: 1px solid var(--line); border-radius: 0.875rem; overflow: clip; }
.rows > li + li { border-top: 1px solid var(--line); }
.row { display: flex; align-items: center; gap: 0.875rem; padding: 0.75rem 0.875rem; }
label.row { cursor: pointer; }
label.row:hover { background: var(--raised); }
label.row:has(:checked) { background: var(--tint); }
label.row:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: -2px; }
label.row:has(:disabled) { cursor: default; background: none; }
label.row:has(:disabled) .tile { filter: grayscale(1); }
label.row:has(:disabled) .name { color: var(--soft); }
.row input { flex: none; width: 1.25rem; height: 1.25rem; margin: 0; accent-color: var(--accent); outline: 0; }
@media (forced-colors: none) {
  .row input { appearance: none; display: grid; border: 1.5px solid var(--line-strong); border-radius: 0.375rem; background: var(--card); cursor: inherit; }
  .row input[type=radio] { border-radius: 50%; }
  .row input:checked { border-color: var(--accent); background: var(--accent); }
  .row input:checked::before { content: ""; background: var(--on-accent); clip-path: polygon(23% 47%, 14% 57%, 42% 84%, 88% 31%, 78% 22%, 41% 65%); }
  .row input:disabled { border-color: var(--line); background: var(--raised); }
}
.name { font-weight: 500; line-height: 1.35; }
.details, .reason { font-size: 0.8125rem; line-height: 1.45; color: var(--soft); }
.reason { color: var(--warn); }
.bar { position: sticky; bottom: 0; margin: 0 -0.25rem; padding: 1.25rem 0.25rem; margin-bottom: -1.25rem; background: linear-gradient(transparent, var(--card) 1rem); }
.problem { display: flex; gap: 0.5rem; color: var(--bad); font-size: 0.875rem; }
.accounts > .problem { margin: 0 0 1.25rem; padding: 0.75rem 0.875rem; border-radius: 0.75rem; background: var(--bad-tint); }
.detail { padding-left: 0.875rem; border-left: 2px solid var(--line); }
.said blockquote { display: grid; gap: 0.25rem; margin-top: 0.5rem; padding: 0.75rem 0.875rem; border-radius: 0.75rem; background: var(--raised); }
.said code { color: var(--soft); }
.cure > * + * { margin-top: 0.5rem; }
ol { display: grid; gap: 0.5rem; counter-reset: step; }
ol li { position: relative; padding-left: 2rem; counter-increment: step; }
ol li::before { content: counter(step); position: absolute; left: 0; top: 0.0625rem; display: grid; place-items: center; width: 1.375rem; height: 1.375rem; border-radius: 50%; background: var(--tint); color: var(--accent); font-size: 0.75rem; font-weight: 600; }
.cure > .paste { margin-top: 1.25rem; }
.paste > div { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.75rem; margin-top: 0.5rem; padding: 0.5rem; min-height: 3rem; border: 1px solid var(--line); border-radius: 0.75rem; background: var(--raised); }
.paste code { flex: 99 1 16rem; min-width: 0; padding-left: 0.375rem; user-select: all; }
.paste .quiet { flex: 1 0 4.25rem; }
.eyebrow { font-size: 0.8125rem; font-weight: 500; color: var(--accent); }
.card > .eyebrow + h1 { margin-top: 0.375rem; }
.card > h1 + .code { margin-top: 0.5rem; color: var(--soft); }`;

const motion = `
@media (max-width: 24rem) { .facts > div { grid-template-columns: 1fr; gap: 0; } }
@media (prefers-reduced-motion: no-preference) {
  .button, .choice, .quiet { transition: background-color 0.12s, border-color 0.12s; }
  .check .node { animation: settle 0.4s cubic-bezier(0.2, 0.9, 0.3, 1.2) both; }
  .check .node path { stroke-dasharray: 20; animation: draw 0.35s 0.2s ease-out both; }
  .wait .node i { animation: breathe 1.2s ease-in-out infinite; }
  .wait .node i:nth-child(2) { animation-delay: 0.16s; }
  .wait .node i:nth-child(3) { animation-delay: 0.32s; }
}
@keyframes settle { from { scale: 0.6; opacity: 0; } }
@keyframes draw { from { stroke-dashoffset: 20; } }
@keyframes breathe { 0%, 60%, 100% { opacity: 0.35; } 30% { opacity: 1; } }
@media (forced-colors: active) { .tile, .node, .primary { border: 1px solid; } }`;

/**
 * The style of the pages.
 *
 * @param colour `#rrggbb` of the application
 */
export const styleOf = (colour: string | null): string =>
  [colours, colour === null ? '' : branded(colour), ground, frame, signs, controls, content, motion].join('\n').trim();
