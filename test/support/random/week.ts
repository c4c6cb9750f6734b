/**
 * A week of a cluster, thrown with dice: apps come and go, backups run, workers, S3 and movers fail; the real program, the
 * shipped policies and VolSync's ways over the wire. After every step the four sentences are asked.
 */
import { text } from '../../../sandbox/kube/objects.ts';
import {
  baseCredentials,
  claim,
  namespace,
  repository,
  repositoryCredentials,
  source,
} from '../../../sandbox/story.ts';
import { ANNOTATION, MANAGED_BY, PRODUCT, indexKey } from '../../../src/naming.ts';
import type { Lab } from '../lab.ts';
import { Dice } from './dice.ts';
import { emptyStart, olderData, strangerSeen, type Knowledge } from './sentences.ts';
import { aliveIn, birthIn, cutOffIn, type Birth } from './truth.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const AWAY = 'the disk of S3 is away';
/** A run that is in flight for so many looks goes on in the next one. */
const MOST_PASSES = 8;

interface App {
  namespace: string;
  claim: string;
  size: string;
  tier: 'hourly' | 'daily';
  /** Git wants it */
  wanted: boolean;
  /** Git brings a source of its own, beside which the worker makes none */
  own: boolean;
  /** why the API server does not take it at the moment */
  refused?: string;
}

const ACTS = {
  run: 30,
  backUp: 18,
  remove: 9,
  install: 12,
  removeAndAdd: 6,
  twoRuns: 4,
  otherSettings: 3,
  killedRun: 4,
  s3Fault: 4,
  apiFault: 4,
  moverFault: 4,
  imageFault: 3,
  rollBack: 2,
  missWakeUp: 2,
  resize: 2,
  relabel: 2,
  heal: 8,
  pass: 4,
} as const;

type Act = keyof typeof ACTS;

class Week {
  readonly #lab: Lab;
  readonly #dice: Dice;
  readonly #clock: { now: number };
  readonly #overlay: string;
  readonly story: string[] = [];
  readonly #apps: App[];
  readonly #births: { birth: Birth; knowledge: Knowledge }[] = [];
  /** by claim key: the newest snapshot that the claim of this uid has started without: a source of ours never ages it out */
  readonly #missed = new Map<string, { uid: string; id: string }>();
  readonly #broken = new Map<string, { since: number; heal: () => void }>();
  #lastLook: number | null = null;
  #cutOff: string[] = [];
  #byHand = false;
  #findings: readonly { about: string }[] = [];

