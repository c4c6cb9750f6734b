/** What is asked of each write and of each run that has ended, beside what is asked of each claim and each `forget`. */
import type { Action } from '../../../src/decisions.ts';
import type { ClusterView, Source } from '../../../src/model.ts';
import { claimKey } from '../../../src/naming.ts';
import type { PlanResult } from '../../../src/plan/plan.ts';
import { HOUR, MINUTE } from '../build.ts';
import { isSyncing } from '../world.ts';
import type { App, Ground } from './ground.ts';
import { strangerSeen } from './sentences.ts';
import { jobOf } from './sources.ts';

/** Writes that are safe while a mover works: they change annotations alone. */
const NOTES: readonly Action['kind'][] = [
  'record-proof',
  'mark-suspect',
  'note-absence',
  'note-credentials',
  'note-newest',
  'nudge',
  'warn-claim',
];

/** Nobody waits for longer without a word. */
const LONG = 15 * MINUTE;
/** By so many good runs in a row a source of ours has followed its claim. */
const FOLLOWS = 3;

export function keyOf(action: Action): string {
  return claimKey('desired' in action ? action.desired : action);
}

/** 3: a mover that works is never cut off, for its lock would stay; and no claim has two sources because of us. */
export function mustBeSafe(cluster: ClusterView, action: Action): void {
  const key = keyOf(action);
  const { destinations, movers } = cluster;
  const sources = cluster.allSources.get(key) ?? [];
  if (action.kind === 'create-source' && sources.length > 0)
    throw new Error(`3: ${key} gets a source of ours beside ${sources[0]?.name}`);
  if ('source' in action || action.kind === 'delete-source') return mustSpareSource(cluster, action.kind, key);
  const existing = destinations.get(key);
  if (existing === undefined || !isSyncing(existing) || NOTES.includes(action.kind) || 'keepPassword' in action) return;
  const job = movers.get(`ReplicationDestination/${existing.namespace}/${existing.name}`);
  // Between two pods of a failing mover nobody holds a lock, and a pod that never started has none.
  if (job !== undefined && job.ready === 0) return;
  throw new Error(`3: ${action.kind} ${key} while its mover works`);
}

function mustSpareSource({ allSources, movers }: ClusterView, kind: string, key: string): void {
  const ours = allSources.get(key)?.find(({ managed }) => managed);
  if (ours !== undefined && (movers.get(jobOf(ours))?.active ?? 0) > 0)
    throw new Error(`3: ${kind} ${key} while its mover works`);
}

