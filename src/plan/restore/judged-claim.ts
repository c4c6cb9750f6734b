/** One claim on its way through the floors of the plan. Each floor adds its decisions, and nothing is worked out twice. */
import type { Action, Backup, RestorePoint } from '../../decisions.ts';
import type { Tries } from '../../memory.ts';
import type { Reason } from '../../reasons.ts';
import type { Situation } from '../facts/situation.ts';

/** The facts about a claim, together with the verdict on its backup. */
export interface KnownClaim extends Situation {
  backup: Backup;
  /** why no restore is started, or null */
  blocker: Reason | null;
}

/** What would bring its restore point up to date, when its wave has come. */
export interface NextStep {
  actions: readonly Action[];
  /** what is done while its wave has not come */
  meanwhile: readonly Action[];
  /** makes a new restore point, which counts against --max-warm-bytes */
  adds: boolean;
  /** starts a sync, and so needs a place in a wave */
  syncs: boolean;
  /** size of the volume that the sync fills */
  bytes: number;
}

/** Why a claim that waits gets nothing until a person acts. */
export interface Trouble {
  reason: Reason;
  /** a fixed sentence: it stands in an event in the claim's own namespace */
  message: string;
  /** a server's own words, for the log only: they can name accounts and buckets */
  detail?: string;
  /** false: nothing may be wrong with it */
  risk?: boolean;
}

export interface JudgedClaim extends KnownClaim {
  restorePoint: RestorePoint;
  /** why the claim waits in vain, or null */
  trouble: Trouble | null;
  /** the note that is written when the run has to end before it could ask for what is newer, or null */
  hold: Action | null;
  nextStep: NextStep | null;
  /** restores that failed in a row, for the index to remember where no destination does */
  tries: Tries | null;
  /** actions independent of waves, then those of the next step, in the order in which they must happen */
  actions: readonly Action[];
  /** the part of `actions` that is done in this pass */
  now: readonly Action[];
}
