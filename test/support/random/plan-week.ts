/**
 * A random week in the plan's world: no wire, no time of its own, so that a thousand steps take seconds. Workers, people, VolSync
 * and what goes wrong; after each step what it did is judged by what truly happened.
 */
import { halvesOf, unbroken } from '../../../src/before-index.ts';
import { indexWrites } from '../../../src/index/shards.ts';
import type { ClaimRecord } from '../../../src/claim-record.ts';
import type { ClusterView, OtherClaim } from '../../../src/model.ts';
import { refOf, sourceName } from '../../../src/naming.ts';
import type { PlanResult } from '../../../src/plan/plan.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import { HOUR, MINUTE, NOW, settings, source } from '../build.ts';
import { attempted, putSource, type OwnWrites, type Trouble } from '../world.ts';
import type { Dice } from './dice.ts';
import { Ground, type App } from './ground.ts';
import { Look, type BucketFault, type Sight } from './look.ts';
import { Judge, keyOf, mustBeSafe } from './judge.ts';
import { locksOf } from './sources.ts';

const ACTS = {
  run: 36,
  backUp: 10,
  remove: 7,
  add: 12,
  removeAndAdd: 6,
  backUpAndReAdd: 5,
  twoRuns: 4,
  killedRun: 6,
  otherSettings: 3,
  skewedRun: 2,
  bucketFault: 4,
  listFault: 4,
  moverFault: 4,
  backupFault: 2,
  killMover: 3,
  leaveLock: 2,
  fluke: 2,
  rollBack: 2,
  resize: 3,
  relabel: 3,
  others: 3,
  accept: 4,
  heal: 9,
  pass: 4,
  days: 3,
} as const;

const KEYS = ['media/plex', 'media/photos', 'notes/data'] as const;
const LONGEST_RUN = 6;
type RunOptions = Partial<Settings> & {
  /** killed after so many writes, the index not counted; -1: just before the index */
  cut?: number;
  passes?: number;
  /** the clock of its node is ahead, in milliseconds */
  ahead?: number;
};

export class PlanWeek {
  readonly #dice: Dice;
  readonly #ground: Ground;
  readonly #records = new Map<string, ClaimRecord>();
  readonly #judge: Judge;
  #marked = false;
  #last: PlanResult | null = null;

  constructor(dice: Dice) {
    this.#dice = dice;
    const apps = KEYS.map((key): App => ({
      key,
      wanted: false,
      size: '5Gi',
      tier: dice.pick(['hourly', 'daily']),
      labelled: true,
      refers: dice.percent(10),
    }));
    this.#ground = new Ground(dice.pick(['allow', 'deny']), apps);
    this.#judge = new Judge(this.#ground);
    for (const hours of [26, 2]) this.#ground.found('media/plex', NOW - hours * HOUR);
    this.#ground.found('media/photos', NOW - 3 * HOUR);
  }

  get story(): readonly string[] {
    return this.#ground.story;
  }

  /** One throw. Throws the sentence that was broken. */
  step(): void {
    const act = this.#dice.weighted(ACTS);
    this.#acts[act](this.#dice.pick(this.#ground.apps));
    this.#ground.tick();
  }

