/** One claim on its way through the floors of the plan: each adds what it has decided, and nothing is worked out twice. */
import type { Action, Backup, RestorePoint } from '../../decisions.ts';
import type { Tries } from '../../memory.ts';
import type { Reason } from '../../reasons.ts';
import type { Situation } from '../facts/situation.ts';

/** Its facts, judged in the light of what may be believed today. */
export interface KnownClaim extends Situation {
  backup: Backup;
  /** why nothing is created or asked for, or null */
  blocker: Reason | null;
}

/** What would bring its restore point up to date, once its wave has come. */
export interface NextStep {
  actions: readonly Action[];
  /** makes a restore point where there was none: counts against --max-warm-bytes */
  adds: boolean;
  /** starts a sync, and so needs a place in a wave */
  syncs: boolean;
  /** size of the volume that the sync fills */
  bytes: number;
}

/** Why a claim that waits gets nothing without somebody's hand. */
export interface Trouble {
  reason: Reason;
  message: string;
}

export interface JudgedClaim extends KnownClaim {
  restorePoint: RestorePoint;
  /** its claim waits in vain */
  trouble: Trouble | null;
  nextStep: NextStep | null;
  /** restores that failed in a row, for the index to remember where no destination does */
  tries: Tries | null;
  /** what is done whatever the waves say, and then the next step's: in the order in which they must happen */
  actions: readonly Action[];
  /** those of `actions` that are done in this pass */
  now: readonly Action[];
}
