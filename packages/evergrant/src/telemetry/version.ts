import manifest from '../../package.json' with { type: 'json' };

/** The version of this package, as its manifest says it. */
export const version: string = manifest.version;
