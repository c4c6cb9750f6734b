/** A run: observe → probe → plan → hold → publish → apply, again and again until all is warm or the time is up. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eachBounded } from './bounded.ts';
import type { Action, Finding, IndexWrite, Plan, WriteResult } from './decisions.ts';
import type { BucketView, RootListing } from './model.ts';
import { HOME_NAMESPACE, indexName } from './naming.ts';
import { inItsPlace } from './plan/fleet/moved.ts';
import { mayTell, mayWrite } from './plan/fleet/permissions.ts';
import type { Ports } from './run-ports.ts';
import { placesToRead } from './plan/facts/repositories-wanted.ts';
import { lookupsWanted } from './plan/fleet/lookups.ts';
import { contextOf, planFor, situationsOf, type PlanResult } from './plan/plan.ts';
import { withCredentials } from './plan/facts/looked-again.ts';
import type { Context, Observed } from './plan/facts/situation.ts';
import { PlaceReader } from './run-places.ts';
import { Prober } from './run-probes.ts';
import { MarkerKeeper } from './run-marker.ts';
import { RecordKeeper } from './run-records.ts';
import { indexWrites } from './index/shards.ts';
import { clockFindings, isClockWrong, skewAgainst, worthCorrecting } from './plan/answers/clock.ts';
import { isSaidOnce } from './plan/answers/findings.ts';
import { halvesOf, unbroken, type Halves } from './before-index.ts';
import { confinedTo } from './confined.ts';
import { Expected } from './expected.ts';
import { isChange, isWorthAnotherLook, withSaid } from './another-look.ts';
import { keyOf } from './performed.ts';
import type { Settings } from './settings/settings.ts';

/** What a run reports while it works. */
export interface Progress {
  planned: (plan: PlanResult, pass: number) => void;
  /** one index object was written, or not */
  published: (write: IndexWrite, outcome: WriteResult) => void;
  /** the bucket got its marker; a message says why not */
  marked: (problem: string | null) => void;
  /** claim records were written; a problem says why no more are tried in this run */
  recorded: (count: number, problem: string | null) => void;
  done: (action: Action, outcome: WriteResult) => void;
}

/** What is reported of a pass. The world that it saw is not kept: two worlds of a large cluster at once would not fit. */
type Reported = Plan & Pick<PlanResult, 'pending'>;

export interface RunResult {
  /** what the last pass decided, with the findings that only an earlier pass could make */
  plan: Reported;
  passes: number;
  /** every action that was begun, in order */
  performed: readonly { action: Action; outcome: WriteResult }[];
  /** claims whose last action failed, and the index object that could not be written */
  failed: readonly string[];
  /** stopped, or out of time, before all work was done */
  cutShort: boolean;
}

export interface Signals {
  /** ends reading, and the beginning of new work */
  stop: AbortSignal;
  /** ends writes that are under way: a little later than `stop` */
  hard: AbortSignal;
}

/** The longest pause between two passes. The first pauses are shorter, because small volumes are restored in seconds. */
const LOOK_AGAIN = [250, 500, 1000, 2000];

/** Observes everything and decides once, without writing: what `plan` shows. */
export async function planOnce(ports: Ports, settings: Settings, signal: AbortSignal): Promise<PlanResult> {
  const looker = new Looker(ports, settings, false);
  return looker.pass(signal);
}

/** A whole run; `only`: the work on this claim alone. Rejects only when no cluster is configured, never because of answers of bucket or cluster. */
export async function run(
  ports: Ports,
  settings: Settings,
  { signals, progress, only }: { signals: Signals; progress: Progress; only?: string },
): Promise<RunResult> {
  const pass = async (): Promise<PlanResult> => {
    const plan = await looker.pass(signals.stop);
    return only === undefined ? plan : confinedTo(plan, only);
  };
  const looker = new Looker(ports, settings, settings.mode !== 'report');
  const performed: RunResult['performed'][number][] = [];
  const failed = new Map<string, boolean>();
  const said = new Map<string, Finding>();
  const expected = new Expected(settings.settle);
  let passes = 0;
  let quiet = 0;
  /** Does what one pass has decided. @returns what is reported of it, and whether another look is worth it */
  const act = async (latest: PlanResult): Promise<{ reported: Reported; again: boolean }> => {
    passes += 1;
    progress.planned(latest, passes);
    for (const finding of latest.findings.filter(isSaidOnce)) said.set(`${finding.reason} ${finding.about}`, finding);
    const halves = halvesOf(mayWrite(settings) ? latest : { ...latest, chains: [] });
    const renewed = await looker.hold(halves, signals, progress.done);
    const published = await looker.publish(latest, signals, progress);
    failed.set(CLOCK, isClockWrong(looker.skew));
    if (published === 'done') expected.add(latest.unblocked, ports.now());
    failed.set(INDEX, published === 'failed');
    const recorded = await looker.record(latest, signals, progress);
    const broken = new Set(renewed.flatMap(({ action, outcome }) => (outcome.state === 'done' ? [] : [keyOf(action)])));
    const results = [...renewed, ...(await looker.apply(unbroken(halves.after, broken), signals, progress.done))];
    performed.push(...results);
    for (const { action, outcome } of results) failed.set(keyOf(action), outcome.state === 'failed');
    await looker.warn(latest.warnings, signals, progress.done);
    if (results.some(isChange)) quiet = 0;
    const asked = published === 'conflict' || recorded > 0 || expected.isOpen(latest, ports.now());
    const { at, complete, entries, findings, frozen, pending } = latest;
    return {
      reported: { at, complete, entries, findings, frozen, pending },
      again: mayWrite(settings) && (asked || isWorthAnotherLook(latest, results, passes)),
    };
  };
  const lookAgain = async (): ReturnType<typeof act> => {
    const plan = signals.stop.aborted ? null : await pass();
    // An observation that the deadline cut off says nothing about the world.
    return plan === null || signals.stop.aborted ? { ...done, again: false } : act(plan);
  };
  let done = await act(await pass());
  while (done.again && !signals.stop.aborted) {
    await pause(LOOK_AGAIN[quiet] ?? 2000, signals.stop);
    quiet += 1;
    done = await lookAgain();
  }
  return {
    plan: { ...done.reported, findings: [...clockFindings(looker.skew), ...withSaid(done.reported.findings, said)] },
    passes,
    performed,
    failed: [...failed].filter(([, isFailed]) => isFailed).map(([key]) => key),
    cutShort: signals.stop.aborted,
  };
}

