import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { Problem } from './api/client.ts';
import { App } from './app.tsx';
import { base } from './lib/base.ts';
import { applyTheme } from './lib/theme.ts';
import './style/index.css';

applyTheme();

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError(error, { queryKey }) {
      // Whatever finds the session ended, all pages give way to the sign-in; what was shown is forgotten.
      if (!(error instanceof Problem && error.endsSession) || queryKey[0] === 'session') return;
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
      void client.resetQueries({ queryKey: ['session'] });
    },
  }),
  defaultOptions: {
    // Whoever is offline is told so, instead of waiting without a word: the server may well be on the same computer.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      staleTime: 5000,
      retry: (count, error) => error instanceof Problem && error.isPassing && count < 2,
    },
  },
});

createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={client}>
    <Router base={base}>
      <App />
    </Router>
  </QueryClientProvider>,
);
