/** What --mode and --only permit. With `report` nothing is written, and everything is shown. */
import type { Action } from '../../decisions.ts';
import type { Settings } from '../../settings/settings.ts';

const CREATES: readonly Action['kind'][] = ['create-credentials', 'create-destination', 'create-source'];
const RETRIGGERS: readonly Action['kind'][] = ['retrigger', 'retrigger-adopted'];
const NOTES: readonly Action['kind'][] = [
  'record-proof',
  'mark-suspect',
  'note-absence',
  'note-credentials',
  'note-newest',
  'nudge',
  'prove-password',
];
/** What a renewed tag needs beside itself. */
const BESIDE_RETRIGGER: readonly Action['kind'][] = ['record-proof', 'mark-suspect', 'note-newest', 'nudge'];

type Mode = Pick<Settings, 'mode' | 'only'>;

/** Whether a run writes to the cluster at all. If not, it ends after one pass. */
export function mayWrite({ mode }: Mode): boolean {
  return mode !== 'report';
}

/** Whether a run publishes the index, warns on claims and marks the bucket. Only a run without restrictions may. */
export function mayTell({ mode }: Mode): boolean {
  return mode === 'sync';
}

/** Whether the plan may contain this kind of action. `report` shows everything. */
export function mayPlan({ kind }: Pick<Action, 'kind'>, { mode, only }: Mode): boolean {
  if (only === 'retrigger') return RETRIGGERS.includes(kind) || BESIDE_RETRIGGER.includes(kind);
  if (mode === 'create-only') return CREATES.includes(kind) || NOTES.includes(kind);
  return true;
}
