/** What --mode and --only permit, said once: in `report` nothing is written at all, and everything is shown. */
import type { Action } from '../../decisions.ts';
import type { Settings } from '../../settings/settings.ts';

const CREATES: readonly Action['kind'][] = ['create-credentials', 'create-destination'];
const RETRIGGERS: readonly Action['kind'][] = ['retrigger', 'retrigger-adopted'];
const NOTES: readonly Action['kind'][] = ['record-proof', 'mark-suspect', 'note-absence', 'note-credentials'];

type Mode = Pick<Settings, 'mode' | 'only'>;

/** Is anything written to the cluster at all? Without it, one look is a whole run. */
export function mayWrite({ mode }: Mode): boolean {
  return mode !== 'report';
}

/** Are the policies told, claims warned and the bucket marked? Only a run that does everything knows enough for it. */
export function mayTell({ mode }: Mode): boolean {
  return mode === 'sync';
}

/** Does the plan contain such an action? `report` shows everything. */
export function mayPlan({ kind }: Action, { mode, only }: Mode): boolean {
  if (only === 'retrigger') return RETRIGGERS.includes(kind) || kind === 'record-proof' || kind === 'mark-suspect';
  if (mode === 'create-only') return CREATES.includes(kind) || NOTES.includes(kind);
  return true;
}
