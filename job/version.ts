/** The version, from package.json: one place for people, the user agent and the bundle. */
import manifest from '../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;
