import type { ProviderConfig } from 'evergrant';

const { LINKEDIN_CLIENT_ID: clientId, LINKEDIN_CLIENT_SECRET: clientSecret, SANDBOX_URL } = process.env;

/** Where the simulated platforms are: `npm start` in the root of the repository serves them here. */
const sandbox = `${SANDBOX_URL ?? 'http://localhost:3000/sandbox'}/linkedin`;

/** Your app at LinkedIn, or while you have none the simulated LinkedIn. An application of yours needs the first line. */
export const linkedin: ProviderConfig = clientId
  ? { clientId, clientSecret }
  : {
      clientId: 'sandbox-linkedin-client',
      clientSecret: 'sandbox-linkedin-secret',
      // Whatever would go to the address on the left goes to the one on the right.
      origins: {
        'https://www.linkedin.com': `${sandbox}/www.linkedin.com`,
        'https://api.linkedin.com': `${sandbox}/api.linkedin.com`,
      },
    };

/** Where the examples call LinkedIn's API. */
export const linkedinApi = clientId ? 'https://api.linkedin.com' : `${sandbox}/api.linkedin.com`;
