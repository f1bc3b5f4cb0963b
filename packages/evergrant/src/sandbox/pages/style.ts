/*
 * One style for the consent pages and the try page. It is of one family with Evergrant's own pages, but violet and under
 * a hatched band, so that nobody takes a simulated platform for Evergrant or for the platform. Text pairs keep a
 * contrast of 4.5 to 1. No style attributes: the Content-Security-Policy names these constants by hash.
 */

const ground = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f5f9, #0e0d12);
  --card: light-dark(#ffffff, #16151b);
  --raised: light-dark(#f8f7fb, #1e1c25);
  --line: light-dark(#e6e3ee, #2d2a37);
  --line-strong: light-dark(#8b869b, #77728a);
  --ink: light-dark(#17151f, #f0eef6);
  --soft: light-dark(#5b566b, #a9a4b8);
  --accent: light-dark(#5a3fc0, #b9a8ff);
  --on-accent: light-dark(#ffffff, #1b1040);
  --accent-over: light-dark(#4a32a6, #cabdff);
  --tint: light-dark(#f0ecfc, #241d3d);
  --band: light-dark(#e7e0fb, #2a2146);
  --on-band: light-dark(#3a2491, #d6cbff);
  --good: light-dark(#0b6b4c, #4fd1a1);
  --good-tint: light-dark(#e8f3ee, #14291f);
  --warn: light-dark(#8a5200, #f2bd62);
  --warn-tint: light-dark(#fdf3e1, #2f2410);
  --bad: light-dark(#b3261e, #ff9b8f);
  --bad-tint: light-dark(#fceeec, #331a17);
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100dvh; background: var(--ground); color: var(--ink);
  font: 400 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  -webkit-font-smoothing: antialiased; overflow-wrap: anywhere;
}
h1 { margin: 0; font-size: 1.375rem; line-height: 1.3; font-weight: 600; letter-spacing: -0.017em; text-wrap: balance; }
h2, legend { margin: 0; padding: 0; font-size: 0.8125rem; line-height: 1.4; font-weight: 500; color: var(--soft); }
p { margin: 0; text-wrap: pretty; }
ul, dl, dd, fieldset { margin: 0; padding: 0; border: 0; min-width: 0; list-style: none; }
code, pre { font: 0.8125rem/1.5 var(--mono); }
a { color: inherit; text-decoration-color: var(--line-strong); text-underline-offset: 0.2em; }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.band {
  margin: 0; padding: 0.625rem 1rem; text-align: center; font-size: 0.8125rem; font-weight: 550; line-height: 1.4; color: var(--on-band);
  background: repeating-linear-gradient(-45deg, var(--band) 0 0.625rem, color-mix(in oklab, var(--band), var(--card) 22%) 0.625rem 1.25rem);
  border-bottom: 1px solid var(--line);
}
.tile {
  flex: none; display: inline-grid; place-items: center; user-select: none; width: 2.25rem; height: 2.25rem; border-radius: 0.625rem;
  font-weight: 600; line-height: 1; background: var(--tint); color: var(--accent);
}
.tile.round { border-radius: 50%; }
.button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 2.875rem; padding: 0.5rem 1.25rem; border: 1px solid transparent;
  border-radius: 0.75rem; font: inherit; font-weight: 550; line-height: 1.35; text-align: center; text-decoration: none; cursor: pointer;
}
.primary { background: var(--accent); color: var(--on-accent); }
.primary:hover { background: var(--accent-over); }
.secondary { background: var(--card); color: var(--ink); border-color: var(--line-strong); }
.secondary:hover { background: var(--raised); }
@media (prefers-reduced-motion: no-preference) { .button { transition: background-color 0.12s, border-color 0.12s; } }
@media (forced-colors: active) { .tile, .primary, .band { border: 1px solid; } }`;

const consent = `
main { width: 100%; padding: 1.75rem 1.25rem 2rem; background: var(--card); }
main > * + * { margin-top: 1.5rem; }
.asks { display: flex; gap: 0.875rem; align-items: center; }
.asks .tile { width: 3.25rem; height: 3.25rem; border-radius: 0.9375rem; font-size: 1.375rem; }
.asks h1 { text-wrap: wrap; }
.asks p { color: var(--soft); font-size: 0.8125rem; }
form { display: grid; gap: 1.5rem; }
.people { display: grid; grid-template-columns: 1fr 1fr; gap: 0.5rem; margin-top: 0.5rem; }
.people label { display: flex; align-items: center; gap: 0.625rem; padding: 0.5rem 0.75rem 0.5rem 0.5rem; border: 1px solid var(--line); border-radius: 0.75rem; font-weight: 500; line-height: 1.25; cursor: pointer; }
.people label:hover { border-color: var(--line-strong); }
.people label:has(:checked) { border-color: var(--accent); background: var(--tint); }
.people label:has(:checked) .tile { background: var(--accent); color: var(--on-accent); }
.people [type="radio"] { position: absolute; opacity: 0; pointer-events: none; }
label:has(input:focus-visible) { outline: 2px solid var(--accent); outline-offset: 2px; }
.other { grid-column: 1 / -1; width: 100%; min-height: 2.75rem; padding: 0.5rem 0.75rem; border: 1px solid var(--line); border-radius: 0.75rem; background: var(--card); color: var(--ink); font: inherit; font-size: 1rem; }
.other:hover { border-color: var(--line-strong); }
.other:focus-visible { outline-offset: -1px; }
.people:has(.other:not(:placeholder-shown)) label { border-color: var(--line); background: none; opacity: 0.6; }
.people .other:not(:placeholder-shown) { border-color: var(--accent); background: var(--tint); }
::placeholder { color: var(--soft); opacity: 1; }
.boxes { margin-top: 0.5rem; border: 1px solid var(--line); border-radius: 0.75rem; overflow: clip; }
.boxes li + li { border-top: 1px solid var(--line); }
.boxes label { display: flex; align-items: flex-start; gap: 0.75rem; padding: 0.625rem 0.75rem; line-height: 1.4; cursor: pointer; }
.boxes label:hover { background: var(--raised); }
.boxes label:has(input:focus-visible) { outline-offset: -2px; }
.boxes input { flex: none; width: 1.125rem; height: 1.125rem; margin: 0.1rem 0 0; accent-color: var(--accent); outline: 0; }
.boxes span { flex: 1; min-width: 0; }
.boxes code { display: block; color: var(--soft); font-size: 0.75rem; }
.actions { display: grid; grid-template-columns: 1fr 2fr; gap: 0.625rem; }
.note { color: var(--soft); font-size: 0.8125rem; }
@media (min-width: 30.01rem) {
  body { padding-bottom: 3rem; }
  main { max-width: 30rem; margin: min(8vh, 4rem) auto 0; padding: 2rem; border: 1px dashed var(--line-strong); border-radius: 1.25rem; }
}
@media (max-width: 30rem) { body { background: var(--card); } }`;

export const consentStyle = `${ground}${consent}`.trim();

const tryPage = `
.page { width: 100%; max-width: 64rem; margin: 0 auto; padding: 2.5rem 1.25rem 3rem; }
.page, main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 2.25rem; }
section { scroll-margin-top: 1rem; }
header { display: grid; gap: 0.75rem; justify-items: start; max-width: 40rem; }
header h1 { font-size: clamp(1.75rem, 1.3rem + 2vw, 2.375rem); line-height: 1.15; letter-spacing: -0.028em; }
.lead { color: var(--soft); font-size: 1.0625rem; }
section > h2 { font-size: 1rem; font-weight: 600; color: var(--ink); }
section > h2 + * { margin-top: 0.875rem; }
.connect { display: flex; flex-wrap: wrap; gap: 0.625rem; }
.connect .button { height: 100%; gap: 0.3em; padding-inline: 1.125rem; }
section > .said + * { margin-top: 0.75rem; }
.said { padding: 0.75rem 1rem; border-radius: 0.75rem; background: var(--good-tint); color: var(--good); font-weight: 500; }
.said.bad { background: var(--bad-tint); color: var(--bad); }
.said a { text-decoration-color: currentColor; }
.connections { display: grid; gap: 0.75rem; }
.connection { display: grid; grid-template: "tile who status" "life life life" "act act act" / auto minmax(0, 1fr) auto; gap: 0.75rem 0.875rem; align-items: center; padding: 1rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--card); }
.connection .tile { width: 2.5rem; height: 2.5rem; }
.who { grid-area: who; display: grid; line-height: 1.35; min-width: 0; }
.who strong { font-weight: 600; }
.who span { color: var(--soft); font-size: 0.8125rem; }
.status { grid-area: status; align-self: start; padding: 0.1875rem 0.625rem; border-radius: 1rem; font-size: 0.75rem; font-weight: 600; white-space: nowrap; background: var(--raised); color: var(--soft); }
.status.good { background: var(--good-tint); color: var(--good); }
.status.warn { background: var(--warn-tint); color: var(--warn); }
.status.bad { background: var(--bad-tint); color: var(--bad); }
.life { grid-area: life; display: grid; gap: 0.5rem; }
.life p { color: var(--soft); font-size: 0.875rem; font-variant-numeric: tabular-nums; }
.life p b { color: var(--ink); font-weight: 550; }
.life .trouble { color: var(--warn); }
.left { width: 100%; height: 0.25rem; border-radius: 1rem; overflow: clip; appearance: none; border: 0; background: var(--line); }
.left::-webkit-progress-bar { background: var(--line); }
.left::-webkit-progress-value { background: var(--accent); border-radius: 1rem; }
.left::-moz-progress-bar { background: var(--accent); border-radius: 1rem; }
.act { grid-area: act; display: flex; flex-wrap: wrap; gap: 0.5rem; }
.act form { flex: 1 0 auto; }
.act .button { width: 100%; min-height: 2.75rem; padding: 0.25rem 0.75rem; white-space: nowrap; border-radius: 0.625rem; font-size: 0.875rem; }
.act [data-busy] .button { cursor: progress; opacity: 0.7; }
.empty { padding: 2.25rem 1.25rem; border: 1px dashed var(--line-strong); border-radius: 1rem; color: var(--soft); text-align: center; }
.stopped { color: var(--warn); font-size: 0.875rem; }
.shell { display: grid; gap: 0.75rem; }
.shell p { color: var(--soft); }
pre { margin: 0; padding: 0.875rem 1rem; border: 1px solid var(--line); border-radius: 0.75rem; background: var(--card); white-space: pre-wrap; word-break: break-all; }
pre code { user-select: all; }
.next { display: grid; gap: 0.375rem; }
@media (max-width: 30rem) {
  .connect { display: grid; grid-template-columns: 1fr 1fr; }
  .connect form:first-child { grid-column: 1 / -1; }
  .connect form:not(:first-child) .verb { display: none; }
  .connect .button { width: 100%; }
}
@media (min-width: 48rem) {
  .connection { grid-template: "tile who status act" ". life life life" / auto auto minmax(0, 1fr) auto; gap: 0.5rem 0.875rem; }
  .status { align-self: center; justify-self: start; }
  .act .button { min-height: 2.25rem; }
}`;

export const tryStyle = `${ground}${tryPage}`.trim();

const desk = `
.page { width: 100%; max-width: 52rem; margin: 0 auto; padding: 2.5rem 1.25rem 3rem; }
.page, main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem; }
header { display: grid; gap: 0.75rem; max-width: 40rem; }
.lead { color: var(--soft); }
section { display: grid; gap: 0.875rem; padding: 1.125rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--card); scroll-margin-top: 1rem; }
.asks { display: flex; gap: 0.75rem; align-items: center; }
section h2 { font-size: 1rem; font-weight: 600; color: var(--ink); }
section h2 code { color: var(--soft); font-weight: 400; }
dl { display: grid; gap: 0.125rem 1rem; }
dt { color: var(--soft); font-size: 0.8125rem; }
dd code { user-select: all; word-break: break-all; }
.said { color: var(--good); font-weight: 500; }
.faults { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.faults .button { min-height: 2.25rem; padding: 0.25rem 0.75rem; border-radius: 0.625rem; font-size: 0.875rem; }
@media (min-width: 40rem) { dl { grid-template-columns: 12rem minmax(0, 1fr); gap: 0.25rem 1rem; } }`;

export const deskStyle = `${ground}${desk}`.trim();
