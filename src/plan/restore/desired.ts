/** Wanted destinations, always complete, from the facts and from what an existing destination remembers. */
import type { DesiredDestination } from '../../decisions.ts';
import { destinationName } from '../../naming.ts';
import type { Destination, DestinationSpec } from '../../model.ts';
import { ownAddress } from '../facts/asked.ts';
import { hasOwnCredentials, type Context, type Situation } from '../facts/situation.ts';
import { followsBase } from './credentials.ts';
import { capacityOf, moverEvidence, wantedSpec, type CapacityLink } from './wanted-spec.ts';
import { NO_MEMORY, type Memory } from '../../memory.ts';

/** The changes to a destination's memory. */
export type Notes = Readonly<Partial<Memory>>;

/** The identity of the observed object, the precondition of every write to it. */
export function versionOf({ uid, resourceVersion }: Destination): { uid: string; resourceVersion: string } {
  return { uid, resourceVersion };
}

function whichOf(destination: Destination): Pick<DesiredDestination, 'existing' | 'name' | 'adopted'> {
  return { existing: versionOf(destination), name: destination.name, adopted: !destination.managed };
}

/** The unchanged destination with other notes. This write is safe at any time. */
export function annotated(destination: Destination, notes: Notes): DesiredDestination {
  return {
    namespace: destination.namespace,
    claim: destination.claim,
    ...whichOf(destination),
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

/** The wanted restore point, apart from its tag. */
export interface Wanted {
  spec: DestinationSpec;
  capacityFrom: CapacityLink;
  /** notes of the same pass, which the next write must not lose */
  notes: Notes;
}

/** The wanted restore point. Null: nothing shows the size, and --default-capacity is none. */
export function wantedOf(s: Situation, { settings }: Context, notes: Notes): Wanted | null {
  const found = capacityOf(s, settings);
  return found && { spec: wantedSpec(s, settings, found.capacity), capacityFrom: found.from, notes };
}

/** The wanted destination with this tag. It keeps its memory. */
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
    ...whichOf(destination),
    manual,
    paused: false,
    memory: {
      ...memory,
      ...wanted.notes,
      ...remembered(s, context),
      capacityFrom: capacityFrom === 'destination' ? (memory.capacityFrom ?? capacityFrom) : capacityFrom,
      ...(destination.manual !== manual && { askedAt: context.now, askedAddress: askedAddress(s) }),
    },
    // VolSync reads class and access modes when it makes the volume: they say what the volume has.
    spec: { ...wanted.spec, storageClass: destination.spec.storageClass, accessModes: destination.spec.accessModes },
  };
}

/** A new destination. The notes of the object that it replaces are dropped. */
export function fresh(
  s: Situation,
  { wanted, manual, context }: { wanted: Wanted; manual: string; context: Context },
): DesiredDestination {
  const { spec, capacityFrom, notes } = wanted;
  return {
    namespace: s.namespace,
    claim: s.claim,
    existing: null,
    name: destinationName(s.claim),
    adopted: false,
    manual,
    paused: false,
    memory: {
      ...NO_MEMORY,
      ...notes,
      ...remembered(s, context),
      capacityFrom,
      askedAt: context.now,
      askedAddress: askedAddress(s),
    },
    spec,
  };
}

/** The repository that is asked: our Secret names it, or is made to before the sync is asked for; null = it was not read. */
function askedAddress(s: Situation): string | null {
  return s.credentials === null || hasOwnCredentials(s) ? null : ownAddress(s);
}

/** What the claim and the credentials show now and a later run may not be able to see. */
function remembered(s: Situation, { settings, now }: Context): Notes {
  const { user, fromSource } = moverEvidence(s, settings);
  const { base } = s;
  return {
    ...(user !== null && { mover: user }),
    ...(fromSource && { moverFrom: 'source' as const }),
    ...(base !== null && base.content !== null && followsBase(s, now) && { baseVersion: base.version }),
  };
}
