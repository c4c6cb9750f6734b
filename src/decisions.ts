/** Decisions as values: a plan can be printed, compared and tested, and applying it is a loop over it. */
import type { ClaimRef, DestinationSpec, Instant } from './model.ts';
import type { Origin } from './origin.ts';
import type { Reason } from './reasons.ts';
import type { Memory } from './memory.ts';
import type { SourceMemory, SourceSpec } from './source.ts';

export interface NewestSnapshot {
  /** the full id when the repository was probed in this run, else the short one */
  id: string;
  at: Instant | null;
}

export type Backup =
  | { state: 'present'; snapshots: number | null; newest: NewestSnapshot; reason: null }
  | { state: 'absent'; snapshots: number | null; newest: null; reason: Reason }
  | { state: 'unknown'; snapshots: null; newest: null; reason: Reason };

export type RestorePointState = 'warm' | 'stale' | 'warming' | 'cold' | 'suspect' | 'blocked';

export interface RestorePoint {
  state: RestorePointState;
  reason: Reason | null;
  /** name of the VolumeSnapshot (or PVC) that `latestImage` names */
  image: string | null;
  /** short id of the snapshot that the image is proven to hold */
  holds: string | null;
  /** newest snapshot minus held snapshot; null when one of them is not known */
  lagSeconds: number | null;
  /** whether the policy `restore` would attach it to a claim that is created now */
  admissible: boolean;
  /** 1 starts now; null = nothing to restore */
  wave: number | null;
}

/** The complete wanted state of a destination, because server-side apply removes what its owner leaves out. */
export interface DesiredDestination extends ClaimRef {
  /** null = it must not exist yet */
  existing: { uid: string; resourceVersion: string } | null;
  name: string;
  /** somebody else's: only its tag and our annotations are written, and its spec is left out */
  adopted: boolean;
  manual: string;
  /** VolSync makes no pod for it: the worker has taken a failing restore out of VolSync's retries */
  paused: boolean;
  memory: Memory;
  spec: DestinationSpec;
}

/** Who backs a claim up. */
export interface SourceReport {
  /** `planned`: a source of ours is about to be made */
  state: 'active' | 'planned' | 'none';
  reason: Reason | null;
  name: string | null;
  ours: boolean;
  schedule: string | null;
  /** how the claim began; null = not decided, or there is no claim */
  origin: Origin | null;
}

/** A source as it shall be. */
export interface DesiredSource extends ClaimRef {
  /** null = it must not exist yet */
  existing: { uid: string; resourceVersion: string } | null;
  /** a cron line; never a manual tag beside it */
  schedule: string;
  spec: SourceSpec;
  memory: SourceMemory;
  /** the size of its claim, a quantity */
  capacity: string | null;
  /** it has saved a snapshot */
  hasBackup: boolean;
}

export type Action =
  | ({ kind: 'create-credentials' | 'update-credentials'; keepPassword: boolean } & ClaimRef)
  | ({ kind: 'prove-password' } & ClaimRef)
  | {
      kind:
        | 'create-destination'
        | 'record-proof'
        | 'mark-suspect'
        | 'note-absence'
        | 'note-credentials'
        | 'note-newest'
        | 'nudge';
      desired: DesiredDestination;
    }
  | {
      kind: 'retrigger' | 'retrigger-adopted' | 'update-destination' | 'pause-destination';
      desired: DesiredDestination;
    }
  | { kind: 'recreate-destination'; desired: DesiredDestination; remove: { uid: string; resourceVersion: string } }
  | ({ kind: 'delete-destination'; remove: { uid: string; resourceVersion: string } } & ClaimRef)
  | ({ kind: 'create-source' | 'update-source' | 'unlock-source'; source: DesiredSource } & ClaimRef)
  /** on somebody else's that was handed over: nothing but these two is ever written there */
  | ({
      kind: 'unlock-adopted' | 'note-backup';
      name: string;
      existing: { uid: string; resourceVersion: string };
      unlock: string | null;
      hasBackup: boolean;
    } & ClaimRef)
  | ({ kind: 'delete-source'; remove: { uid: string; resourceVersion: string } } & ClaimRef)
  /** one backup now, for the command `backup` alone, and the end of it: a manual trigger, or none */
  | ({
      kind: 'request-backup' | 'release-source';
      of: { name: string; uid: string; resourceVersion: string };
      tag: string | null;
    } & ClaimRef)
  /** for the first claim in it; the labels beside our own */
  | ({ kind: 'create-namespace'; labels: Readonly<Record<string, string>> } & ClaimRef)
  /** a Warning event on a claim that waits for a person; `at` is cut to the hour, so that a repetition is no write */
  | ({ kind: 'warn-claim'; uid: string; reason: Reason; message: string; at: Instant } & ClaimRef);

export type ActionKind = Action['kind'];

/** One repository of a claim. */
export interface RepositoryReport {
  /** as restic writes it, without userinfo; null: its Secret holds no address */
  address: string | null;
  /** the one that the rest of the entry speaks of */
  primary: boolean;
  /** what this run has seen of it; `elsewhere`: it may not, or cannot, be asked */
  seen: 'listed' | 'not-looked' | 'failed' | 'elsewhere';
  newest: NewestSnapshot | null;
  /** names of the sources that write to it */
  sources: readonly string[];
}

export interface Entry extends ClaimRef {
  backup: Backup;
  /** all of the claim's, the primary one first */
  repositories: readonly RepositoryReport[];
  restorePoint: RestorePoint;
  source: SourceReport;
  /** in the order in which they must happen */
  actions: readonly Action[];
}

/** Something that a person should know, beside the state of a claim. */
export interface Finding {
  reason: Reason;
  /** what it is about: `<namespace>/<pvc>`, a namespace, a resource, the bucket */
  about: string;
  message: string;
  /** a claim is at stake, whatever the reason means elsewhere: exit 3 */
  risk?: true;
}

export interface Plan {
  at: Instant;
  /** whether every listing could be believed */
  complete: boolean;
  entries: readonly Entry[];
  findings: readonly Finding[];
  /** why the run writes nothing at all, or null */
  frozen: Reason | null;
}

/** The index as it shall be published. */
export interface PublishedIndex {
  /** keys about the index as a whole */
  about: Readonly<Record<string, string>>;
  /** by the claim's key in the index */
  entries: ReadonlyMap<string, string>;
}

/** The wanted state of one index object. */
export interface IndexWrite {
  shard: number;
  /** null = it must not exist yet */
  existing: { uid: string; resourceVersion: string } | null;
  /** all keys that are ours */
  parameters: Readonly<Record<string, string>>;
}

/** The outcome of one action. */
export type WriteResult =
  | { state: 'done'; changed: boolean }
  /** somebody else wrote in between, or owns the field: observe again */
  | { state: 'conflict'; message: string }
  | { state: 'failed'; message: string };
