import type { Egress } from '../egress/types.ts';
import { type AtprotoTools, createAtproto } from './atproto/index.ts';
import { createGetJson, type GetJson } from './get-json.ts';
import { createOAuth1 } from './oauth1/index.ts';
import { createOAuth2 } from './oauth2/index.ts';
import { createRegister, type Register } from './oauth2/register.ts';
import type { App, Protocol } from './types.ts';

/** How the platforms of all apps are spoken to. */
export interface Speech {
  protocolOf(app: App): Protocol;
  getJson: GetJson;
  /** Registers an app at an instance. */
  register: Register;
}

/** One implementation for each kind of protocol; what they remember (metadata, nonces) is their own. */
export const createSpeech = (egress: Egress, tools: AtprotoTools): Speech => {
  const protocols: Record<App['definition']['protocol']['kind'], Protocol> = {
    oauth2: createOAuth2(egress, tools),
    oauth1: createOAuth1(egress, tools),
    atproto: createAtproto(egress, tools),
  };
  const protocolOf = (app: App): Protocol => protocols[app.definition.protocol.kind];
  return {
    protocolOf,
    getJson: createGetJson(egress, tools.clock, protocolOf),
    register: createRegister(egress, tools.clock),
  };
};
