import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `npm run dev -w evergrant-dashboard` finds the API. */
const service = process.env['EVERGRANT_URL'] ?? 'http://localhost:3000';

export default defineConfig({
  // The server puts the path of PUBLIC_URL before it.
  base: './',
  plugins: [react()],
  build: {
    // Whatever runs the newest of React's needs no older syntax.
    target: 'es2022',
    modulePreload: { polyfill: false },
    // An inlined file would be one that the Content-Security-Policy does not know.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '^/(v1|session|connect|integrations|sandbox|reconnect|errors)(/|$)': service } },
});
