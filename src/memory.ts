/** What a destination remembers of itself, as a value. Times are milliseconds since the epoch. */
import type { MoverUser } from './mover-spec.ts';

/** What a destination remembers of itself. Its annotations are read and written in one place, src/cluster/memory.ts. */
export interface Memory {
  /** the image that was proven, the short id that it holds, and that snapshot's time in the bucket */
  verified: { image: string; id: string; at: number | null } | null;
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
  /** version of the base credentials from which the repository credentials follow */
  baseVersion: string | null;
  missed: Missed | null;
  /** restores that have failed in a row; null = none */
  tries: Tries | null;
  mover: MoverUser | null;
  /** its mover spec was copied from a source, and outlives it */
  moverFrom: 'source' | null;
  /** further StorageClasses into which its image can be restored: the user's word, never written by us */
  classes: readonly string[];
}

/** The memory of a destination that is new. */
export const NO_MEMORY: Memory = {
  verified: null,
  provenImages: [],
  restoreSize: null,
  suspect: null,
  secondTry: null,
  capacityFrom: null,
  hungOnLarger: null,
  askedAt: null,
  baseVersion: null,
  missed: null,
  tries: null,
  mover: null,
  moverFrom: null,
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
