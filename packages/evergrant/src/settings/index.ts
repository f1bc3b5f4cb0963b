export { defineConfig, type EvergrantConfig, normaliseConfig, type ProviderConfig } from './config.ts';
export { describeSettings, type SettingDescription } from './describe.ts';
export { SettingsError } from './errors.ts';
export type { KeyProvider } from './key-provider.ts';
export { type LoadedSettings, type LoadOptions, loadSettings } from './load.ts';
export { type ParsedSettings, type ParseOptions, parseSettings } from './parse.ts';
export { defaultGroup, type TemporalConfig, type TemporalPayloadCodec, type TemporalSettings } from './temporal.ts';
export type { DatabaseSettings, LogLevel, ProviderSettings, Settings } from './types.ts';
export { isLoopback } from './url.ts';
