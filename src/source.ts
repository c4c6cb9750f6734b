/** A ReplicationSource as the program sees it: what it is told to do, how its last sync went, and what we have written on it. */
import type { MoverSpec } from './mover-spec.ts';
import type { OriginMemory } from './origin.ts';
import type { Retain } from './retain.ts';

export interface Source {
  namespace: string;
  name: string;
  /** the claim that it backs up */
  claim: string;
  uid: string;
  resourceVersion: string;
  createdAt: number | null;
  deleting: boolean;
  /** the Secret that its restic mover names; empty with another mover */
  secret: string;
  /** ours: our label and the name `<pvc>-backup` */
  managed: boolean;
  /** somebody else's, whose owner lets us unlock and trigger it */
  adopted: boolean;
  mover: 'restic' | 'other';
  paused: boolean;
  manual: string | null;
  schedule: string | null;
  lastManualSync: string | null;
  lastSyncStartAt: number | null;
  lastSyncAt: number | null;
  lastSyncSeconds: number | null;
  nextSyncAt: number | null;
  moverResult: 'Successful' | 'Failed' | null;
  moverLogs: string;
  lastUnlocked: string | null;
  spec: SourceSpec;
  memory: SourceMemory;
  /** our annotation says that it has saved a snapshot */
  hasBackup: boolean;
  /**
   * The size of its claim by our own annotation. Its spec's capacity, class and access modes are those of the copy that
   * VolSync makes of the volume, and say nothing about the claim.
   */
  capacity: string | null;
}

/** The fields of a restic source that we set, its trigger aside. */
export interface SourceSpec {
  repository: string;
  copyMethod: string;
  retain: Retain | null;
  pruneIntervalDays: number | null;
  unlock: string | null;
  snapshotClass: string | null;
  moverSpec: MoverSpec;
}

/** What a source of ours remembers. Its annotations are read and written in src/cluster/source.ts. */
export interface SourceMemory {
  /** UID of the claim that it was made for: it does not outlive it. Of somebody else's, the claim that owns it */
  claimUid: string | null;
  origin: OriginMemory | null;
  /** the normal policy that is in force; a shorter one waits for an acceptance */
  retain: Retain | null;
  /** why it keeps everything, or null */
  keeps: string | null;
  /** what a pod of the claim runs as, looked at once: `uid:gid:fsGroup`, or `none` */
  podUser: string | null;
  /** version of the base credentials from which the repository credentials follow */
  baseVersion: string | null;
  /** names of the mover's fields that we have set: what we do not want any more is removed, what others set stays */
  setFields: readonly string[];
  /** names of those among them that come from evidence, and so are not the settings' affair */
  carried: readonly string[];
}

export const NO_SOURCE_MEMORY: SourceMemory = {
  claimUid: null,
  origin: null,
  retain: null,
  keeps: null,
  podUser: null,
  baseVersion: null,
  setFields: [],
  carried: [],
};