/** Another run may win once or twice. An index that can never be written (because its deletion hangs) is a failure. */
const MOST_CONTESTED = 3;
/** What a failure is kept under that is about no claim. */
const CLOCK = 'clock';
const INDEX = `${HOME_NAMESPACE}/${indexName(0)}`;

/** Observes bucket and cluster. A run lists the names in the bucket once, and single repositories again where needed. */
class Looker {
  readonly #ports: Ports;
  #settings: Settings;
  readonly #writing: boolean;
  readonly #prober: Prober;
  readonly #records: RecordKeeper;
  readonly #places = new PlaceReader();
  readonly #marker: MarkerKeeper;
  #contested = 0;
  readonly #warned = new Set<string>();
  #root: { listing: RootListing; startedAt: number } | null = null;
  /** what this machine's clock has to be corrected by to be the API server's, in milliseconds */
  skew = 0;

  constructor(ports: Ports, settings: Settings, writing: boolean) {
    this.#ports = ports;
    this.#settings = settings;
    this.#writing = writing;
    this.#prober = new Prober(ports, settings.concurrency);
    this.#marker = new MarkerKeeper(ports.bucket, ports.now);
    this.#records = new RecordKeeper(
      { ...ports.bucket.records, listRecords: ports.bucket.listRecords },
      settings.concurrency,
    );
  }

  async pass(signal: AbortSignal): Promise<PlanResult> {
    const { bucket, cluster: listed } = await this.#observe(signal);
    const now = this.#ports.now() + this.skew;
    const cluster = await this.#opened({ bucket, cluster: listed, settings: this.#settings, now }, signal);
    let seen = { bucket, cluster, settings: this.#settings, now };
    let probed = await this.#prober.look(seen, situationsOf(seen, seen.settings, now), signal);
    if (await this.#marker.isCopyAfterAll(probed, signal)) {
      seen = { ...seen, bucket: { ...bucket, marker: this.#marker.look } };
      probed = situationsOf(seen, seen.settings, now);
    }
    const situations = await this.#records.look(probed, bucket, signal);
    const context = contextOf(situations, seen);
    const wanted = lookupsWanted(situations, context);
    const isAsked = wanted.bases.size + wanted.volumes.length + wanted.pods.length > 0;
    if (!isAsked) return planFor(situations, context);
    const api = await this.#ports.cluster();
    const read = await api.lookUp(cluster, { ...wanted, writing: this.#writing }, signal);
    const complete = situations.map((s) => withCredentials(s, read, seen.settings));
    return planFor(complete, contextOf(complete, { ...seen, cluster: read }));
  }

  /** What is about to be looked into is opened with the Secret as it is now, and not as it is remembered. */
  async #opened(seen: Observed & Pick<Context, 'settings' | 'now'>, signal: AbortSignal): Promise<Observed['cluster']> {
    if (seen.cluster.places.size === 0) return seen.cluster;
    const wanted = this.#places.unread(this.#prober.secretsFor(seen, situationsOf(seen, seen.settings, seen.now)));
    if (wanted.length === 0) return seen.cluster;
    return this.#places.read(await this.#ports.cluster(), seen.cluster, { wanted, signal });
  }

  async #observe(signal: AbortSignal): Promise<Observed> {
    const startedAt = this.#ports.now();
    const known = this.#root;
    const listing = known === null ? this.#ports.bucket.listRepositories(signal) : Promise.resolve(known.listing);
    await Promise.race([listing, this.#ports.bucket.underWay]);
    const cluster = await this.#ports.cluster();
    const [root, listed] = await Promise.all([listing, cluster.observe(signal)]);
    this.#root ??= { listing: root, startedAt };
    const told = cluster.serverNow();
    this.skew = worthCorrecting(told === null ? null : told - this.#ports.now());
    const wanted = placesToRead(listed, this.#settings, this.#ports.now() + this.skew);
    const view = await this.#places.read(cluster, listed, { wanted, signal });
    const bucket: BucketView = {
      startedAt: this.#root.startedAt + this.skew,
      skew: skewAgainst(this.skew, this.#ports.bucket.clockSkew()),
      marker: null,
      root,
      probes: this.#prober.seen,
      records: this.#records.read,
      written: this.#records.written,
    };
    await this.#records.remember(bucket, view, signal);
    const placed = inItsPlace(bucket, view, this.#settings);
    return { bucket: await this.#marker.seen(placed, view, signal), cluster: view };
  }

  /**
   * Publishes the index before anything is made or deleted, and marks a bucket that is seen with repositories for the first time.
   * Index objects are written one after the other: what is left undone is an entry too many, never one too few.
   */
  async publish(plan: PlanResult, signals: Signals, progress: Progress): Promise<WriteResult['state']> {
    if (!mayTell(this.#settings)) return 'done';
    const problem = plan.wantsMarker ? await this.#marker.write(signals.hard) : undefined;
    if (problem !== undefined) progress.marked(problem);
    const cluster = await this.#ports.cluster();
    for (const write of indexWrites(this.#marker.within(plan.index), plan.context.cluster.index)) {
      const outcome = await cluster.publish(write, signals.hard);
      progress.published(write, outcome);
      if (outcome.state === 'conflict') return this.#again();
      if (outcome.state === 'failed') return 'failed';
    }
    this.#contested = 0;
    // The index that was overruled is no more: what follows in this run is judged by the new one.
    if (plan.context.settings.acceptShrink) this.#settings = { ...this.#settings, acceptedIndex: null };
    // Without the index the gate lets everything through. The run fails, so that an alert on failed Jobs sees it.
    return plan.context.cluster.index.lost ? 'failed' : 'done';
  }

  /** Writes claim records. @returns how many */
  async record({ records }: PlanResult, signals: Signals, progress: Progress): Promise<number> {
    if (records.length === 0 || signals.stop.aborted) return 0;
    const { count, problem } = await this.#records.write(records, signals.hard);
    if (count > 0 || problem !== null) progress.recorded(count, problem);
    return count;
  }

  #again(): 'conflict' | 'failed' {
    this.#contested += 1;
    return this.#contested < MOST_CONTESTED ? 'conflict' : 'failed';
  }

  /** Writes Warning events, each once in a run. No decision depends on them. */
  async warn(warnings: PlanResult['warnings'], signals: Signals, done: Progress['done']): Promise<void> {
    const fresh = warnings.filter(({ uid, reason }) => !this.#warned.has(`${uid} ${reason}`));
    for (const { uid, reason } of fresh) this.#warned.add(`${uid} ${reason}`);
    const chains = fresh.map((warning) => [warning]);
    await this.apply(chains, signals, done);
  }

  /**
   * What has to be written before the index names what is newer. A run that has been stopped asks for nothing any more: where it has
   * not, VolSync is held back by a note until the next run, in the time that ends what is under way.
   */
  async hold({ before, holds }: Halves, signals: Signals, done: Progress['done']): ReturnType<Looker['apply']> {
    const renewed = await this.apply(before, signals, done);
    if (!signals.stop.aborted) return renewed;
    const begun = new Set(renewed.map(({ action }) => keyOf(action)));
    const left = holds.filter((hold) => !begun.has(keyOf(hold))).map((hold) => [hold]);
    return [...renewed, ...(await this.apply(left, { stop: signals.hard, hard: signals.hard }, done))];
  }

  /** Runs the chains in parallel and the actions of each in order. A failed action ends only its own chain. */
  async apply(
    chains: PlanResult['chains'],
    signals: Signals,
    done: Progress['done'],
  ): Promise<{ action: Action; outcome: WriteResult }[]> {
    const results: { action: Action; outcome: WriteResult }[] = [];
    const cluster = await this.#ports.cluster();
    await eachBounded(chains, this.#settings.concurrency, async (chain) => {
      for (const action of chain) {
        if (signals.stop.aborted) return;
        const outcome = await cluster.write(action, signals.hard);
        results.push({ action, outcome });
        done(action, outcome);
        if (outcome.state !== 'done') return;
      }
    });
    return results;
  }
}

async function pause(millis: number, signal: AbortSignal): Promise<void> {
  await sleep(millis, undefined, { signal }).catch(() => undefined);
}