  constructor(lab: Lab, dice: Dice, clock: { now: number }) {
    this.#overlay = dice.pick(['safe', 'strict']);
    this.#lab = lab;
    this.#dice = dice;
    this.#clock = clock;
    this.#apps = [
      { namespace: 'media', claim: 'plex', size: '2Gi', tier: 'hourly', wanted: false, own: dice.percent(25) },
      { namespace: 'media', claim: 'photos', size: '4Gi', tier: 'daily', wanted: false, own: dice.percent(25) },
      { namespace: 'notes', claim: 'data', size: '1Gi', tier: 'hourly', wanted: false, own: dice.percent(25) },
    ];
    lab.kube.onChange((change) => {
      const birth = birthIn(lab.sandbox, change);
      if (birth !== null) this.#births.push({ birth, knowledge: this.#knowledge(birth.key) });
      const cut = this.#byHand ? null : cutOffIn(change, (where, name) => lab.kube.peek('Job', where, name));
      if (cut !== null) this.#cutOff.push(cut);
    });
  }

  /** The bucket as a cluster left it that is gone: two of three apps have backups. */
  begin(): void {
    this.#lab.sandbox.install(this.#overlay);
    this.#say(`the policies of ${this.#overlay}; two of three apps have backups in the bucket`);
    for (const app of this.#apps.slice(0, 2)) {
      const hoursAgo = (hours: number): Date => new Date(this.#clock.now - hours * HOUR);
      repository(this.#lab.s3, `${app.namespace}/${app.claim}`, [
        { seed: 'first', at: hoursAgo(26) },
        { seed: 'second', at: hoursAgo(2) },
      ]);
    }
  }

  /** One throw. Rejects with the sentence that was broken. */
  async step(): Promise<void> {
    const act = this.#dice.weighted(ACTS);
    await this.#do(act);
    await this.#settled();
    this.#judge();
  }

  /** Everything is healed, and runs come as they should: nobody may be left waiting without a word. */
  async end(): Promise<void> {
    this.#heal();
    for (const app of this.#apps) if (app.wanted) this.#install(app);
    for (let count = 0; count < 8; count += 1) {
      await this.#run();
      await this.#settled();
    }
    this.#judge();
    for (const app of this.#apps) {
      const key = `${app.namespace}/${app.claim}`;
      const phase = this.#phase(app);
      if (!app.wanted || phase === 'Bound' || this.#findings.some(({ about }) => about === key)) continue;
      // Its owner made it smaller than its data: the refusal says so, and nobody else can help.
      if (phase === undefined && app.refused?.includes('asks for') === true) continue;
      if (this.#isTold(app)) continue;
      throw new Error(
        `2: ${key} is ${phase ?? `refused (${app.refused ?? ''})`} after eight quiet runs, and no finding names it`,
      );
    }
  }

  /** Has the claim an event of ours? */
  #isTold(app: App): boolean {
    const uid = this.#lab.kube.peek('PersistentVolumeClaim', app.namespace, app.claim)?.metadata.uid;
    return this.#lab.kube
      .view('Event')
      .some((event) => text(event, 'involvedObject.uid') === uid && JSON.stringify(event).includes(`"${PRODUCT}"`));
  }

  async #do(act: Act): Promise<void> {
    const app = this.#dice.pick(this.#apps);
    const acts: Record<Act, () => void | Promise<void>> = {
      run: () => this.#run(),
      backUp: () => this.#backUp(app),
      remove: () => this.#remove(app),
      install: () => this.#install(app),
      removeAndAdd: () => this.#removeAndAdd(app),
      twoRuns: () => this.#twoRuns(),
      otherSettings: () => this.#run(['--default-capacity', '3Gi', '--quiet-period', '0s', '--max-syncing', '1']),
      killedRun: () => this.#killedRun(),
      s3Fault: () => this.#s3Fault(),
      apiFault: () => this.#apiFault(),
      moverFault: () => this.#moverFault(),
      imageFault: () => this.#imageFault(),
      rollBack: () => this.#rollBack(app),
      missWakeUp: () => this.#missWakeUp(app),
      resize: () => this.#resize(app),
      relabel: () => this.#relabel(app),
      heal: () => this.#heal(),
      pass: () => this.#pass(),
    };
    await acts[act]();
  }

  #say(line: string): void {
    const time = new Date(this.#clock.now).toISOString().slice(5, 16).replace('T', ' ');
    this.story.push(`${time}  ${line}`);
  }

  #phase({ namespace: where, claim: name }: App): string | undefined {
    return text(this.#lab.kube.peek('PersistentVolumeClaim', where, name), 'status.phase');
  }

  // ── what a run does ────────────────────────────────────────────────────────────────────────────────────────────────

  async #run(args: readonly string[] = [], mostPasses = MOST_PASSES): Promise<void> {
    this.#clock.now += 5 * MINUTE;
    await this.#oneRun(args, mostPasses);
  }

  async #oneRun(args: readonly string[] = [], mostPasses = MOST_PASSES): Promise<void> {
    const ran = await this.#lab.run(
      ['--request-timeout', '30s', '--quiet-period', '0s', '--default-capacity', 'none', ...args],
      {
        now: () => this.#clock.now,
        until: (_, pass) => pass >= mostPasses,
      },
    );
    this.#say(`run ${args.join(' ')} → ${ran.code}; ${ran.performed.join(', ') || 'nothing'}`);
    this.#findings = ran.findings;
    const stranger = strangerSeen(ran.findings);
    if (stranger !== null) throw new Error(stranger);
    const index = this.#lab.index();
    const told = Date.parse(index['_generatedAt'] ?? '');
    // Of a bucket that is seen for the first time and is empty, nobody knows whether its disk is there.
    this.#lastLook = Number.isNaN(told) || '_bucketUnmarked' in index ? null : told;
  }

  async #twoRuns(): Promise<void> {
    this.#clock.now += 5 * MINUTE;
    this.#say('two runs at once');
    await Promise.all([this.#oneRun(), this.#oneRun(['--default-capacity', '3Gi'])]);
  }

  async #killedRun(): Promise<void> {
    const passes = 1 + this.#dice.below(3);
    this.#say(`a run is killed in its pass ${passes}`);
    await this.#run([], passes);
  }

  // ── what people and Git do ─────────────────────────────────────────────────────────────────────────────────────────

  #install(app: App): void {
    const isNew = !app.wanted;
    app.wanted = true;
    const { kube, s3 } = this.#lab;
    if (kube.peek('Namespace', '', app.namespace) === undefined) {
      kube.apply(namespace(app.namespace, {}));
      kube.apply(baseCredentials(app.namespace, s3.endpoint));
    }
    if (this.#phase(app) !== undefined) return;
    const labels = { backup: app.tier };
    try {
      kube.apply({ ...claim({ namespace: app.namespace, name: app.claim, size: app.size, labels }) });
      delete app.refused;
      this.#say(`${app.namespace}/${app.claim} is created`);
    } catch (error) {
      const why = error instanceof Error ? error.message.replace(/^.*denied request: /, '') : '';
      if (isNew) this.#say(`${app.namespace}/${app.claim} is refused: ${why.slice(0, 120)}`);
      app.refused = why;
      return;
    }
    const name = `${app.claim}-backup`;
    if (!app.own) return;
    if (kube.peek('ReplicationSource', app.namespace, name) !== undefined) return;
    if (kube.peek('Secret', app.namespace, `${app.claim}-volsync-secret`) === undefined) {
      const made = repositoryCredentials({ namespace: app.namespace, claim: app.claim }, s3.endpoint);
      kube.apply({ ...made, metadata: { ...made.metadata, labels: { [MANAGED_BY]: PRODUCT } } });
    }
    const retain = { hourly: 24, daily: 7, within: '3d' };
    kube.apply(source({ namespace: app.namespace, claim: app.claim, schedule: '0 * * * *', restic: { retain } }));
  }

  #remove(app: App): void {
    if (!app.wanted) return;
    app.wanted = false;
    const { kube } = this.#lab;
    this.#byHand = true;
    const whole = this.#dice.percent(20);
    if (whole) kube.remove('Namespace', '', app.namespace);
    else {
      if (this.#dice.percent(80)) kube.remove('ReplicationSource', app.namespace, `${app.claim}-backup`);
      kube.remove('PersistentVolumeClaim', app.namespace, app.claim);
    }
    this.#byHand = false;
    this.#say(`${app.namespace}/${app.claim} is deleted${whole ? ', with its namespace' : ''}`);
    // Argo CD brings back what it still wants.
    for (const other of this.#apps) if (other.wanted) this.#install(other);
  }

  async #removeAndAdd(app: App): Promise<void> {
    this.#remove(app);
    await this.#settled();
    this.#clock.now += 2000;
    this.#install(app);
  }

  async #backUp(app: App): Promise<void> {
    if (this.#phase(app) !== 'Bound') return;
    this.#lab.volsync.write(app.namespace, app.claim);
    this.#clock.now += HOUR;
    this.#lab.volsync.lookAtSchedules();
    await this.#settled();
    this.#say(`backups are due; ${app.namespace}/${app.claim} has ${this.#alive(app)}`);
  }

  #alive({ namespace: where, claim: name }: App): string {
    const ids = aliveIn(this.#lab.sandbox, `${where}/${name}`).map(({ id }) => id.slice(0, 8));
    return ids.slice(-4).join(' ') || 'nothing';
  }

  #resize(app: App): void {
    app.size = this.#dice.pick(['1Gi', '2Gi', '4Gi', '6Gi']);
    this.#say(`${app.namespace}/${app.claim} shall have ${app.size} from its next creation on`);
  }

  #relabel(app: App): void {
    app.tier = app.tier === 'hourly' ? 'daily' : 'hourly';
    this.#say(`${app.namespace}/${app.claim} is ${app.tier} from its next creation on`);
  }

  #pass(): void {
    const hours = this.#dice.pick([1, 6, 30]);
    this.#clock.now += hours * HOUR;
    this.#lab.volsync.lookAtSchedules();
    this.#say(`${hours} hours pass without a run`);
  }

  // ── what goes wrong ────────────────────────────────────────────────────────────────────────────────────────────────

  #break(what: string, heal: () => void): void {
    this.#healOne(what);
    this.#broken.set(what, { since: this.#clock.now, heal });
    this.#say(what);
  }

  #healOne(what: string): void {
    this.#broken.get(what)?.heal();
    this.#broken.delete(what);
  }

  #s3Fault(): void {
    const { s3 } = this.#lab;
    this.#healOne(AWAY);
    if (this.#dice.percent(50))
      return this.#break(
        'S3 answers 503',
        s3.answer(() => ({ status: 503, body: '' })),
      );
    const kept = s3.objects().map(({ key, at: when }) => ({ key, when, body: s3.get(key) ?? '' }));
    for (const { key } of kept) s3.remove(key);
    this.#break(AWAY, () => {
      for (const { key } of s3.objects()) s3.remove(key);
      for (const { key, when, body } of kept) s3.put(key, body, { at: when });
      // What was saved in its place goes with it.
      for (const [key, { id }] of this.#missed)
        if (aliveIn(this.#lab.sandbox, key).every((one) => one.id !== id)) this.#missed.delete(key);
    });
  }

  #apiFault(): void {
    const status = this.#dice.pick([409, 429, 500, 403]);
    const method = this.#dice.pick(['GET', 'PATCH', 'DELETE']);
    const times = 1 + this.#dice.below(6);
    const heal = this.#lab.kube.fault({
      user: 'worker',
      method,
      status,
      times,
      ...(status === 429 && { retryAfter: 0 }),
    });
    this.#break(`the API server answers ${times} ${method} with ${status}`, heal);
  }

  #moverFault(): void {
    const times = 1 + this.#dice.below(3);
    const kind = this.#dice.pick(['ReplicationDestination', 'ReplicationSource'] as const);
    this.#break(`${times} pods of ${kind}s fail`, this.#lab.volsync.failMovers({ kind }, { times }));
  }

  #imageFault(): void {
    const fault = this.#dice.pick([{ ready: 20 }, { ready: 'never' as const }, { bound: 20 }]);
    this.#break(`images are slow: ${JSON.stringify(fault)}`, this.#lab.volsync.spoilImages({}, fault));
  }

  /** An older copy of the bucket is put back: its newest snapshots of one claim are gone. */
  #rollBack(app: App): void {
    const key = `${app.namespace}/${app.claim}`;
    const alive = aliveIn(this.#lab.sandbox, key);
    if (alive.length < 2) return;
    for (const { id } of alive.slice(-1)) {
      this.#lab.s3.remove(`${key}/snapshots/${id}`);
      if (this.#missed.get(key)?.id === id) this.#missed.delete(key);
    }
    this.#say(`the bucket is rolled back: ${key} has ${this.#alive(app)}`);
  }

  #missWakeUp(app: App): void {
    this.#lab.volsync.missWakeUp(app.namespace, app.claim);
    this.#say(`VolSync will miss that ${app.namespace}/${app.claim} has its volume`);
  }

  #heal(): void {
    if (this.#broken.size === 0) return;
    for (const { heal } of this.#broken.values()) heal();
    this.#broken.clear();
    this.#say('all is well again');
  }

  // ── what is so ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async #settled(): Promise<void> {
    await this.#lab.volsync.idle(20_000).catch(() => undefined);
    // Whoever was refused comes again.
    for (const app of this.#apps) if (app.wanted && this.#phase(app) === undefined) this.#install(app);
    await this.#lab.volsync.idle(20_000).catch(() => undefined);
  }

  #judge(): void {
    for (const { birth, knowledge } of this.#births.splice(0)) {
      const { key, uid, alive } = birth;
      const holds = birth.holds === null ? 'nothing' : birth.holds.slice(0, 8);
      this.#say(`  ${key} is bound and holds ${holds}`);
      const held = alive.find(({ id }) => id === birth.holds);
      const broken = emptyStart(birth, knowledge) ?? olderData(birth, knowledge, held?.began ?? Infinity);
      if (broken !== null) throw new Error(broken);
      const newest = alive.at(-1);
      if (newest === undefined || held === newest || (birth.holds !== null && held === undefined))
        this.#missed.delete(key);
      else this.#missed.set(key, { uid, id: newest.id });
    }
    this.#mustBeKept();
    const [cut] = this.#cutOff.splice(0);
    if (cut !== undefined) throw new Error(`3: ${cut}`);
  }

  /** 3: what a claim started without stays, as long as it is backed up by a source of ours. */
  #mustBeKept(): void {
    for (const [key, { uid, id }] of this.#missed) {
      const [where = '', name = ''] = key.split('/');
      const claim = this.#lab.kube.peek('PersistentVolumeClaim', where, name);
      const backup = this.#lab.kube.peek('ReplicationSource', where, `${name}-backup`);
      const isOurs = backup?.metadata.labels?.[MANAGED_BY] === PRODUCT;
      if (claim?.metadata.uid !== uid || !isOurs || this.#broken.has(AWAY)) continue;
      if (!aliveIn(this.#lab.sandbox, key).some((one) => one.id === id))
        throw new Error(`3: ${id.slice(0, 8)} is gone, which ${key} had started without, and its source is ours`);
    }
  }

  /** What index and restore point know at this moment. */
  #knowledge(key: string): Knowledge {
    const [where = '', claim = ''] = key.split('/');
    const sources = this.#lab.kube.view('ReplicationSource').filter((one) => one.metadata.namespace === where);
    const tells = sources.some(
      (one) =>
        one.spec?.['sourcePVC'] === claim &&
        /snapshot [0-9a-f]{8} saved/.test(text(one, 'status.latestMoverStatus.logs') ?? ''),
    );
    const notes = this.#lab.kube.peek('ReplicationDestination', where, `${claim}-restore`)?.metadata.annotations ?? {};
    const entry = /^\S+ \S+ ([0-9a-f]{8}) /.exec(this.#lab.index()[indexKey({ namespace: where, claim })] ?? '')?.[1];
    const until = Date.parse(notes[ANNOTATION.holdUntil] ?? '');
    return {
      lastLook: this.#lastLook,
      refusesStale: this.#overlay === 'strict',
      known: [entry, notes[ANNOTATION.verifiedSnapshot], notes[ANNOTATION.newestSnapshot]].filter(
        (id) => typeof id === 'string',
      ),
      sourceTells: tells,
      unfetchable: this.#unfetchable(until),
    };
  }

  /** Why older data may be handed out. */
  #unfetchable(until: number): string | null {
    if (this.#broken.size > 0) return 'something is broken';
    if (this.#clock.now - (this.#lastLook ?? 0) > 20 * MINUTE) return 'no worker for 20 minutes';
    return until <= this.#clock.now ? 'its renewal has had its time' : null;
  }
}

/** The week of a seed, told. Rejects with its story when a sentence is broken. */
export async function liveThrough(
  lab: Lab,
  how: { seed: number; steps: number; clock: { now: number } },
): Promise<string[]> {
  const week = new Week(lab, new Dice(how.seed), how.clock);
  try {
    week.begin();
    for (let step = 0; step < how.steps; step += 1) await week.step();
    await week.end();
  } catch (error) {
    const story = week.story.map((line) => `  ${line}`).join('\n');
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `seed ${how.seed} breaks sentence ${why}\n${story}\n(play it again: PREWARM_RANDOM=1x${how.steps}@${how.seed})`,
      { cause: error },
    );
  }
  return week.story;
}