  /** Runs come as they should, most often after all is healed: nobody may be left waiting without a word. */
  end(): void {
    if (this.#dice.percent(70)) this.#heal();
    for (let count = 0; count < 8; count += 1) {
      this.#run();
      this.#ground.tick();
    }
    for (const app of this.#ground.apps) if (app.wanted && app.labelled) this.#judge.ended(this.#last, app);
  }

  readonly #acts: Record<keyof typeof ACTS, (app: App) => void> = {
    run: () => this.#run(),
    backUp: (app) => this.#backUp(app),
    remove: (app) => this.#remove(app),
    add: (app) => this.#want(app),
    removeAndAdd: (app) => {
      this.#remove(app);
      this.#want(app);
    },
    backUpAndReAdd: (app) => {
      if (!this.#backUp(app)) return;
      this.#ground.world = { ...this.#ground.world, now: this.#ground.world.now + 2000 };
      this.#remove(app);
      this.#want(app);
    },
    twoRuns: () => this.#twoRuns(),
    killedRun: () => this.#run({ cut: this.#dice.below(8) - 1, passes: 1 + this.#dice.below(3) }),
    otherSettings: () => this.#run({ maxSyncing: 1, defaultCapacity: '10Gi', dailyRetain: { daily: 3 } }),
    skewedRun: () => this.#run({ ahead: this.#dice.pick([-50_000, 50_000]) }),
    bucketFault: () => {
      this.#ground.bucketFault = this.#dice.pick<BucketFault>(['unknown', 'away', 'partly', 'silent', 'lies']);
      this.#break(`the bucket: ${this.#ground.bucketFault}`);
      if (this.#ground.bucketFault !== 'lies') return;
      // For a moment only: what three listings say, a run believes.
      this.#run();
      this.#heal();
    },
    listFault: () => {
      this.#ground.listFault = this.#dice.pick([
        'jobs',
        'volumesnapshots',
        'persistentvolumeclaims',
        'replicationsources',
      ] as const);
      this.#break(`${this.#ground.listFault} cannot be listed`);
    },
    moverFault: ({ key }) => this.#trouble(key, this.#dice.pick<Trouble>(['fails', 'hangs', 'unready', 'imageless'])),
    backupFault: ({ key }) => this.#trouble(`backup ${key}`, 'fails'),
    killMover: ({ key }) => this.#killMover(key),
    leaveLock: ({ key }) => {
      const minutes = this.#dice.pick([0, 40]);
      this.#ground.leaveLock(key, minutes * MINUTE);
      this.#ground.say(`somebody's dead restic has left a lock in ${key}, ${minutes} minutes old`);
    },
    fluke: ({ key }) => {
      const { world } = this.#ground;
      this.#ground.world = { ...world, flukes: new Set(world.flukes).add(key) };
      this.#ground.say(`the next restore of ${key} will find nothing`);
    },
    rollBack: ({ key }) => {
      const found = this.#ground.world.repositories.get(key) ?? [];
      const last = found.at(-1);
      if (found.length < 2 || last === undefined) return;
      this.#ground.history.lost(last.id);
      this.#ground.setRepository(key, found.slice(0, -1));
      this.#ground.say(`the bucket is rolled back: ${this.#ground.alive(key)}`);
    },
    resize: (app) => this.#resize(app),
    relabel: (app) => this.#relabel(app),
    others: (app) => this.#others(app),
    accept: (app) => this.#accept(app),
    heal: () => this.#heal(),
    pass: () => {
      const hours = this.#dice.pick([1, 6, 30]);
      this.#ground.live(hours * HOUR);
      this.#ground.say(`${hours} hours have passed without a run`);
    },
    days: () => {
      for (let count = 0; count < 4; count += 1) {
        this.#ground.live(20 * HOUR);
        this.#run();
      }
    },
  };

  // ── what a run does ────────────────────────────────────────────────────────────────────────────────────────────────

  #run({ cut = Infinity, passes = LONGEST_RUN, ahead = 0, ...overrides }: RunOptions = {}): void {
    const ground = this.#ground;
    ground.world = { ...ground.world, now: ground.world.now + 5 * MINUTE };
    const look = new Look(settingsOf(overrides));
    const done: string[] = [];
    for (let pass = 0; pass < passes; pass += 1) {
      const isLast = cut !== Infinity && pass === passes - 1;
      const result = look.pass(this.#sight(), ground.world.now + ahead);
      done.push(...this.#work(result, look, isLast ? cut : Infinity));
      ground.tick();
      this.#last = result;
      if (result.chains.length === 0 && result.pending.syncing === 0 && result.leaving === 0) break;
    }
    ground.say(`run${cut === Infinity ? '' : `, killed after ${cut} writes`} → ${done.join(', ') || 'nothing'}`);
    if (cut !== Infinity || this.#last === null) return;
    ground.lastRunAt = ground.world.now;
    this.#judge.ran(this.#last);
  }

  /** Both have looked before one of them writes. */
  #twoRuns(): void {
    const ground = this.#ground;
    ground.world = { ...ground.world, now: ground.world.now + 5 * MINUTE };
    const looks = [
      new Look(settingsOf({})),
      new Look(settingsOf({ defaultCapacity: '10Gi', dailyRetain: { daily: 3 } })),
    ];
    const seen = looks.map((look) => ({ look, result: look.pass(this.#sight(), ground.world.now) }));
    const done = seen.flatMap(({ look, result }, index) => this.#work(result, index === 0 ? look : null));
    ground.say(`two runs at once → ${done.join(', ') || 'nothing'}`);
  }

  #sight(): Sight {
    const { world } = this.#ground;
    const failures =
      this.#ground.listFault === null
        ? []
        : [{ resource: this.#ground.listFault, namespace: null, kind: 'failed' as const, message: 'HTTP 500' }];
    return {
      repositories: world.repositories,
      locks: (key) => locksOf(world, key),
      populatedFrom: (key) => this.#ground.populatedFrom(key),
      cluster: { ...this.#blinded(world.cluster), failures },
      marked: this.#marked,
      records: this.#records,
      fault: this.#ground.bucketFault,
    };
  }

  #blinded(cluster: ClusterView): ClusterView {
    const none = new Map();
    if (this.#ground.listFault === 'jobs') return { ...cluster, movers: none };
    if (this.#ground.listFault === 'volumesnapshots') return { ...cluster, images: none };
    if (this.#ground.listFault === 'persistentvolumeclaims') return { ...cluster, claims: none, otherClaims: none };
    return this.#ground.listFault === 'replicationsources' ? { ...cluster, sources: none, allSources: none } : cluster;
  }

  /** The index, the marker and the records. */
  #tell(result: PlanResult, look: Look): void {
    for (const { parameters } of indexWrites(result.index, this.#ground.cluster.index)) {
      this.#ground.publish(parameters);
      this.#ground.lied = this.#ground.bucketFault === 'lies';
    }
    this.#marked ||= result.wantsMarker && this.#ground.bucketFault === null;
    look.record(result, this.#sight());
  }

  /**
   * One pass's writes, in the order of a run: what holds VolSync back, the index, the rest.
   * @param cut killed after so many; -1 = just before the index
   * @param look null = the index is not written: another run has won
   */
  #work(result: PlanResult, look: Look | null, cut = Infinity): string[] {
    const own: OwnWrites = new Map();
    const broken = new Set<string>();
    const { before, after } = halvesOf(result);
    const first = this.#apply(before, { own, broken, most: cut < 0 ? Infinity : cut });
    const isKilled = first.length >= cut && first.length < before.flat().length;
    if (cut < 0 || isKilled) return first;
    if (look !== null) this.#tell(result, look);
    return [...first, ...this.#apply(unbroken(after, broken), { own, broken, most: cut - first.length })];
  }

  #apply(
    chains: PlanResult['chains'],
    { own, broken, most }: { own: OwnWrites; broken: Set<string>; most: number },
  ): string[] {
    const told: string[] = [];
    for (const chain of chains) {
      for (const action of chain) {
        if (told.length >= most) return told;
        const { world, state } = attempted(this.#ground.world, action, own);
        if (state === 'done') mustBeSafe(this.#ground.cluster, action);
        this.#ground.world = world;
        told.push(`${action.kind} ${keyOf(action)}${state === 'done' ? '' : ' (conflict)'}`);
        if (state === 'conflict') broken.add(keyOf(action));
        if (state === 'conflict') break;
      }
    }
    return told;
  }

  // ── what people and Git do ─────────────────────────────────────────────────────────────────────────────────────────

  #want(app: App): void {
    if (app.wanted) return;
    app.wanted = true;
    this.#ground.create(app);
  }

  #remove(app: App): void {
    if (app.wanted) this.#ground.remove(app, { withSources: this.#dice.percent(60) });
  }

  /** Its next backup comes. */
  #backUp({ key }: App): boolean {
    const found = this.#ground.cluster.sources.get(key);
    if (this.#ground.cluster.claims.get(key)?.phase !== 'Bound' || found === undefined) return false;
    const due = (found.nextSyncAt ?? 0) - this.#ground.world.now;
    this.#ground.live(Math.max(MINUTE, Math.min(due + MINUTE, 25 * HOUR)));
    this.#ground.say(`${key} is backed up: ${this.#ground.alive(key)}`);
    return true;
  }

  /** Of the next claim; a live one can only grow. */
  #resize(app: App): void {
    app.size = this.#dice.pick(['1Gi', '5Gi', '8Gi']);
    const live = this.#ground.cluster.claims.get(app.key);
    const grows = live?.phase === 'Bound' && app.size === '8Gi';
    if (grows) this.#ground.setClaim({ ...live, request: app.size });
    this.#ground.say(`${app.key} shall have ${app.size}${grows ? ', and grows' : ''}`);
  }

  /** The label of the live claim changes with it. */
  #relabel(app: App): void {
    const { key } = app;
    if (this.#dice.percent(60)) app.tier = app.tier === 'hourly' ? 'daily' : 'hourly';
    else app.labelled = !app.labelled;
    this.#ground.say(`${key} is ${app.labelled ? app.tier : 'not labelled any more'}`);
    const { claims, otherClaims } = this.#ground.cluster;
    const [live, other] = [claims.get(key), otherClaims.get(key)];
    if (live !== undefined && app.labelled) this.#ground.setClaim({ ...live, tier: app.tier });
    else if (live?.phase === 'Bound') this.#unlabel(key, live);
    else if (other !== undefined && app.labelled) this.#label(app, other);
  }

  #unlabel(
    key: string,
    { namespace, claim, uid, createdAt, phase, request, storageClass }: Parameters<Ground['setClaim']>[0],
  ): void {
    const { claims, otherClaims } = this.#ground.cluster;
    const other: OtherClaim = {
      namespace,
      claim,
      uid,
      label: null,
      createdAt,
      phase,
      request,
      storageClass,
      restoresFrom: null,
    };
    const left = new Map(claims);
    left.delete(key);
    this.#ground.setCluster({ claims: left, otherClaims: new Map(otherClaims).set(key, other) });
  }

  #label({ key, tier }: App, { namespace, claim, uid, createdAt, phase, request }: OtherClaim): void {
    const left = new Map(this.#ground.cluster.otherClaims);
    left.delete(key);
    this.#ground.setCluster({ otherClaims: left });
    this.#ground.labelled({ namespace, claim, uid, createdAt, phase, request, tier });
  }

  /** Somebody's own source comes or goes. */
  #others({ key }: App): void {
    const { namespace, claim } = refOf(key);
    const name = `${claim}-own`;
    const { world } = this.#ground;
    this.#ground.stirred.set(key, world.now);
    if (this.#ground.cluster.allSources.get(key)?.some((one) => one.name === name) === true) {
      this.#ground.removeSource(key, name);
      return this.#ground.say(`${name} is deleted`);
    }
    const retain = this.#dice.pick([null, { last: '3' }, { hourly: 24, daily: 7 }]);
    const fresh = source({
      namespace,
      name,
      claim,
      uid: `own-${world.serial}`,
      createdAt: world.now,
      schedule: '15 * * * *',
    });
    const made = {
      ...fresh,
      lastSyncAt: null,
      lastSyncSeconds: null,
      nextSyncAt: null,
      moverResult: null,
      moverLogs: '',
    };
    this.#ground.world = putSource(world, key, name, { ...made, spec: { ...made.spec, retain } });
    this.#ground.say(`somebody makes ${name}, which keeps ${JSON.stringify(retain)}`);
  }

  /** The owner accepts how the claim began. */
  #accept({ key }: App): void {
    const live = this.#ground.cluster.claims.get(key);
    if (live === undefined) return;
    this.#ground.setClaim({ ...live, accept: live.uid });
    this.#ground.history.accept(key, live.uid);
    this.#ground.say(`the start of ${key} is accepted`);
  }

  // ── what goes wrong ────────────────────────────────────────────────────────────────────────────────────────────────

  #killMover(key: string): void {
    const { claim } = refOf(key);
    const { movers } = this.#ground.cluster;
    const names = [
      `ReplicationSource/${refOf(key).namespace}/${sourceName(claim)}`,
      `ReplicationDestination/${key}-restore`,
    ];
    const name = names.find((one) => (movers.get(one)?.ready ?? 0) > 0);
    const job = name === undefined ? undefined : movers.get(name);
    if (name === undefined || job === undefined) return;
    this.#ground.setCluster({
      movers: new Map(movers).set(name, { ...job, active: 0, ready: 0, failed: job.failed + 1 }),
    });
    this.#ground.leaveLock(key);
    this.#ground.say(`${name} is killed`);
  }

  #trouble(what: string, trouble: Trouble): void {
    const { world } = this.#ground;
    this.#ground.world = { ...world, troubles: new Map(world.troubles).set(what, trouble) };
    this.#ground.say(`restores or backups of ${what}: ${trouble}`);
  }

  #break(what: string): void {
    this.#ground.blind = what;
    this.#ground.say(what);
  }

  #heal(): void {
    if (this.#ground.isWell()) return;
    const { world, cluster } = this.#ground;
    const images = new Map([...cluster.images].map(([name, image]) => [name, { ...image, ready: true }]));
    this.#ground.world = { ...world, troubles: new Map(), cluster: { ...cluster, images } };
    this.#ground.bucketFault = null;
    this.#ground.listFault = null;
    this.#ground.blind = null;
    this.#ground.say('all is well again');
  }
}

function settingsOf(overrides: Partial<Settings>): Settings {
  return settings({ quietPeriod: 0, defaultCapacity: null, sources: 'on', ...overrides });
}
