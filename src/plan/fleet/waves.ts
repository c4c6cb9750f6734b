/** VolSync starts every mover at once, so the worker has to queue restores itself. */
import type { Instant } from '../../model.ts';
import type { Settings } from '../../settings/settings.ts';
import { compareRefs } from '../facts/order.ts';
import type { JudgedClaim, NextStep } from '../restore/judged-claim.ts';
import { newcomerBudget } from './newcomers.ts';
import { bytesOf } from '../restore/wanted-spec.ts';

type Pace = Pick<Settings, 'maxSyncing' | 'maxSyncingBytes' | 'maxWarmBytes'>;

/** By claim key: the wave in which its sync starts (1 = now), or why it does not. Nothing = in a later run. */
export type Waves = ReadonlyMap<string, number | 'over-storage-budget'>;

/**
 * Claims that wait come first, then stale restore points whose claim is not in the cluster (a claim that was refused does not
 * exist), then all others. Within these the namespaces take turns, and a namespace's own claims go by priority, size and name:
 * what a tenant writes into its namespace moves nobody else's claims back by more than one place.
 */
export function assignWaves(claims: readonly JudgedClaim[], pace: Pace, now: Instant): Waves {
  const queue = inTurns(
    claims.flatMap((claim) => (claim.nextStep?.syncs === true ? { claim, step: claim.nextStep } : [])),
  );
  const waves = new Map<string, number | 'over-storage-budget'>();
  const budget = storageBudget(claims, pace);
  const slots = waveSlots(claims, pace);
  const mayBeMade = newcomerBudget(claims, now);
  for (const { claim, step } of queue)
    if (mayBeMade(claim)) waves.set(claim.key, budget(claim, step) ? slots(step.bytes) : 'over-storage-budget');
  return waves;
}

interface Candidate {
  claim: JudgedClaim;
  step: NextStep;
}

function inTurns(candidates: Candidate[]): Candidate[] {
  const seen = new Map<string, number>();
  const turns = candidates.sort(byRank).map((one) => {
    const row = `${urgency(one.claim)} ${one.claim.namespace}`;
    const turn = seen.get(row) ?? 0;
    seen.set(row, turn + 1);
    return { ...one, turn };
  });
  return turns.sort((a, b) => urgency(a.claim) - urgency(b.claim) || a.turn - b.turn || byRank(a, b));
}

/** 0 = a claim waits for it, 1 = a claim that does not exist may be refused because of it, 2 = everything else. */
function urgency({ waits, restorePoint, claimObject }: JudgedClaim): number {
  if (waits) return 0;
  return restorePoint.state === 'stale' && claimObject === null ? 1 : 2;
}

function byRank(a: Candidate, b: Candidate): number {
  const priority = ({ claim }: Candidate): number => claim.claimObject?.priority ?? 0;
  return (
    urgency(a.claim) - urgency(b.claim) ||
    priority(b) - priority(a) ||
    a.step.bytes - b.step.bytes ||
    compareRefs(a.claim, b.claim)
  );
}

/**
 * Only new restore points cost storage, and a claim that waits is never refused its own. Where the budget is used up, a namespace
 * still gets what is below its even share: one namespace cannot use up the budget of all.
 */
function storageBudget(
  claims: readonly JudgedClaim[],
  { maxWarmBytes }: Pace,
): (claim: JudgedClaim, step: NextStep) => boolean {
  if (maxWarmBytes === null) return () => true;
  const used = new Map<string, number>();
  const add = (namespace: string, bytes: number): void => void used.set(namespace, (used.get(namespace) ?? 0) + bytes);
  for (const claim of claims) {
    if (claim.backup.state === 'present') add(claim.namespace, 0);
    if (claim.destination?.managed === true && claim.backup.state !== 'absent')
      add(claim.namespace, bytesOf(claim.destination.spec));
  }
  const share = maxWarmBytes / Math.max(1, used.size);
  return ({ waits, namespace }, { adds, bytes }) => {
    if (!adds) return true;
    const total = [...used.values()].reduce((sum, one) => sum + one, 0);
    const fits = total + bytes <= maxWarmBytes || (used.get(namespace) ?? 0) + bytes <= share;
    if (!waits && !fits) return false;
    add(namespace, bytes);
    return true;
  };
}

/** Total size of the existing destinations. */
function bytesIn(claims: readonly JudgedClaim[]): number {
  return claims.reduce((sum, { destination }) => sum + (destination === null ? 0 : bytesOf(destination.spec)), 0);
}

/** Fills wave after wave by count and bytes. Running syncs take places in the first wave. */
function waveSlots(claims: readonly JudgedClaim[], { maxSyncing, maxSyncingBytes }: Pace): (bytes: number) => number {
  const running = claims.filter(takesPlace);
  const limit = maxSyncingBytes ?? Number.POSITIVE_INFINITY;
  let wave = 1;
  let count = running.length;
  let sum = bytesIn(running);
  return (bytes) => {
    // A volume that is larger than the whole limit gets a wave of its own.
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

/** How many destinations are syncing that take a place. */
export function runningSyncs(claims: readonly JudgedClaim[]): number {
  return claims.filter(takesPlace).length;
}

/**
 * Takes a place in the waves: ours, and running or about to run, a failing one between its retries too. A sync that is stuck
 * gives its place up, unless VolSync has not begun it: all of those would start at once when VolSync is back.
 */
function takesPlace({ sync, steered, destination, mover }: JudgedClaim): boolean {
  if (!steered || sync.state !== 'syncing') return false;
  if (sync.trouble === 'sync-stuck') return destination?.lastSyncStartAt === null && !destination.paused;
  return sync.trouble === null || mover !== null;
}
