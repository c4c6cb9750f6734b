/** Destinations as they shall be: always complete, computed from facts and from what they already say of themselves. */
import type { DesiredDestination } from '../../decisions.ts';
import { type Destination, type DestinationSpec } from '../../model.ts';
import type { Context, Situation } from '../facts/situation.ts';
import { passwordChanged } from './credentials.ts';
import { capacityOf, moverEvidence, wantedSpec, type CapacityLink } from './wanted-spec.ts';
import { NO_MEMORY, type Memory } from '../../memory.ts';

/** What changes of a destination's memory. */
export type Notes = Readonly<Partial<Memory>>;

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
    paused: isPausedByUs(destination),
    memory: { ...destination.memory, ...notes },
    spec: destination.spec,
  };
}

/** Only after failures does the worker pause: any other pause is somebody's own, and stays theirs. */
function isPausedByUs({ paused, memory }: Destination): boolean {
  return paused && memory.tries !== null;
}

/** The restore point that the facts want, whatever its tag. */
export interface Wanted {
  spec: DestinationSpec;
  capacityFrom: CapacityLink;
  /** what is noted in the same pass, and must not be lost by the next write */
  notes: Notes;
}

/** What the facts want; null = nothing tells the size, and the setting says to wait. */
export function wantedOf(s: Situation, { settings }: Context, notes: Notes): Wanted | null {
  const found = capacityOf(s, settings);
  return found && { spec: wantedSpec(s, settings, found.capacity), capacityFrom: found.from, notes };
}

/** The destination as the facts want it, with this tag; it remembers what it has remembered. */
export function renewed(
  s: Situation,
  destination: Destination,
  { wanted, manual, context }: { wanted: Wanted; manual: string; context: Context },
): DesiredDestination {
  const { memory } = destination;
  const { capacityFrom } = wanted;
  return {
    namespace: s.namespace,
    claim: s.claim,
    existing: versionOf(destination),
    manual,
    paused: false,
    memory: {
      ...memory,
      ...wanted.notes,
      ...remembered(s, context),
      capacityFrom: capacityFrom === 'destination' ? (memory.capacityFrom ?? capacityFrom) : capacityFrom,
      askedAt: destination.manual === manual ? memory.askedAt : context.now,
    },
    spec: wanted.spec,
  };
}

/** A new destination. Old notes go with the object that it replaces. */
export function fresh(
  s: Situation,
  { wanted, manual, context }: { wanted: Wanted; manual: string; context: Context },
): DesiredDestination {
  const { spec, capacityFrom, notes } = wanted;
  return {
    namespace: s.namespace,
    claim: s.claim,
    existing: null,
    manual,
    paused: false,
    memory: { ...NO_MEMORY, ...notes, ...remembered(s, context), capacityFrom, askedAt: context.now },
    spec,
  };
}

/** What claim and credentials told, and what a later run may not be able to see. */
function remembered(s: Situation, { settings }: Context): Notes {
  const { user, fromSource } = moverEvidence(s, settings);
  const { base } = s;
  return {
    ...(user !== null && { mover: user }),
    ...(fromSource && { moverFrom: 'source' as const }),
    ...(base !== null && base.content !== null && !passwordChanged(s) && { baseVersion: base.version }),
  };
}
