/** VolSync starts every mover at once: whoever warms 25 volumes must do the queueing. */
import type { Settings } from '../../settings/settings.ts';
import { compareRefs } from '../facts/situation.ts';
import type { JudgedClaim, NextStep } from '../restore/judged-claim.ts';
import { bytesOf } from '../restore/wanted-spec.ts';

type Pace = Pick<Settings, 'maxSyncing' | 'maxSyncingBytes' | 'maxWarmBytes'>;

/** By claim key: the wave in which its sync starts (1 = now), or why it does not. */
export type Waves = ReadonlyMap<string, number | 'over-storage-budget'>;

/** Claims that wait, then priority, then the smallest, then the name. */
export function assignWaves(claims: readonly JudgedClaim[], pace: Pace): Waves {
  const queue = claims
    .flatMap((claim) => (claim.nextStep?.syncs === true ? { claim, step: claim.nextStep } : []))
    .sort((a, b) => byRank(a.claim, b.claim) || a.step.bytes - b.step.bytes || compareRefs(a.claim, b.claim));
  const waves = new Map<string, number | 'over-storage-budget'>();
  const budget = storageBudget(claims, pace);
  const slots = waveSlots(claims, pace);
  for (const { claim, step } of queue)
    waves.set(claim.key, budget(claim, step) ? slots(step.bytes) : 'over-storage-budget');
  return waves;
}

function byRank(a: JudgedClaim, b: JudgedClaim): number {
  return Number(b.waits) - Number(a.waits) || (b.claimObject?.priority ?? 0) - (a.claimObject?.priority ?? 0);
}

/** Only new restore points cost storage; a claim that waits is never refused its own. */
function storageBudget(
  claims: readonly JudgedClaim[],
  { maxWarmBytes }: Pace,
): (claim: JudgedClaim, step: NextStep) => boolean {
  if (maxWarmBytes === null) return () => true;
  let used = bytesIn(claims.filter(({ destination }) => destination?.managed === true));
  return ({ waits }, { adds, bytes }) => {
    if (!adds) return true;
    if (!waits && used + bytes > maxWarmBytes) return false;
    used += bytes;
    return true;
  };
}

/** The sizes of the destinations that are there, added up. */
function bytesIn(claims: readonly JudgedClaim[]): number {
  return claims.reduce((sum, { destination }) => sum + (destination === null ? 0 : bytesOf(destination.spec)), 0);
}

/** Fills wave after wave by count and bytes; what syncs already takes its places in the first one. */
function waveSlots(claims: readonly JudgedClaim[], { maxSyncing, maxSyncingBytes }: Pace): (bytes: number) => number {
  const running = claims.filter(takesPlace);
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
function takesPlace({ sync, steered, destination }: JudgedClaim): boolean {
  if (!steered || sync.state !== 'syncing') return false;
  return sync.trouble === null || (sync.trouble === 'sync-stuck' && destination?.lastSyncStartAt === null);
}
