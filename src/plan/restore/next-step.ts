/** What would bring one restore point up to date, once its wave has come: make it, ask again, change it or make it anew. */
import type { Action, DesiredDestination, NewestSnapshot } from '../../decisions.ts';
import type { Destination, Instant } from '../../model.ts';
import { ANNOTATION, parseTag, retryTag } from '../../naming.ts';
import { credentialsDrift } from './credentials.ts';
import { asked, versionOf, type Notes, type Wanted } from './desired.ts';
import { bytesOf, capacityOf, driftOf, hasTooLargeImage, wantedSpec, type Drift } from './wanted-spec.ts';
import { firstClosed } from './blockers.ts';
import { heldBy } from '../facts/contents.ts';
import type { Seen } from './restore-point.ts';
import { waits, type Context, type Situation } from '../facts/situation.ts';
import { IMAGE_MISSED, type ImageState } from '../facts/sync.ts';
import { shortId } from '../../restic/ids.ts';

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
const MISSED_WAITING = 60_000;

/** Decides for a claim whose backup is present; null = nothing is to be asked for, or a gate is closed. */
export function candidateOf(s: Situation, seen: Seen, asking: Asking): Candidate | null {
  const { context, newest, notes } = asking;
  const found = capacityOf(s, context.settings);
  // Between two retries a failing mover may be changed although a sync is in progress.
  const failing = seen.sync.state === 'syncing' && seen.sync.betweenRetries;
  const gate = failing ? firstClosed(s, context, 'sync-in-progress') : seen.gate;
  if (found === null || gate !== null) return null;
  const spec = wantedSpec(s, context.settings, found.capacity);
  const wanted: Wanted = { spec, capacityFrom: found.from, notes, manual: shortId(newest.id) };
  const step = stepFor(s, { seen, asking, wanted, failing });
  // A restore from a repository without a snapshot succeeds with an empty image: what is remembered is not enough.
  if (step === null || (step.syncs && !showsSnapshot(s))) return null;
  return { ...step, bytes: bytesOf(spec), priority: s.claimObject?.priority ?? 0, waits: waits(s) };
}

/** This very pass has seen a snapshot in the repository. */
function showsSnapshot({ probe, listed }: Situation): boolean {
  return listed.state === 'yes' && probe?.state === 'listed' && probe.snapshots.length > 0;
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
  if (it.seen.holding.state === 'empty') return it.seen.secondEmpty ? null : anew(s, destination, it, secondTry(it));
  const drift = driftOf(s, it.wanted.spec);
  if (drift === 'recreate' && !isBeingUsed(s))
    return anew(s, destination, it, it.seen.secondEmpty ? secondTry(it) : {});
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
function anew(s: Situation, destination: Destination, { asking, wanted }: Case, notes: Notes): Step {
  const desired: DesiredDestination = asked(
    s,
    asking.context,
    { ...wanted, notes: { ...notes, ...hungOnLarger(s) } },
    null,
  );
  const remove = versionOf(destination);
  return {
    adds: false,
    syncs: true,
    actions: [...credentialsDrift(s), { kind: 'recreate-destination', desired, remove }],
  };
}

/** An empty image of this snapshot has been replaced once: there is no third try, whatever else is made anew. */
function secondTry({ asking }: Case): Notes {
  return { [ANNOTATION.secondTry]: shortId(asking.newest.id) };
}

function adoption(s: Situation, destination: Destination, { seen, asking }: Case): Step | null {
  const manual = nextTag(s, seen, asking);
  if (manual === null) return null;
  const existing = versionOf(destination);
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
  if (image !== 'ready') return isLost(s, image, context.now) ? retryTag(id, current) : null;
  // Handed over to us without a tag: without a trigger VolSync syncs in an endless loop.
  if (current === null && s.destination?.managed === true) return id;
  return heldBy(holding) === id || parseTag(current)?.id === id ? null : id;
}

/** There is no image that could become usable by waiting. */
function isLost(s: Situation, image: Exclude<ImageState, 'ready'>, now: Instant): boolean {
  // A Direct image of ours is put right by its spec; somebody else's would only be made again.
  if (image === 'direct') return s.destination?.managed === true;
  if (image === 'not-ready') return now - (s.image?.createdAt ?? now) > READY_WITHIN;
  // The lists are not one moment: an image made in between is not in them. And one that keeps vanishing is not chased.
  return now - (s.destination?.lastSyncAt ?? 0) > (waits(s) ? MISSED_WAITING : IMAGE_MISSED);
}

/** A claim can be filled from the image right now: it is not taken from under it. */
function isBeingUsed(s: Situation): boolean {
  return waits(s) && s.image !== null && !hasTooLargeImage(s);
}

/** VolSync goes on with the image that it has begun with: the claim that waits has to be told, even when that image is gone. */
function hungOnLarger(s: Situation): Notes {
  const { claimObject: claim, destination } = s;
  const isNoted = claim !== null && destination?.annotations[ANNOTATION.hungOnLarger] === claim.uid;
  return claim !== null && (isNoted || hasTooLargeImage(s)) ? { [ANNOTATION.hungOnLarger]: claim.uid } : {};
}
