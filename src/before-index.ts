/**
 * What is written before the index. Once the index names a newer snapshot it is known, and a run can be killed at any moment: from
 * then on no claim may be filled from an older image. So the writes that hold VolSync back come first: those that ask for the newest
 * snapshot carry the note, and only where a pass asks for nothing the note is a write of its own.
 */
import type { Action } from './decisions.ts';
import { keyOf } from './performed.ts';
import type { PlanResult } from './plan/plan.ts';

/** They carry what the policy `prime` reads. */
const HOLDING: readonly Action['kind'][] = ['retrigger', 'retrigger-adopted', 'note-newest'];
/** They change annotations alone: of the restore point, and the proof of its password. */
const NOTES: readonly Action['kind'][] = ['record-proof', 'mark-suspect', 'note-absence', 'nudge', 'prove-password'];

/** The chains of a pass, cut at the index. A chain whose first half has failed ends there. */
export interface Halves {
  before: readonly (readonly Action[])[];
  after: readonly (readonly Action[])[];
  /** notes for what was not asked for after all */
  holds: readonly Action[];
}

/** Cuts the work of one pass in two. Nothing is added to it but the notes of claims that nothing else holds back. */
export function halvesOf({ chains, holds }: Pick<PlanResult, 'chains' | 'holds'>): Halves {
  const before: (readonly Action[])[] = [];
  const after: (readonly Action[])[] = [];
  const held = new Set<string>();
  for (const chain of chains) {
    const cut = lastHolding(chain) + 1;
    const [first] = chain;
    if (cut > 0 && first !== undefined) held.add(keyOf(first));
    if (cut > 0) before.push(chain.slice(0, cut));
    if (cut < chain.length) after.push(chain.slice(cut));
  }
  const notes = holds.filter((hold) => !held.has(keyOf(hold))).map((hold) => [hold]);
  return { before: [...before, ...notes], after, holds };
}

/** Where the last one is that holds, if nothing but notes come before it; -1 = nowhere. */
function lastHolding(chain: readonly Action[]): number {
  const end = chain.findIndex(({ kind }) => !HOLDING.includes(kind) && !NOTES.includes(kind));
  const notes = end < 0 ? chain : chain.slice(0, end);
  return notes.findLastIndex(({ kind }) => HOLDING.includes(kind));
}

/** The second half without the chains whose first half was not done. */
export function unbroken(after: Halves['after'], broken: ReadonlySet<string>): Halves['after'] {
  return after.filter(([first]) => first === undefined || !broken.has(keyOf(first)));
}
