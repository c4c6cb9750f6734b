/** VolSync starts every mover at once: whoever warms 25 volumes must do the queueing. */
import type { Settings } from '../../settings/settings.ts';
import type { Candidate } from '../restore/next-step.ts';
import type { Draft } from '../restore/decide.ts';
import { bytesOf } from '../restore/wanted-spec.ts';
import { compareRefs } from '../facts/situation.ts';

type Pace = Pick<Settings, 'maxSyncing' | 'maxSyncingBytes' | 'maxWarmBytes'>;

/** By claim key: the wave in which a candidate starts (1 = now), or why it does not. */
export type Waves = ReadonlyMap<string, number | 'over-storage-budget'>;

/** Claims that wait, then priority, then the smallest, then the name. */
export function assignWaves(drafts: readonly Draft[], pace: Pace): Waves {
  const queue = drafts
    .filter(hasCandidate)
    .filter((draft) => draft.candidate.syncs)
    .sort(byRank);
  const waves = new Map<string, number | 'over-storage-budget'>();
  const budget = storageBudget(drafts, pace);
  const slots = waveSlots(drafts, pace);
  for (const { candidate, situation } of queue) {
    waves.set(situation.key, budget(candidate) ? slots(candidate.bytes) : 'over-storage-budget');
  }
  return waves;
}

interface Queued extends Draft {
  candidate: Candidate;
}

function hasCandidate(draft: Draft): draft is Queued {
  return draft.candidate !== null;
}

function byRank(a: Queued, b: Queued): number {
  return (
    Number(b.candidate.waits) - Number(a.candidate.waits) ||
    b.candidate.priority - a.candidate.priority ||
    a.candidate.bytes - b.candidate.bytes ||
    compareRefs(a.situation, b.situation)
  );
}

/** Only new restore points cost storage; a claim that waits is never refused its own. */
function storageBudget(drafts: readonly Draft[], { maxWarmBytes }: Pace): (candidate: Candidate) => boolean {
  if (maxWarmBytes === null) return () => true;
  let used = bytesIn(drafts.filter(({ situation }) => situation.destination?.managed === true));
  return (candidate) => {
    if (!candidate.adds) return true;
    if (!candidate.waits && used + candidate.bytes > maxWarmBytes) return false;
    used += candidate.bytes;
    return true;
  };
}

/** The sizes of the destinations that are there, added up. */
function bytesIn(drafts: readonly Draft[]): number {
  return drafts.reduce(
    (sum, { situation: { destination } }) => sum + (destination === null ? 0 : bytesOf(destination.spec)),
    0,
  );
}

/** Fills wave after wave by count and bytes; what syncs already takes its places in the first one. */
function waveSlots(drafts: readonly Draft[], { maxSyncing, maxSyncingBytes }: Pace): (bytes: number) => number {
  const running = drafts.filter(takesPlace);
  const limit = maxSyncingBytes ?? Number.POSITIVE_INFINITY;
  let wave = 1;
  let count = running.length;
  let sum = bytesIn(running);
  return (bytes) => {
    // One volume larger than the whole limit still gets a wave of its own.
    while (count >= maxSyncing || (count > 0 && sum + bytes > limit)) {
      wave += 1;
      count = 0;
      sum = 0;
    }
    count += 1;
    sum += bytes;
    return wave;
  };
}

/**
 * Takes a place in the waves: ours, and running or about to run. One that fails or hangs half-way would keep its place for
 * ever; one that VolSync has not even begun keeps it, or all of them would start at once when VolSync is back.
 */
function takesPlace({ seen: { sync }, situation }: Draft): boolean {
  if (!situation.steered || sync.state !== 'syncing') return false;
  return sync.trouble === null || (sync.trouble === 'sync-stuck' && situation.destination?.lastSyncStartAt === null);
}
