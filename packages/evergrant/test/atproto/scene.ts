import { startHarness } from '../security/support.ts';
import { type Account, createNetwork } from './network.ts';

/** Evergrant in this process with a network to connect to. */
export const startScene = async ({ publicUrl }: { publicUrl?: string } = {}) => {
  const harness = await startHarness({ ...(publicUrl ? { publicUrl } : {}) });
  const network = await createNetwork({
    canaries: harness.canaries,
    now: () => harness.clock.now(),
    async fetchDocument(url) {
      const answer = await fetch(harness.listening + new URL(url).pathname);
      if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
      return answer.json();
    },
  });
  await harness.restart({ providers: { bluesky: network.settings } });

  const begin = (input: Record<string, unknown>) => harness.begin({ provider: 'bluesky', ...input });

  /** From the link to the end of the flow, signed in as `as`. */
  const signIn = async (
    input: Record<string, unknown>,
    as: Parameters<typeof network.issuer.consent>[1],
    issuer = network.issuer,
  ) => {
    const { started, authorizationUrl, browser } = await begin(input);
    const page = await browser.follow(issuer.consent(authorizationUrl, as));
    return { flow: await harness.flow(started.id), page, authorizationUrl };
  };

  const connect = async (account: Account, input: Record<string, unknown> = {}) => {
    const { flow } = await signIn({ instance: account.handle, ...input }, account);
    if (flow.status !== 'connected') throw new Error(`The flow ended as ${JSON.stringify(flow.error)}`);
    return flow.connections[0]!;
  };

  return {
    harness,
    network,
    begin,
    signIn,
    connect,
    refresh: (id: string) => harness.api('POST', `/v1/connections/${id}/refresh`),
    async [Symbol.asyncDispose]() {
      await harness[Symbol.asyncDispose]();
      await network.close();
    },
  };
};
