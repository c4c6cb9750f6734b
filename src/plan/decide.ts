/** One claim: from what is known to what is done about it. Waves come after, when all claims are known. */
import type { Action, Backup, DesiredDestination, Entry, NewestSnapshot } from '../model.ts';
import { ANNOTATION, parseTag, retryTag, shortId, tagFor } from '../naming.ts';
import { backupOf } from './backup.ts';
import { asked, type Notes } from './desired.ts';
import { bytesOf, capacityOf, driftOf, wantedSpec } from './evidence.ts';
import { firstClosed, passwordChanged } from './gates.ts';
import { holdingOf } from './holding.ts';
import { emptyTwice, notesOf } from './notes.ts';
import { restorePointOf, type Seen } from './restore-point.ts';
import { waits, type Context, type Situation } from './situation.ts';
import { imageStateOf, syncOf } from './sync.ts';

/** What would start a sync, once its wave has come. */
export interface Candidate {
  actions: readonly Action[];
  bytes: number;
  priority: number;
  waits: boolean;
  /** makes a restore point where there was none: counts against --max-warm-bytes */
  adds: boolean;
  /** starts a sync, and so needs a place in a wave */
  syncs: boolean;
}

export interface Draft {
  entry: Entry;
  situation: Situation;
  seen: Seen;
  candidate: Candidate | null;
}

/** An image that is not ready after so long will not become ready. */
const READY_WITHIN = 10 * 60_000;

/** Decides on one claim. Pure: equal input, equal answer. */
export function decide(s: Situation, context: Context): Draft {
  const seen = look(s, context);
  const restorePoint = { ...restorePointOf(s, seen), ...(context.blind !== null && { state: 'cold', reason: context.blind } as const) };
  const draft = { entry: { namespace: s.namespace, claim: s.claim, backup: seen.backup, restorePoint, source: null, actions: [] }, situation: s, seen, candidate: null };
  if (context.frozen !== null || seen.backup.state === 'unknown') return draft;
  const noted = notesOf(s, seen, context);
  const before = [...(noted === null ? [] : [noted.action]), ...upkeep(s, seen, context)];
  const candidate = seen.backup.state === 'present' ? candidateFor(s, seen, { context, newest: seen.backup.newest, notes: noted?.notes ?? {} }) : null;
  return { ...draft, entry: { ...draft.entry, actions: before }, candidate };
}

function look(s: Situation, context: Context): Seen {
  const backup: Backup = backupOf(s, context);
  const sync = syncOf(s, context.now);
  const holding = holdingOf(s, sync);
  return {
    backup,
    sync,
    image: imageStateOf(s),
    holding,
    gate: firstClosed(s, context),
    secondEmpty: emptyTwice(s, backup.newest),
  };
}

/** What is done beside syncing: credentials that follow their base, a mover that must be cured, leftovers. */
function upkeep(s: Situation, seen: Seen, context: Context): Action[] {
  const { destination: d } = s;
  if (d === null || !d.managed || !s.steered) return [];
  const ref = { namespace: s.namespace, claim: s.claim };
  const actions: Action[] = [];
  if (seen.backup.state === 'present' && isCredentialsDrift(s) && firstClosed(s, context, 'credentials-foreign') === null) {
    actions.push({ kind: s.credentials?.state === 'absent' ? 'create-credentials' : 'update-credentials', keepPassword: passwordChanged(s), ...ref });
  }
  const changeable = seen.sync.state === 'idle' || (seen.sync.state === 'syncing' && seen.sync.betweenRetries);
  const gone = seen.backup.state === 'absent' && (context.settings.prune || seen.holding.state === 'empty');
  if (gone && changeable && !d.deleting && !waits(s)) {
    actions.push({ kind: 'delete-destination', remove: { uid: d.uid, resourceVersion: d.resourceVersion }, ...ref });
  }
  return actions;
}

function isCredentialsDrift({ credentials, base }: Situation): boolean {
  if (base === null || base.content === null || credentials === null) return false;
  return credentials.state === 'absent' || (credentials.state === 'ours' && credentials.differs.some((key) => key !== 'RESTIC_PASSWORD'));
}

interface Asking {
  context: Context;
  newest: NewestSnapshot;
  notes: Notes;
}

