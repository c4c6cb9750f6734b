/** What a destination remembers of itself, as a value. Times are milliseconds since the epoch. */
import type { MoverUser } from './mover-spec.ts';

/** What a destination remembers of itself. Its annotations are read and written in one place, src/cluster/memory.ts. */
export interface Memory {
  /** the image that was proven, the short id that it holds, and that snapshot's time in the bucket */
  verified: { image: string; id: string; at: number | null } | null;
  /** where the repository is that holds the proven snapshot: an address, or `layout`; null = at the layout path, or not noted */
  verifiedAddress: string | null;
  /** the image that is said to be proven, whatever stands beside it: what the policies look at */
  provenImage: string | null;
  /** the last few proven images, newest first */
  provenImages: readonly { image: string; id: string }[];
  /** bytes that the last good image needs */
  restoreSize: number | null;
  suspect: { image: string; reason: string } | null;
  /** the newest short id for which an empty image was already replaced once */
  secondTry: string | null;
  /** the link of evidence that told its size */
  capacityFrom: string | null;
  /** uid of the claim that hangs on the larger image which this destination's replaced */
  hungOnLarger: string | null;
  /** when the sync of the current tag was asked for */
  askedAt: number | null;
  /** on an adopted destination: the short id that was asked for, whatever its tag has become since */
  askedFor: string | null;
  /** the repository that was asked for the image, as its address in one spelling; null = not known */
  askedAddress: string | null;
  /** version of the base credentials from which the repository credentials follow */
  baseVersion: string | null;
  missed: Missed | null;
  /** restores that have failed in a row; null = none */
  tries: Tries | null;
  mover: MoverUser | null;
  /** its mover spec was copied from a source, and outlives it */
  moverFrom: 'source' | null;
  /** uid of the one claim for which it was made empty on purpose */
  fresh: string | null;
  /** what a person accepts of it: the short id that it holds */
  accept: string | null;
  /** short id of the newest snapshot that is known, while it holds an older one */
  newest: string | null;
  /** so long claims are not filled from the older one */
  holdUntil: number | null;
  /** when the claim's next backup is due */
  nextBackup: number | null;
  /** when VolSync was last woken by a write */
  nudgedAt: number | null;
  /** further StorageClasses into which its image can be restored: the user's word, never written by us */
  classes: readonly string[];
}

/** The memory of a destination that is new. */
export const NO_MEMORY: Memory = {
  verified: null,
  verifiedAddress: null,
  provenImage: null,
  provenImages: [],
  restoreSize: null,
  suspect: null,
  secondTry: null,
  capacityFrom: null,
  hungOnLarger: null,
  askedAt: null,
  askedFor: null,
  askedAddress: null,
  baseVersion: null,
  missed: null,
  tries: null,
  mover: null,
  moverFrom: null,
  fresh: null,
  accept: null,
  newest: null,
  holdUntil: null,
  nextBackup: null,
  nudgedAt: null,
  classes: [],
};

/** Complete listings in a row that did not show a repository. */
export interface Missed {
  count: number;
  /** the start of the last of them */
  at: number;
}

/** Restores of one claim that have failed in a row, each taken out of VolSync's own endless retries. */
export interface Tries {
  count: number;
  /** when the last of them was given up */
  at: number;
  /** what it was tried with (snapshot, credentials, spec), as 8 hex digits: with anything else it is tried again at once */
  inputs: string;
  /** failed pods of the mover Job at that moment: only a further one is another failure */
  failed: number;
}
