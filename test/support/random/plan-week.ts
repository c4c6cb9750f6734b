/**
 * A random week in the plan's world: no wire, no time of its own, so that a thousand steps take seconds. The policies are
 * the ones that `readiness` tells (a test holds those to the shipped ones), VolSync is the world's.
 */
import type { Action } from '../../../src/decisions.ts';
import { indexWrites } from '../../../src/index/shards.ts';
import { indexView } from '../../../src/index/view.ts';
import type { Claim, ClusterView, Destination, SnapshotObject } from '../../../src/model.ts';
import { claimKey, destinationName } from '../../../src/naming.ts';
import { SAFE, admission } from '../../../src/plan/answers/readiness-policies.ts';
import { heldBack } from '../../../src/plan/facts/held-back.ts';
import type { Observed } from '../../../src/plan/facts/situation.ts';
import { turnsOf, wantsProbe } from '../../../src/plan/fleet/lookups.ts';
import { plan, situationsOf, type PlanResult } from '../../../src/plan/plan.ts';
import { shortId } from '../../../src/restic/ids.ts';
import { parseQuantity } from '../../../src/units.ts';
import {
  HOUR,
  MINUTE,
  NOW,
  base,
  bucketView,
  claim,
  clusterView,
  indexOf,
  listed,
  namespace,
  settings,
  source,
  unknownRoot,
} from '../build.ts';
import { attempted, isSyncing, volsync, type OwnWrites, type Trouble, type World } from '../world.ts';
import type { Dice } from './dice.ts';
import { emptyStart, olderData, type Knowledge } from './sentences.ts';
import type { Birth } from './truth.ts';

const ACTS = {
  run: 34,
  backUp: 18,
  remove: 8,
  add: 12,
  removeAndAdd: 7,
  twoRuns: 4,
  killedRun: 4,
  otherSettings: 3,
  bucketFault: 4,
  listFault: 4,
  moverFault: 4,
  fluke: 2,
  rollBack: 2,
  resize: 2,
  heal: 9,
  pass: 3,
} as const;

type Act = keyof typeof ACTS;

/** Writes that are safe while a mover works: they change annotations alone. */
const NOTES: readonly Action['kind'][] = [
  'record-proof',
  'mark-suspect',
  'note-absence',
  'note-credentials',
  'warn-claim',
];

const KEYS = ['media/plex', 'media/photos', 'notes/data'] as const;
const LONGEST_RUN = 6;

type BucketFault = 'unknown' | 'away';

export class PlanWeek {
  readonly #dice: Dice;
  /** what the policies do while the index is old */
  readonly #onStale: 'allow' | 'deny';
  readonly story: string[] = [];
  #world: World;
  readonly #wanted = new Set<string>();
  readonly #sizes = new Map<string, string>(KEYS.map((key) => [key, '5Gi']));
  readonly #named = new Map<string, string>();
  readonly #refusals = new Map<string, string>();
  #bucketFault: BucketFault | null = null;
  #listFault: ClusterView['failures'][number]['resource'] | null = null;
  #brokenSince: number | null = null;
  #last: PlanResult | null = null;

