/** Destinations as they shall be: always complete, computed from facts and from what they already say of themselves. */
import type { DesiredDestination } from '../../decisions.ts';
import type { Destination, DestinationSpec } from '../../model.ts';
import { formatMoverUser } from '../../mover-user.ts';
import { ANNOTATION } from '../../naming.ts';
import type { CapacityLink } from './wanted-spec.ts';
import { moverEvidence } from './wanted-spec.ts';
import { passwordChanged } from './credentials.ts';
import type { Context, Situation } from '../facts/situation.ts';

/** What changes on the annotations: null removes one. */
export type Notes = Readonly<Record<string, string | null>>;

/** What identifies the very object that was looked at: the precondition of every write to it. */
export function versionOf({ uid, resourceVersion }: Destination): { uid: string; resourceVersion: string } {
  return { uid, resourceVersion };
}

/** The destination as it is, with other notes: the write that is safe at any time. */
export function annotated(destination: Destination, notes: Notes): DesiredDestination {
  return {
    namespace: destination.namespace,
    claim: destination.claim,
    existing: versionOf(destination),
    manual: destination.manual ?? '',
    annotations: merge(destination.annotations, notes),
    spec: destination.spec,
  };
}

export interface Wanted {
  manual: string;
  spec: DestinationSpec;
  capacityFrom: CapacityLink;
  notes: Notes;
}

/** The destination as the facts want it, asked for with this tag. `existing` null makes a new one, without old notes. */
export function asked(
  s: Situation,
  context: Context,
  wanted: Wanted,
  existing: Destination | null,
): DesiredDestination {
  const { user, fromSource } = moverEvidence(s, context.settings);
  const renewed = existing?.manual !== wanted.manual;
  const notes: Notes = {
    ...wanted.notes,
    [ANNOTATION.capacityFrom]:
      existing !== null && wanted.capacityFrom === 'destination'
        ? (existing.annotations[ANNOTATION.capacityFrom] ?? 'destination')
        : wanted.capacityFrom,
    ...(renewed && { [ANNOTATION.askedAt]: new Date(context.now).toISOString() }),
    ...(user !== null && { [ANNOTATION.mover]: formatMoverUser(user) }),
    ...(fromSource && { [ANNOTATION.moverFrom]: 'source' }),
    ...(s.base !== null &&
      s.base.content !== null &&
      !passwordChanged(s) && { [ANNOTATION.baseVersion]: s.base.version }),
  };
  return {
    namespace: s.namespace,
    claim: s.claim,
    existing: existing && versionOf(existing),
    manual: wanted.manual,
    annotations: merge(existing?.annotations ?? {}, notes),
    spec: wanted.spec,
  };
}

function merge(annotations: Readonly<Record<string, string>>, notes: Notes): Record<string, string> {
  const merged = { ...annotations, ...notes };
  const kept = Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== null);
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}
