import manifest from '../package.json' with { type: 'json' }

/** Of package.json, which the release sets. */
export const VERSION: string = manifest.version