function candidateFor(s: Situation, seen: Seen, asking: Asking): Candidate | null {
  const { context } = asking;
  const cure = cureFor(s, seen, asking);
  if (cure !== null) return cure;
  if (seen.gate !== null) return null;
  const found = capacityOf(s, context.settings);
  if (found === null) return null;
  const spec = wantedSpec(s, context.settings, found.capacity);
  const wanted = { spec, capacityFrom: found.from, notes: asking.notes };
  const rank = { bytes: bytesOf(spec), priority: s.claimObject?.priority ?? 0, waits: waits(s), syncs: true };
  const id = shortId(asking.newest.id);
  const d = s.destination;
  if (d === null) {
    const desired = asked(s, context, { ...wanted, manual: tagFor(id) }, null);
    return { ...rank, adds: true, actions: [...credentialActions(s), { kind: 'create-destination', desired }] };
  }
  if (!d.managed) return adopted(s, seen, asking, rank);
  if (seen.holding.state === 'empty') {
    if (seen.secondEmpty) return null;
    const desired = asked(s, context, { ...wanted, manual: tagFor(id), notes: { [ANNOTATION.secondTry]: id } }, null);
    return { ...rank, adds: false, actions: [recreate(s, desired)] };
  }
  const drift = driftOf(s, spec);
  if (drift === 'recreate' && !isBeingUsed(s)) {
    return { ...rank, adds: false, actions: [recreate(s, asked(s, context, { ...wanted, manual: tagFor(id), notes: {} }, null))] };
  }
  const manual = nextTag(s, seen, asking);
  if (manual !== null) return { ...rank, adds: false, actions: [{ kind: 'retrigger', desired: asked(s, context, { ...wanted, manual }, d) }] };
  if (drift !== 'update') return null;
  const desired = asked(s, context, { ...wanted, manual: d.manual ?? '' }, d);
  return { ...rank, adds: false, syncs: false, actions: [{ kind: 'update-destination', desired }] };
}

/** A failing mover between two retries may be changed, when the facts now say another user or size. */
function cureFor(s: Situation, seen: Seen, { context, notes }: Asking): Candidate | null {
  const d = s.destination;
  if (d === null || !d.managed || seen.sync.state !== 'syncing' || !seen.sync.betweenRetries) return null;
  if (firstClosed(s, context, 'sync-in-progress') !== null) return null;
  const found = capacityOf(s, context.settings);
  if (found === null) return null;
  const spec = wantedSpec(s, context.settings, found.capacity);
  const drift = driftOf(s, spec);
  if (drift === 'none') return null;
  const wanted = { spec, capacityFrom: found.from, notes, manual: d.manual ?? '' };
  const rank = { bytes: bytesOf(spec), priority: s.claimObject?.priority ?? 0, waits: waits(s), adds: false, syncs: false };
  if (drift === 'recreate') return { ...rank, actions: [recreate(s, asked(s, context, { ...wanted, notes: {} }, null))] };
  return { ...rank, actions: [{ kind: 'update-destination', desired: asked(s, context, wanted, d) }] };
}

function adopted(s: Situation, seen: Seen, asking: Asking, rank: Omit<Candidate, 'actions' | 'adds'>): Candidate | null {
  const d = s.destination;
  const manual = nextTag(s, seen, asking);
  if (d === null || manual === null) return null;
  const existing = { uid: d.uid, resourceVersion: d.resourceVersion };
  return { ...rank, adds: false, actions: [{ kind: 'retrigger-adopted', namespace: s.namespace, claim: s.claim, manual, existing }] };
}

/** The tag to ask for, or null: never the same snapshot twice, but a lost image is asked for again. */
function nextTag(s: Situation, seen: Seen, { newest, context }: Asking): string | null {
  const id = shortId(newest.id);
  const current = s.destination?.manual ?? null;
  if (seen.image === 'none' || seen.image === 'missing') return retryTag(id, current);
  if (seen.image === 'not-ready') return context.now - (s.image?.createdAt ?? context.now) > READY_WITHIN ? retryTag(id, current) : null;
  if (seen.image === 'direct' && s.destination?.managed !== true) return null;
  if (seen.image === 'direct') return retryTag(id, current);
  const holds = seen.holding.state === 'proven' || seen.holding.state === 'unlisted' ? seen.holding.id : null;
  return holds === id || parseTag(current)?.id === id ? null : tagFor(id);
}

function credentialActions(s: Situation): Action[] {
  const ref = { namespace: s.namespace, claim: s.claim };
  if (s.credentials?.state === 'absent') return [{ kind: 'create-credentials', keepPassword: false, ...ref }];
  return isCredentialsDrift(s) ? [{ kind: 'update-credentials', keepPassword: passwordChanged(s), ...ref }] : [];
}

function recreate(s: Situation, desired: DesiredDestination): Action {
  const remove = { uid: s.destination?.uid ?? '', resourceVersion: s.destination?.resourceVersion ?? '' };
  return { kind: 'recreate-destination', desired, remove };
}

/** A claim can be filled from the image right now: it is not taken from under it. */
function isBeingUsed(s: Situation): boolean {
  const fits = bytesOf({ capacity: s.image?.restoreSize ?? null }) <= bytesOf({ capacity: s.claimObject?.request ?? null });
  return waits(s) && s.image !== null && fits;
}
