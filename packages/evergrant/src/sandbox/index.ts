export { builtinPlatform, builtinPlatforms, configFor } from './builtin.ts';
export { createDesk, type DeskEntry } from './desk/index.ts';
export { canSimulate } from './platform.ts';
export { createSandbox } from './sandbox.ts';
export { sandboxPlatform } from './sandbox-provider.ts';
export { tokenId } from './tokens.ts';
export { type ConnectionView, createTryPage, type EvergrantForTrying, type TryPageOptions } from './try/index.ts';
export type * from './types.ts';
