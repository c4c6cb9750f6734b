/** The index as types: what the last published run knew, as the objects in the cluster say it. Times are milliseconds. */
import type { Missed, Tries } from './memory.ts';
import type { OriginMemory } from './origin.ts';
import type { Retain } from './retain.ts';
import type { Reason } from './reasons.ts';
import type { SecretPlace } from './secret-place.ts';
import type { IndexWord } from './reasons/consequences.ts';

/** What the last run that published knew of one backup. */
export interface IndexEntry {
  word: IndexWord;
  restorePoint: string;
  reason: string | null;
  /** short id of the newest snapshot */
  id: string;
  at: number | null;
  /** complete listings in a row that did not show it, and the start of the last one */
  missed: Missed;
  /** restores that have failed in a row, while there is no destination that could remember them */
  tries: Tries | null;
  /** address of the repository that a Secret named, to compare; null = the layout path */
  repository: string | null;
  /** how its claim began */
  origin: OriginMemory | null;
  /** the normal retention of the source of ours that saves into it */
  keep: Retain | null;
  /** digest of the claim record that was written last */
  recorded: string | null;
  /** as it was written: what cannot be judged anew is kept word for word */
  value: string;
}

/** One index object. */
export interface IndexShard {
  number: number;
  uid: string;
  resourceVersion: string;
  /** carries the label that the policies select by */
  selected: boolean;
  parameters: Readonly<Record<string, string>>;
  /** keys that somebody else wrote: leaving them out of an apply does not remove them */
  foreign: readonly string[];
}

/** All index objects together. */
export interface IndexView {
  /** by number; empty = there is none */
  shards: readonly IndexShard[];
  /** by claim key */
  entries: ReadonlyMap<string, IndexEntry>;
  /** the start of the oldest listing in it; null = never written, or not readable */
  generatedAt: number | null;
  /** the start of each object's listing, as far as it can be read */
  listedAt: readonly number[];
  /** the start of the first published listing; null = never published by a version that wrote it */
  since: number | null;
  /** what was read in Secrets that sources and destinations name, by `<namespace>/<secret>` */
  places: ReadonlyMap<string, SecretPlace>;
  unknownNamespaces: ReadonlySet<string>;
  bucketUnmarked: boolean;
  /** why the run that wrote it last wrote nothing else; null = it was free to write */
  frozen: Reason | null;
  /** the place that was listed; null = written by a version that did not say */
  bucket: string | null;
  /** what was read of the bucket's marker, as it stands there; null = a run has to read it */
  marker: string | null;
  /** the `gate` policy is installed and cannot read it: an object, or its label, is not there */
  lost: boolean;
}
