/** What a source of ours keeps today: its tier's policy, or everything while somebody has to say what may go. */
import type { Instant, SnapshotObject } from '../../model.ts';
import type { Origin } from '../../origin.ts';
import type { Retain } from '../../retain.ts';
import { forgottenBy } from './forgotten.ts';
import { keepEverything, shortens } from './retention.ts';

/** Why everything is kept. */
export type KeepsAll = 'undecided' | 'doubtful' | 'came-back' | 'inherited' | 'not-ours' | 'shortened' | 'shared';

export interface Keeping {
  /** what the source is told */
  retain: Retain;
  /** the normal policy that is in force, to be remembered; null = none has ever been */
  established: Retain | null;
  why: KeepsAll | null;
  /** how many snapshots the normal policy would forget now; null = nobody has looked, or nothing is at stake */
  atStake: number | null;
}

export interface KeepingFacts {
  /** null = not decided */
  origin: Origin | null;
  /** how it began, or what follows on what it began with, is in doubt */
  doubtful: boolean;
  /** it started as it should, after a claim that did not: what that one has saved is there */
  cameBack: boolean;
  /** the claim's owner accepts its start, and the normal policy with it */
  accepted: boolean;
  /** the tier's policy by the settings of today */
  normal: Retain;
  /** the policy that has been in force for snapshots that a source of ours saved */
  established: Retain | null;
  /** a second writer saves into the repository */
  shared: boolean;
  /** sources of the claim that are not ours save into it, or have saved */
  others: boolean;
  /** the snapshots of this run's look */
  snapshots: readonly SnapshotObject[] | null;
}

/** Decides. What nobody has looked at, and what nobody has accepted, is kept. */
export function keepingOf(facts: KeepingFacts, now: Instant): Keeping {
  const { normal, established, snapshots } = facts;
  const why = reasonToKeep(facts);
  if (why === null) return { retain: normal, established: normal, why, atStake: null };
  const atStake = snapshots === null ? null : forgottenBy(normal, snapshots, now).length;
  // What was in force was so for snapshots of ours: a source that is made later must not go on with it over those of others.
  return { retain: keepEverything(normal), established: facts.others ? null : established, why, atStake };
}

function reasonToKeep(facts: KeepingFacts): KeepsAll | null {
  const { origin, doubtful, cameBack, accepted, normal, established, shared, others, snapshots } = facts;
  if (shared) return 'shared';
  if (accepted) return null;
  if (doubtful) return 'doubtful';
  if (others) return 'not-ours';
  if (cameBack) return 'came-back';
  if (origin === null) return 'undecided';
  if (established !== null) return shortens(established, normal) ? 'shortened' : null;
  // Nothing is there that anybody else could have saved.
  if (origin === 'fresh' || (snapshots !== null && snapshots.length === 0)) return null;
  return origin === 'inherited' ? 'inherited' : 'not-ours';
}
