import type { AnyDefinition } from '../../providers/define.ts';
import { Findings } from './findings.ts';

/** The headings of every page about a provider, in their order. */
export const pageHeadings = [
  'Set up the app',
  'Scopes',
  'How the token lives',
  'Accounts',
  'Errors worth knowing',
  'Limits',
  'What is unconfirmed',
  'Sources',
];

/** What is missing on a provider's page. */
export const checkPage = ({ id, scopes, facts }: AnyDefinition, page: string): string[] => {
  const findings = new Findings();
  const must = (text: string, what: string) => {
    if (!page.includes(text)) findings.say(`the page lacks ${what}: ${text}`);
  };
  must(`https://YOUR-HOST/integrations/social/${id}\n`, 'the redirect URI, on a line of its own');
  findings.expect(
    'the headings of the page',
    [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading),
    pageHeadings,
  );
  if (facts) must(facts.date, 'the date of the facts');
  for (const scope of [...scopes.required, ...(scopes.optional ?? [])]) {
    must(`\`${scope.slice(scope.lastIndexOf('/') + 1)}\``, 'a scope');
  }
  return findings.sentences;
};
