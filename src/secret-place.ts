/** What a run knows of the Secrets that sources and destinations name. */
import type { Address } from './restic/address.ts';

/** One Secret by its name. */
export interface SecretRef {
  namespace: string;
  secret: string;
}

/** What a Secret that a source or destination names says about a repository's place. Its values stay in the cluster room. */
export type SecretPlace =
  /** `shown` is the address for a person, without userinfo */
  | { state: 'read'; address: Address; shown: string }
  /** one that we wrote: at the layout path */
  | { state: 'ours' }
  | { state: 'absent' | 'failed'; message: string };