  constructor(dice: Dice) {
    this.#dice = dice;
    this.#onStale = dice.pick(['allow', 'deny']);
    const repositories = new Map<string, readonly SnapshotObject[]>([
      ['media/plex', [this.#snapshot(NOW - 26 * HOUR), this.#snapshot(NOW - 2 * HOUR)]],
      ['media/photos', [this.#snapshot(NOW - 3 * HOUR)]],
    ]);
    this.#world = {
      now: NOW,
      serial: 1000,
      repositories,
      flukes: new Set(),
      cluster: clusterView({
        namespaces: [namespace(), namespace({ name: 'notes' })],
        bases: { media: base(), notes: base() },
        credentials: Object.fromEntries(KEYS.map((key) => [key, { state: 'absent' as const }])),
        destinations: [],
        sources: [],
        claims: [],
        images: [],
        index: indexOf({ _onStale: this.#onStale }),
      }),
    };
  }

  /** One throw. Throws the sentence that was broken. */
  step(): void {
    const act = this.#dice.weighted(ACTS);
    this.#acts[act](this.#dice.pick(KEYS));
    this.#settle();
  }

  /** All is healed, and runs come: nobody may be left waiting without a word. */
  end(): void {
    this.#heal();
    for (let count = 0; count < 10; count += 1) {
      this.#run();
      this.#settle();
    }
    for (const key of this.#wanted) {
      const made = this.#world.cluster.claims.get(key);
      const isNamed = this.#last?.findings.some(({ about }) => about === key) === true;
      if (made === undefined || made.phase === 'Bound' || isNamed) continue;
      const told = this.#last?.warnings.some((one) => claimKey(one) === key) === true;
      if (!told) throw new Error(`2: ${key} is Pending after ten quiet runs, and neither finding nor event names it`);
    }
  }

  readonly #acts: Record<Act, (key: string) => void> = {
    run: () => this.#run(),
    backUp: (key) => this.#backUp(key),
    remove: (key) => this.#remove(key),
    add: (key) => this.#want(key),
    removeAndAdd: (key) => {
      this.#remove(key);
      this.#want(key);
    },
    twoRuns: () => this.#twoRuns(),
    killedRun: () => this.#run({ cut: this.#dice.below(3), passes: 1 }),
    otherSettings: () => this.#run({ maxSyncing: 1, defaultCapacity: '10Gi' }),
    bucketFault: () => {
      this.#bucketFault = this.#dice.pick<BucketFault>(['unknown', 'away']);
      this.#broken(`the bucket is ${this.#bucketFault}`);
    },
    listFault: () => {
      this.#listFault = this.#dice.pick([
        'jobs',
        'volumesnapshots',
        'persistentvolumeclaims',
        'replicationsources',
      ] as const);
      this.#broken(`${this.#listFault} cannot be listed`);
    },
    moverFault: (key) => {
      const trouble = this.#dice.pick<Trouble>(['fails', 'hangs', 'unready', 'imageless']);
      this.#world = { ...this.#world, troubles: new Map(this.#world.troubles).set(key, trouble) };
      this.#broken(`restores of ${key}: ${trouble}`);
    },
    fluke: (key) => {
      this.#world = { ...this.#world, flukes: new Set(this.#world.flukes).add(key) };
      this.#say(`the next restore of ${key} will find nothing`);
    },
    rollBack: (key) => {
      const found = this.#world.repositories.get(key) ?? [];
      if (found.length < 2) return;
      this.#setRepository(key, found.slice(0, -1));
      this.#say(`the bucket is rolled back: ${this.#alive(key)}`);
    },
    resize: (key) => {
      this.#sizes.set(key, this.#dice.pick(['1Gi', '5Gi', '8Gi']));
      this.#say(`${key} shall have ${this.#sizes.get(key)}`);
    },
    heal: () => this.#heal(),
    pass: () => {
      const hours = this.#dice.pick([1, 6, 30]);
      this.#world = { ...this.#world, now: this.#world.now + hours * HOUR };
      this.#say(`${hours} hours pass without a run`);
    },
  };

  // ── what a run does ────────────────────────────────────────────────────────────────────────────────────────────────

  #run({ cut = Infinity, passes = LONGEST_RUN, ...overrides }: RunOptions = {}): void {
    this.#world = { ...this.#world, now: this.#world.now + 5 * MINUTE };
    const done: string[] = [];
    for (let pass = 0; pass < passes; pass += 1) {
      const result = this.#plan(overrides);
      this.#publish(result);
      // A run that is killed between the index and its writes has told nobody but the index.
      if (cut === Infinity) this.#name(result);
      const actions = result.chains.flat().slice(0, cut);
      done.push(...this.#apply(result.chains, cut));
      this.#world = volsync(this.#world);
      this.#populate();
      if (actions.length === 0 && result.pending.syncing === 0) break;
    }
    this.#say(`run${cut === Infinity ? '' : `, killed after ${cut} writes`} → ${done.join(', ') || 'nothing'}`);
  }

  /** Both have looked before one of them writes. */
  #twoRuns(): void {
    this.#world = { ...this.#world, now: this.#world.now + 5 * MINUTE };
    const [one, other] = [this.#plan({}), this.#plan({ defaultCapacity: '10Gi' })];
    this.#publish(one);
    this.#name(one);
    const done = [...this.#apply(one.chains), ...this.#apply(other.chains)];
    this.#say(`two runs at once → ${done.join(', ') || 'nothing'}`);
  }

  #plan(overrides: Overrides): PlanResult {
    const { now } = this.#world;
    const wanted = settings({ quietPeriod: 0, defaultCapacity: null, ...overrides });
    const result = plan(this.#see(), wanted, now);
    this.#last = result;
    return result;
  }

  /** What a pass sees: names everywhere, and the inside of repositories only where it would look. */
  #see(): Observed {
    const { now, repositories, cluster } = this.#world;
    const failures =
      this.#listFault === null
        ? []
        : [{ resource: this.#listFault, namespace: null, kind: 'failed' as const, message: 'HTTP 500' }];
    const seen = { ...this.#blinded(cluster), failures };
    if (this.#bucketFault === 'unknown')
      return {
        bucket: {
          startedAt: now,
          skew: 0,
          marker: null,
          root: unknownRoot(),
          probes: new Map(),
          records: new Map(),
          written: new Map(),
        },
        cluster: seen,
      };
    const keys = this.#bucketFault === 'away' ? [] : [...repositories.keys()];
    const marked = this.#bucketFault === null && this.#last !== null;
    const names = bucketView(Object.fromEntries(keys.map((key) => [key, null])), { startedAt: now, marked });
    const situations = situationsOf({ bucket: names, cluster: seen }, settings(), now);
    const turns = turnsOf(situations, now, seen.index.generatedAt);
    const looked = situations.filter((s) => wantsProbe(s, turns.has(s.key), now));
    const probes = new Map(looked.map((s) => [s.key, listed(repositories.get(s.key) ?? [])]));
    return { bucket: { ...names, probes }, cluster: seen };
  }

  #blinded(cluster: ClusterView): ClusterView {
    const none = new Map();
    if (this.#listFault === 'jobs') return { ...cluster, movers: none };
    if (this.#listFault === 'volumesnapshots') return { ...cluster, images: none };
    if (this.#listFault === 'persistentvolumeclaims') return { ...cluster, claims: none };
    return this.#listFault === 'replicationsources' ? { ...cluster, sources: none } : cluster;
  }

  #publish(result: PlanResult): void {
    for (const { shard, parameters } of indexWrites(result.index, this.#world.cluster.index)) {
      if (shard !== 0) throw new Error('a week has one index object');
      const { cluster } = this.#world;
      const index = indexView([
        { ...cluster.index.shards[0]!, parameters: { _onStale: this.#onStale, ...parameters } },
      ]);
      this.#world = { ...this.#world, cluster: { ...cluster, index } };
    }
  }

  /** Remembers what a run has called the newest. */
  #name(result: PlanResult): void {
    if (this.#bucketFault !== null || result.frozen !== null) return;
    for (const { namespace: where, claim: name, backup } of result.entries)
      if (backup.newest !== null) this.#named.set(`${where}/${name}`, backup.newest.id);
  }

  #apply(chains: PlanResult['chains'], most = Infinity): string[] {
    const told: string[] = [];
    const own: OwnWrites = new Map();
    for (const chain of chains) {
      for (const action of chain) {
        if (told.length >= most) return told;
        const { world, state } = attempted(this.#world, action, own);
        if (state === 'done') this.#mustBeSafe(action);
        this.#world = world;
        told.push(
          `${action.kind} ${claimKey('desired' in action ? action.desired : action)}${state === 'done' ? '' : ' (conflict)'}`,
        );
        if (state === 'conflict') break;
      }
    }
    return told;
  }

  /** 3: a mover that works is never cut off, for its lock would stay. */
  #mustBeSafe(action: Action): void {
    const key = claimKey('desired' in action ? action.desired : action);
    const { destinations, movers } = this.#world.cluster;
    const existing = destinations.get(key);
    if (existing === undefined || !isSyncing(existing) || NOTES.includes(action.kind) || 'keepPassword' in action)
      return;
    const job = movers.get(`ReplicationDestination/${existing.namespace}/${existing.name}`);
    // Between two pods of a failing mover nobody holds a lock, and a pod that never started has none.
    if (job !== undefined && job.ready === 0) return;
    throw new Error(`3: ${action.kind} ${key} while its mover works`);
  }

  // ── what people and Git do ─────────────────────────────────────────────────────────────────────────────────────────

  #want(key: string): void {
    if (this.#wanted.has(key)) return;
    this.#wanted.add(key);
    this.#create(key);
  }

  #create(key: string): void {
    const { cluster, now, serial } = this.#world;
    const [where = '', name = ''] = key.split('/');
    const request = this.#sizes.get(key) ?? '5Gi';
    const asked = claim({
      namespace: where,
      claim: name,
      uid: `claim-${serial}`,
      createdAt: now,
      phase: 'Pending',
      request,
      restoresFromUs: false,
    });
    const found = cluster.sources.get(key);
    const sources = found === undefined ? [] : [found];
    const destination = cluster.destinations.get(key) ?? null;
    const admitted = admission({ claim: asked, destination, sources, index: cluster.index, now }, SAFE);
    if ('refused' in admitted)
      return this.#refused(key, admitted.refused.reason ?? 'for the reason of its restore point');
    this.#refusals.delete(key);
    const reference = { kind: 'ReplicationDestination', apiGroup: 'volsync.backube', name: destinationName(name) };
    const made: Claim = admitted.attached ? { ...asked, reference, bringsSource: true, restoresFromUs: true } : asked;
    this.#say(`${key} is created ${admitted.attached ? 'and waits for its data' : 'without a data source'}`);
    this.#setClaim(key, made);
    if (found === undefined)
      this.#setSource(key, {
        ...source({ namespace: where, name: `${name}-backup`, claim: name }),
        lastSyncAt: null,
        moverLogs: '',
        nextSyncAt: now + HOUR,
      });
    if (!admitted.attached) this.#bind(key, made, null);
  }

  /** Says it once, and again when the reason is another one. */
  #refused(key: string, why: string): void {
    if (this.#refusals.get(key) !== why) this.#say(`${key} is refused: ${why}`);
    this.#refusals.set(key, why);
  }

  #remove(key: string): void {
    if (!this.#wanted.delete(key)) return;
    const { cluster } = this.#world;
    const claims = new Map(cluster.claims);
    claims.delete(key);
    const sources = new Map(cluster.sources);
    if (this.#dice.percent(80)) sources.delete(key);
    this.#world = { ...this.#world, serial: this.#world.serial + 1, cluster: { ...cluster, claims, sources } };
    this.#say(`${key} is deleted${sources.has(key) ? ', its source is left' : ''}`);
  }

  #backUp(key: string): void {
    const made = this.#world.cluster.claims.get(key);
    const backup = this.#world.cluster.sources.get(key);
    if (made?.phase !== 'Bound' || backup === undefined || this.#bucketFault !== null) return;
    this.#world = { ...this.#world, now: this.#world.now + HOUR };
    const saved = this.#snapshot(this.#world.now);
    this.#setRepository(key, [...(this.#world.repositories.get(key) ?? []), saved]);
    const { now } = this.#world;
    this.#setSource(key, {
      ...backup,
      lastSyncAt: now,
      nextSyncAt: now + HOUR,
      moverLogs: `snapshot ${shortId(saved.id)} saved`,
    });
    this.#say(`${key} is backed up: ${this.#alive(key)}`);
  }

  #snapshot(at: number): SnapshotObject {
    const id = Math.floor(this.#dice.next() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
    return { id: id.padEnd(64, '0'), at };
  }

  // ── what VolSync does ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Fills the claims that wait, as soon as the image is there, and the policy `prime` lets it. */
  #populate(): void {
    for (const [key, made] of this.#world.cluster.claims) {
      const d = this.#world.cluster.destinations.get(key);
      if (made.phase !== 'Pending' || !made.restoresFromUs || d === undefined) continue;
      const image = this.#imageFor(d, made);
      if (image !== null) this.#bind(key, made, this.#world.contents?.get(image) ?? null);
    }
  }

  #imageFor(d: Destination, made: Claim): string | null {
    const { cluster, now } = this.#world;
    const place = `${d.namespace}/${d.latestImage?.name ?? ''}`;
    const image = cluster.images.get(place);
    if (image === undefined || !image.ready || heldBack(d, made.uid, now) !== null) return null;
    const fits = (parseQuantity(made.request ?? '0') ?? 0) >= (parseQuantity(image.restoreSize ?? '0') ?? 0);
    return fits ? place : null;
  }

  #bind(key: string, made: Claim, holds: string | null): void {
    this.#setClaim(key, { ...made, phase: 'Bound' });
    this.#say(`  ${key} is bound and holds ${holds === null ? 'nothing' : shortId(holds)}`);
    const alive = (this.#world.repositories.get(key) ?? []).map(({ id, at }) => ({ id, began: at, ended: at }));
    const birth: Birth = { key, uid: made.uid, createdAt: made.createdAt ?? 0, holds, alive };
    const broken = emptyStart(birth, this.#knowledge()) ?? olderData(birth, this.#knowledge());
    if (broken !== null) throw new Error(broken);
  }

  // ── what is so ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #knowledge(): Knowledge {
    const { index, sources } = this.#world.cluster;
    const tells = [...sources].filter(([, one]) => one.moverLogs.includes('saved')).map(([key]) => key);
    return {
      // Of a bucket that is seen for the first time and is empty, nobody knows whether its disk is there.
      lastLook: index.bucketUnmarked ? null : index.generatedAt,
      refusesStale: this.#onStale === 'deny',
      named: this.#named,
      sourceTells: new Set(tells),
      brokenSince: this.#brokenSince,
    };
  }

  /** Whoever was refused comes again; VolSync goes on. */
  #settle(): void {
    this.#world = volsync(this.#world);
    this.#populate();
    for (const key of this.#wanted) if (!this.#world.cluster.claims.has(key)) this.#create(key);
  }

  #heal(): void {
    if (this.#brokenSince === null) return;
    const images = new Map([...this.#world.cluster.images].map(([name, image]) => [name, { ...image, ready: true }]));
    this.#world = { ...this.#world, troubles: new Map(), cluster: { ...this.#world.cluster, images } };
    this.#bucketFault = null;
    this.#listFault = null;
    this.#brokenSince = null;
    this.#say('all is well again');
  }

  #broken(what: string): void {
    this.#brokenSince ??= this.#world.now;
    this.#say(what);
  }

  #say(line: string): void {
    const time = new Date(this.#world?.now ?? NOW).toISOString().slice(5, 16).replace('T', ' ');
    this.story.push(`${time}  ${line}`);
  }

  #alive(key: string): string {
    const found = this.#world.repositories.get(key) ?? [];
    return found
      .map(({ id }) => shortId(id))
      .slice(-4)
      .join(' ');
  }

  #setRepository(key: string, found: readonly SnapshotObject[]): void {
    this.#world = { ...this.#world, repositories: new Map(this.#world.repositories).set(key, found) };
  }

  #setClaim(key: string, made: Claim): void {
    const { cluster, serial } = this.#world;
    const claims = new Map(cluster.claims).set(key, made);
    this.#world = { ...this.#world, serial: serial + 1, cluster: { ...cluster, claims } };
  }

  #setSource(key: string, made: ReturnType<typeof source>): void {
    const { cluster } = this.#world;
    this.#world = { ...this.#world, cluster: { ...cluster, sources: new Map(cluster.sources).set(key, made) } };
  }
}

type Overrides = Parameters<typeof settings>[0];
type RunOptions = Overrides & { cut?: number; passes?: number };
