/**
 * Repositories that are not at `<namespace>/<pvc>`: `<bucket>/<app>` is common. In such a folder restic's own names stand
 * where the names of claims should be.
 */
import type { Listing } from './listing.ts';

/** What restic keeps in a repository: the file `config`, and these folders. */
const OWN_NAMES: ReadonlySet<string> = new Set(['config', 'data', 'index', 'keys', 'locks', 'snapshots']);

/** Whether this name can be a folder or file of a repository instead of a claim. */
export function isOwnName(name: string): boolean {
  return OWN_NAMES.has(name);
}

/** Whether this folder is a repository: it holds `config`, and `keys/` or `snapshots/`. */
export function isRepository({ folders, objects }: Pick<Listing, 'folders' | 'objects'>): boolean {
  const hasConfig = objects.some(({ name }) => name === 'config');
  return hasConfig && (folders.includes('keys') || folders.includes('snapshots'));
}

/** restic spreads its data over the folders `data/00` to `data/ff`. */
export function isShardOfData(name: string): boolean {
  return /^[0-9a-f]{2}$/.test(name);
}