export class Judge {
  readonly #ground: Ground;
  readonly #sources = new Map<string, { uids: string; at: number }>();
  readonly #stranded = new Map<string, number>();

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** A run has ended as it should. */
  ran(result: PlanResult): void {
    const about = (reason: string): Set<string> =>
      new Set(result.findings.filter((one) => one.reason === reason).map((one) => one.about));
    this.#ground.strangers = about('repository-shared').intersection(about('restore-stale'));
    for (const { key } of this.#ground.apps) this.#hasSameSources(key);
    const stranger = strangerSeen(result.findings.filter((one) => this.#isFalseAlarm(one)));
    if (stranger !== null) throw new Error(stranger);
    const isBlindToClaims = this.#ground.listFault === 'persistentvolumeclaims';
    for (const [key, { phase, createdAt, uid }] of this.#ground.cluster.claims) {
      if (isBlindToClaims) break;
      if (phase === 'Bound' && this.#ground.bucketFault === null && this.#ground.listFault === null)
        this.#ground.history.seen(uid);
      if (phase === 'Pending' && result.at - (createdAt ?? result.at) > LONG) this.#mustBeTold(result, key, uid);
      if (phase === 'Bound') this.#mustAdmit(result, key, uid);
    }
    for (const [key, sources] of this.#ground.cluster.allSources) this.#mustFollow(key, sources);
    if (result.frozen === null && this.#ground.bucketFault === null) this.#sawSources();
  }

  /** Of those that are not ours a run could remember that they write. */
  #sawSources(): void {
    if (this.#ground.listFault !== null) return;
    const others = [...this.#ground.cluster.allSources.values()].flat().filter(({ managed }) => !managed);
    for (const { uid } of others) this.#ground.history.sawSource(uid);
  }

  /** Somebody's own source that is gone is a second writer to a run that never saw it, and what a run has seen once stays said. */
  #isFalseAlarm({ about, message }: PlanResult['findings'][number]): boolean {
    const isOld = message.startsWith('an earlier run') && this.#ground.stirred.has(about);
    return this.#hasSameSources(about) && !isOld;
  }

  /** Nobody has made or deleted a source of this claim for two days: what one has saved that is gone looks like a stranger's. */
  #hasSameSources(key: string): boolean {
    const uids = (this.#ground.cluster.allSources.get(key) ?? []).map(({ uid }) => uid).join();
    const before = this.#sources.get(key);
    if (before === undefined || before.uids !== uids) this.#sources.set(key, { uids, at: this.#ground.world.now });
    const since = Math.max(this.#sources.get(key)?.at ?? 0, this.#ground.stirred.get(key) ?? 0);
    return this.#ground.world.now - since > 48 * HOUR;
  }

  /** 2: a claim that waits is named, and has an event. */
  #mustBeTold(result: PlanResult, key: string, uid: string): void {
    if (!result.findings.some(({ about }) => about === key))
      throw new Error(`2: ${key} waits, and no finding names it`);
    if (!result.warnings.some((one) => one.uid === uid)) throw new Error(`2: ${key} waits, and has no event`);
  }

  /** 4: older data that was handed out is said. What is said counts in bad times too; silence is judged when all is well. */
  #mustAdmit({ findings }: PlanResult, key: string, uid: string): void {
    const said = findings.some(({ about, reason }) => about === key && /^restore-(?:missed|stale)$/.test(reason));
    if (said) return this.#ground.history.doubted(uid);
    const { index, claims } = this.#ground.cluster;
    const createdAt = claims.get(key)?.createdAt ?? 0;
    // Older than the first index, it is inherited: nobody watched how it began, and its source keeps everything.
    if (!this.#ground.isWell() || createdAt < (index.since ?? Infinity)) return;
    const missed = this.#ground.history.missedBy(uid);
    const isThere = this.#ground.world.repositories.get(key)?.some(({ id }) => id === missed) === true;
    const isOld = this.#ground.world.now - createdAt > HOUR;
    if (missed === null || !isThere || !isOld) return;
    throw new Error(`4: ${key} started without ${missed.slice(0, 8)}, which is there, and no finding says so`);
  }

  /** 3: a source of ours lives as long as its claim. */
  #mustFollow(key: string, sources: readonly Source[]): void {
    const ours = sources.find(({ managed }) => managed);
    const claim = this.#ground.cluster.claims.get(key) ?? this.#ground.cluster.otherClaims.get(key);
    const isStranded = ours !== undefined && ours.memory.claimUid !== claim?.uid && this.#ground.isWell();
    if (ours !== undefined && (this.#ground.cluster.movers.get(jobOf(ours))?.active ?? 0) > 0) return;
    if (!isStranded) return void this.#stranded.delete(key);
    const count = (this.#stranded.get(key) ?? 0) + 1;
    this.#stranded.set(key, count);
    if (count >= FOLLOWS)
      throw new Error(`3: the source of ${key} is still there after ${count} runs without its claim`);
  }

  /** After eight runs: its claim is bound and has a source, or is named. */
  ended(last: PlanResult | null, { key }: App): void {
    const claim = this.#ground.cluster.claims.get(key);
    const isNamed = last?.findings.some(({ about }) => about === key) === true;
    if (claim === undefined || isNamed) return;
    const sources = this.#ground.cluster.allSources.get(key) ?? [];
    if (claim.phase === 'Bound' && sources.length === 0 && this.#ground.isWell())
      throw new Error(`3: nobody backs ${key} up after eight runs, and no finding says so`);
    if (claim.phase === 'Bound' && this.#ground.isWell()) this.#mustComeBack(last, key);
  }

  /** 2: a live claim would come back, or is named. */
  #mustComeBack(last: PlanResult | null, key: string): void {
    if ((this.#ground.world.repositories.get(key)?.length ?? 0) === 0) return;
    const point = last?.entries.find((one) => claimKey(one) === key)?.restorePoint;
    const isThere = ['warm', 'stale', 'warming'].includes(point?.state ?? '');
    const isPassing = ['source-syncing', 'queued', 'repository-locked'].includes(point?.reason ?? '');
    if (!isThere && !isPassing)
      throw new Error(`2: ${key} would not come back (${point?.reason}), and no finding says so`);
  }
}
