/** One claim: from what is known to what is done about it. Waves come after, when all claims are known. */
import type { Action, Entry } from '../../decisions.ts';
import type { Destination } from '../../model.ts';
import { LISTINGS_UNTIL_ABSENT, backupOf, missedListings } from '../facts/backup.ts';
import { candidateOf, type Candidate } from './next-step.ts';
import { credentialsDrift } from './credentials.ts';
import { versionOf } from './desired.ts';
import { firstClosed } from './blockers.ts';
import { holdingOf } from '../facts/contents.ts';
import { emptyTwice, notesOf, suspicionOf } from './notes.ts';
import { restorePointOf, type Seen } from './restore-point.ts';
import { waits, type Context, type Situation } from '../facts/situation.ts';
import { imageStateOf, syncOf } from '../facts/sync.ts';
import { troubleOf, type Trouble } from './waiting.ts';
import { isExcluded } from '../../settings/scope.ts';

export interface Draft {
  entry: Entry;
  situation: Situation;
  seen: Seen;
  candidate: Candidate | null;
  /** its claim waits in vain */
  trouble: Trouble | null;
}

/** Decides on one claim. Pure: equal input, equal answer. */
export function decide(s: Situation, context: Context): Draft {
  const seen = look(s, context);
  const blind = context.blind === null ? {} : ({ state: 'cold', reason: context.blind } as const);
  const restorePoint = { ...restorePointOf(s, seen), ...blind };
  const entry: Entry = {
    namespace: s.namespace,
    claim: s.claim,
    backup: seen.backup,
    restorePoint,
    source: null,
    actions: [],
  };
  const trouble = troubleOf(s, seen.backup, restorePoint, context);
  // Unknown freezes: nothing is created or deleted, and no earlier decision is changed. An empty image is never offered.
  if (context.frozen !== null || seen.backup.state === 'unknown') {
    return { entry: { ...entry, actions: suspicionOf(s, seen) }, situation: s, seen, candidate: null, trouble };
  }
  const noted = notesOf(s, seen, context);
  const actions = [...(noted === null ? [] : [noted.action]), ...upkeep(s, seen, context)];
  const { newest } = seen.backup;
  const candidate = newest === null ? null : candidateOf(s, seen, { context, newest, notes: noted?.notes ?? {} });
  return { entry: { ...entry, actions }, situation: s, seen, candidate, trouble };
}

function look(s: Situation, context: Context): Seen {
  const backup = backupOf(s, context);
  const sync = syncOf(s, context.now);
  return {
    backup,
    sync,
    image: imageStateOf(s),
    holding: holdingOf(s, sync),
    gate: firstClosed(s, context),
    secondEmpty: emptyTwice(s, backup.newest),
  };
}

/** What is done beside syncing: credentials that follow their base, and leftovers without a backup. */
function upkeep(s: Situation, seen: Seen, context: Context): Action[] {
  const { destination } = s;
  if (destination?.managed !== true || !s.steered) return [];
  if (seen.backup.state === 'present')
    return firstClosed(s, context, 'credentials-foreign') === null ? credentialsDrift(s) : [];
  return isLeftover(s, seen, context) ? [removal(destination)] : [];
}

/** Its backup is gone by three complete listings; --prune, or an empty image that nobody may ever use. */
function isLeftover(s: Situation, { sync, holding }: Seen, { settings }: Context): boolean {
  if (missedListings(s).count < LISTINGS_UNTIL_ABSENT || isExcluded(s.namespace, settings)) return false;
  const changeable = sync.state === 'idle' || (sync.state === 'syncing' && sync.betweenRetries);
  return (settings.prune || holding.state === 'empty') && changeable && s.destination?.deleting !== true && !waits(s);
}

function removal(destination: Destination): Action {
  const { namespace, claim } = destination;
  return { kind: 'delete-destination', namespace, claim, remove: versionOf(destination) };
}
