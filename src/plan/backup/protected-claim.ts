/** One claim after the backup side has looked at it: who backs it up, how it began, and what its source keeps. */
import type { Action, SourceReport } from '../../decisions.ts';
import type { Origin, OriginMemory } from '../../origin.ts';
import type { Retain } from '../../retain.ts';
import type { JudgedClaim } from '../restore/judged-claim.ts';
import type { Keeping } from './keeping.ts';

export interface Protection {
  /** how its claim began; null = not decided, or there is no claim */
  began: Origin | null;
  /** its owner has accepted how it began */
  accepted: boolean;
  /** what is remembered of it in the index */
  origin: OriginMemory | null;
  /** the normal retention that is in force, for the index */
  keep: Retain | null;
  /** digest of the claim record that was written last, for the index */
  recorded: string | null;
  /** what the source of ours keeps, or would; null = there is no reason for one */
  keeping: Keeping | null;
  source: SourceReport;
  /** changes that wait for no place */
  upkeep: readonly Action[];
  /** makes the source, whose first backup takes a place; null = none is to be made */
  first: readonly Action[] | null;
}

export interface ProtectedClaim extends JudgedClaim {
  protection: Protection;
}
