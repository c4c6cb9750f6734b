/** What `status` knows beside the view of a run: every claim, whatever its label says, and how its last backup went. */
import type { Instant } from './model.ts';
import type { ClusterFailure } from './failures.ts';

export interface ClaimSummary {
  namespace: string;
  claim: string;
  /** the value of the label `backup`; null: there is none */
  label: string | null;
  optedOut: boolean;
  phase: string;
  /** a quantity: what the volume has, else what was requested */
  size: string | null;
}

export interface SourceSummary {
  namespace: string;
  claim: string;
  name: string;
  result: string | null;
  lastSyncAt: Instant | null;
  /** short id of the snapshot that its last log says was saved */
  saved: string | null;
}

export interface Overview {
  /** by claim key */
  claims: ReadonlyMap<string, ClaimSummary>;
  /** by claim key: all that back the claim up */
  sources: ReadonlyMap<string, readonly SourceSummary[]>;
  failures: readonly ClusterFailure[];
}
