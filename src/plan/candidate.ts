/** What would bring one restore point up to date, once its wave has come: make it, ask again, change it or make it anew. */
import type { Action, DesiredDestination, NewestSnapshot } from '../decisions.ts';
import type { Destination } from '../model.ts';
import { ANNOTATION, parseTag, retryTag, shortId, tagFor } from '../naming.ts';
import { credentialsDrift } from './credentials.ts';
import { asked, type Notes, type Wanted } from './desired.ts';
import { bytesOf, capacityOf, driftOf, wantedSpec, type Drift } from './evidence.ts';
import { firstClosed } from './gates.ts';
import { heldBy } from './holding.ts';
import type { Seen } from './restore-point.ts';
import { waits, type Context, type Situation } from './situation.ts';

export interface Candidate extends Step {
  bytes: number;
  priority: number;
  waits: boolean;
}

interface Step {
  actions: readonly Action[];
  /** makes a restore point where there was none: counts against --max-warm-bytes */
  adds: boolean;
  /** starts a sync, and so needs a place in a wave */
  syncs: boolean;
}

export interface Asking {
  context: Context;
  newest: NewestSnapshot;
  /** what is noted in the same pass, and must not be lost by the next write */
  notes: Notes;
}

/** An image that is not ready after so long will not become ready. */
const READY_WITHIN = 10 * 60_000;

/** Decides for a claim whose backup is present; null = nothing is to be asked for, or a gate is closed. */
export function candidateOf(s: Situation, seen: Seen, asking: Asking): Candidate | null {
  const { context, newest, notes } = asking;
  const found = capacityOf(s, context.settings);
  // Between two retries a failing mover may be changed although a sync is in progress.
  const failing = seen.sync.state === 'syncing' && seen.sync.betweenRetries;
  const gate = failing ? firstClosed(s, context, 'sync-in-progress') : seen.gate;
  if (found === null || gate !== null) return null;
  const spec = wantedSpec(s, context.settings, found.capacity);
  const wanted: Wanted = { spec, capacityFrom: found.from, notes, manual: tagFor(newest.id) };
  const step = stepFor(s, { seen, asking, wanted, failing });
  return step && { ...step, bytes: bytesOf(spec), priority: s.claimObject?.priority ?? 0, waits: waits(s) };
}

interface Case {
  seen: Seen;
  asking: Asking;
  wanted: Wanted;
  failing: boolean;
}

function stepFor(s: Situation, it: Case): Step | null {
  const { destination } = s;
  if (destination === null) {
    const desired = asked(s, it.asking.context, it.wanted, null);
    return { adds: true, syncs: true, actions: [...credentialsDrift(s), { kind: 'create-destination', desired }] };
  }
  if (!destination.managed) return it.failing ? null : adoption(s, destination, it);
  if (it.seen.holding.state === 'empty')
    return it.seen.secondEmpty ? null : anew(s, it, { [ANNOTATION.secondTry]: shortId(it.asking.newest.id) });
  const drift = driftOf(s, it.wanted.spec);
  if (drift === 'recreate' && !isBeingUsed(s)) return anew(s, it, {});
  return it.failing
    ? change(s, destination, it, drift)
    : (again(s, destination, it) ?? change(s, destination, it, drift));
}

/** Asks for the newest snapshot; the spec is brought up to date in the same write. */
function again(s: Situation, destination: Destination, { seen, asking, wanted }: Case): Step | null {
  const manual = nextTag(s, seen, asking);
  if (manual === null) return null;
  const desired = asked(s, asking.context, { ...wanted, manual }, destination);
  return { adds: false, syncs: true, actions: [{ kind: 'retrigger', desired }] };
}

function change(s: Situation, destination: Destination, { asking, wanted }: Case, drift: Drift): Step | null {
  if (drift !== 'update') return null;
  const desired = asked(s, asking.context, { ...wanted, manual: destination.manual ?? wanted.manual }, destination);
  return { adds: false, syncs: false, actions: [{ kind: 'update-destination', desired }] };
}

/** Deletes and creates in one step, so that a run that is cut short leaves the smallest gap. Old notes go with the object. */
function anew(s: Situation, { asking, wanted }: Case, notes: Notes): Step {
  const desired: DesiredDestination = asked(s, asking.context, { ...wanted, notes }, null);
  const remove = { uid: s.destination?.uid ?? '', resourceVersion: s.destination?.resourceVersion ?? '' };
  return {
    adds: false,
    syncs: true,
    actions: [...credentialsDrift(s), { kind: 'recreate-destination', desired, remove }],
  };
}

function adoption(s: Situation, destination: Destination, { seen, asking }: Case): Step | null {
  const manual = nextTag(s, seen, asking);
  if (manual === null) return null;
  const existing = { uid: destination.uid, resourceVersion: destination.resourceVersion };
  return {
    adds: false,
    syncs: true,
    actions: [{ kind: 'retrigger-adopted', namespace: s.namespace, claim: s.claim, manual, existing }],
  };
}

/** The tag to ask with, or null: never the same snapshot twice, but a lost image is asked for again. */
function nextTag(s: Situation, { image, holding }: Seen, { newest, context }: Asking): string | null {
  const id = shortId(newest.id);
  const current = s.destination?.manual ?? null;
  switch (image) {
    case 'none':
    case 'missing':
      return retryTag(id, current);
    case 'direct':
      // Ours is put right by its spec; somebody else's would only make another one.
      return s.destination?.managed === true ? retryTag(id, current) : null;
    case 'not-ready':
      return context.now - (s.image?.createdAt ?? context.now) > READY_WITHIN ? retryTag(id, current) : null;
    case 'ready':
      return heldBy(holding) === id || parseTag(current)?.id === id ? null : tagFor(id);
  }
}

/** A claim can be filled from the image right now: it is not taken from under it. */
function isBeingUsed(s: Situation): boolean {
  const fits =
    bytesOf({ capacity: s.image?.restoreSize ?? null }) <= bytesOf({ capacity: s.claimObject?.request ?? null });
  return waits(s) && s.image !== null && fits;
}
