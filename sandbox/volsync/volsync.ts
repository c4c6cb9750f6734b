/** VolSync on the sandbox's API: reacts to every change, runs syncs, binds claims, and can be made to fail. */
import type { Kube } from '../kube/kube.ts';
import { settleDue } from './completion.ts';
import { at, text, type Change, type KubeObject } from '../kube/objects.ts';
import type { S3 } from '../s3/s3.ts';
import { backup } from './backup.ts';
import { Claims } from './claims.ts';
import { Contents } from './contents.ts';
import { haunt } from './ghost.ts';
import { isSyncKind, type SyncKind } from './kinds.ts';
import { MoverFaults, type ImageFault, type MoverFault, type MoverHang, type MoverMatch } from './mover-faults.ts';
import { logBytes, templateOf, type Operator, type Pace, type Sync } from './operator.ts';
import { isPrime } from './populator.ts';
import type { World } from './repository.ts';
import { restore } from './restore.ts';
import { Interrupted, Timers } from './timers.ts';

const DUE_MILLIS = 200;

export interface VolSyncOptions {
  kube: Kube;
  s3: S3;
  clock: () => Date;
  pace: Pace;
  passingErrors: boolean;
  password: string;
  restic: World['restic'];
}

/** Does this object want a sync now? */
function wantsSync(object: KubeObject, now: Date): boolean {
  if (at(object, 'spec.restic') === undefined) return false;
  if (text(object, 'status.lastSyncTime') === undefined) return true;
  const manual = text(object, 'spec.trigger.manual');
  if (manual !== undefined) return manual !== text(object, 'status.lastManualSync');
  if (at(object, 'spec.trigger.schedule') === undefined) return true;
  const due = text(object, 'status.nextSyncTime');
  return due === undefined || Date.parse(due) <= now.getTime();
}

export class VolSync {
  readonly #operator: Operator;
  readonly #claims: Claims;
  readonly #timers = new Timers();
  readonly #syncs = new Map<string, Sync>();
  readonly #dirty = new Set<string>();
  /** keys of Pending claims, so that a change does not have to check all claims */
  readonly #unbound = new Set<string>();
  readonly #sizes = new Map<string, number>();
  /** claims for which the populator misses the next notification */
  readonly #deaf = new Set<string>();
  readonly #unsubscribe: () => void;
  #due: NodeJS.Timeout | null = null;
  #away: { promise: Promise<void>; resolve: () => void } | null = null;
  #concurrent = 0;
  #concurrentMax = 0;
  #stopped = false;

  constructor(options: VolSyncOptions) {
    const { kube, s3, clock, pace, passingErrors, password, restic } = options;
    const world = { s3, clock, restic, passwords: new Map<string, string>(), defaultPassword: password };
    const shared = { kube, world, pace, passingErrors, contents: new Contents(kube), faults: new MoverFaults() };
    this.#operator = {
      ...shared,
      timers: this.#timers,
      sizeOf: (snapshot) => this.#sizes.get(snapshot) ?? 0,
      logBytes: () => logBytes(kube),
      present: async () => {
        while (this.#away !== null) await this.#away.promise;
      },
      count: (change) => {
        this.#concurrent += change;
        this.#concurrentMax = Math.max(this.#concurrentMax, this.#concurrent);
      },
    };
    this.#claims = new Claims(this.#operator, (claim) => this.#mark('PersistentVolumeClaim', claim));
    this.#unsubscribe = kube.onChange((change) => this.#notice(change));
  }

  /** Processes all existing objects, and starts the schedules. */
  start(): void {
    for (const kind of ['ReplicationDestination', 'ReplicationSource', 'PersistentVolumeClaim']) {
      for (const object of this.#operator.kube.view(kind)) this.#notice({ type: 'ADDED', object });
    }
    this.#due = setInterval(() => this.lookAtSchedules(), DUE_MILLIS).unref();
  }

  /** Cancels everything. */
  stop(): void {
    this.#stopped = true;
    this.#unsubscribe();
    if (this.#due !== null) clearInterval(this.#due);
    this.#timers.stop();
    this.resume();
  }

  /** Restore movers at work now. */
  get concurrent(): number {
    return this.#concurrent;
  }

  /** The most restore movers that were at work at once. */
  get concurrentMax(): number {
    return this.#concurrentMax;
  }

  resetConcurrentMax(): void {
    this.#concurrentMax = this.#concurrent;
  }

  /** Makes the pods of matching movers fail; returns a function that stops this. */
  failMovers(match: MoverMatch, how: MoverFault): () => void {
    return this.#operator.faults.fail(match, how);
  }

  /** Keeps the pods of matching movers from starting; returns a function that lets them start. */
  hangMovers(match: MoverMatch, how: MoverHang): () => void {
    return this.#operator.faults.hangs.add(match, how);
  }

  /** Makes the images of matching destinations late, unusable or wrong; returns a function that stops this. */
  spoilImages(match: MoverMatch, how: ImageFault): () => void {
    return this.#operator.faults.images.add(match, how);
  }

  /** Lets the Job of a matching destination appear once more a moment after the destination was deleted. */
  hauntMovers(match: MoverMatch): () => void {
    return this.#operator.faults.ghosts.add(match, true);
  }

  /** Sets the size of a snapshot in bytes: a restore into a smaller volume fails. */
  weigh(snapshot: string, bytes: number): void {
    this.#sizes.set(snapshot, bytes);
  }

  /** Makes the populator miss that a claim's volume is ready. It notices on the next write to the destination. */
  missWakeUp(namespace: string, claim: string): void {
    this.#deaf.add(`${namespace}/${claim}`);
  }

  /** Pauses VolSync: no sync starts, and no status is written. Running pods finish their work. */
  pause(): void {
    this.#away ??= Promise.withResolvers<void>();
  }

  resume(): void {
    this.#away?.resolve();
    this.#away = null;
  }

  /** Force-deletes the pod of a destination's mover: its lock stays and the Job makes another; false when none works. */
  killMover(namespace: string, destination: string): boolean {
    const pod = this.#syncs.get(`ReplicationDestination/${namespace}/${destination}`)?.pod ?? null;
    pod?.abort('killed');
    return pod !== null;
  }

  /** What an image holds: a snapshot's id, null for an empty one, undefined when it is not known. */
  holds(image: string, namespace?: string): string | null | undefined {
    return this.#operator.contents.ofImage(image, namespace)?.snapshot;
  }

  /** What a claim's volume was filled from: a snapshot's id, null for an empty start, undefined when it is not Bound. */
  contentOf(namespace: string, claim: string): string | null | undefined {
    return this.#operator.contents.ofClaim(namespace, claim)?.snapshot;
  }

  /** The application writes: from now on a backup of this volume has something to save. Throws when it is not Bound. */
  write(namespace: string, claim: string): void {
    const bound = this.#operator.kube.peek('PersistentVolumeClaim', namespace, claim);
    const content = this.#operator.contents.ofClaim(namespace, claim);
    if (bound === undefined || content === undefined) throw new Error(`${namespace}/${claim} is not Bound`);
    this.#operator.contents.setClaim(bound, { ...content, written: true });
  }

  /** Starts all due syncs now, without waiting for the timer. */
  lookAtSchedules(): void {
    const now = this.#operator.world.clock().getTime();
    for (const kind of ['ReplicationDestination', 'ReplicationSource'] as const) {
      for (const object of this.#operator.kube.view(kind)) {
        const due = text(object, 'status.nextSyncTime');
        if (due !== undefined && Date.parse(due) <= now) this.#mark(kind, object);
      }
    }
  }

  /** Resolves when no sync runs. After the timeout it rejects with the list of what still runs. */
  async idle(timeoutMillis = 10_000): Promise<void> {
    const end = performance.now() + timeoutMillis;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      const running = [...this.#syncs].filter(([, sync]) => this.#counts(sync)).map(([key]) => key);
      const noticed = this.#away === null ? this.#dirty.size : 0;
      if (running.length === 0 && noticed === 0 && !this.#claims.busy) return;
      if (performance.now() > end) throw new Error(`VolSync is not idle: ${[...running, ...this.#dirty].join(', ')}`);
    }
  }

  #counts(sync: Sync): boolean {
    if (sync.state !== 'working' || (this.#away !== null && sync.pod === null)) return false;
    const { kube } = this.#operator;
    return at(kube.peek(sync.kind, sync.namespace, sync.name), 'spec.trigger') !== undefined;
  }

  #notice(change: Change): void {
    const { object } = change;
    const { kind } = object;
    if (kind === 'PersistentVolumeClaim') this.#noticeClaim(change);
    if (isSyncKind(kind)) this.#noticeSync(kind, change);
    if (kind === 'ReplicationDestination' || kind === 'VolumeSnapshot') this.#wake(object.metadata.namespace);
    if (kind === 'StorageClass') this.#wake(undefined);
  }

  #noticeClaim(change: Change): void {
    const { object, type } = change;
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const pending = type !== 'DELETED' && object.status?.['phase'] === 'Pending';
    if (pending) {
      this.#unbound.add(key);
      this.#mark('PersistentVolumeClaim', object);
    } else this.#unbound.delete(key);
    if (type === 'DELETED') this.#claims.release(object);
    else if (!pending && isPrime(object)) this.#noticePrime(object);
  }

  /** The populator's claim is Bound: checks the user's claim again, unless a test called `missWakeUp` for it. */
  #noticePrime({ metadata }: KubeObject): void {
    const owner = `${metadata.namespace ?? ''}/${metadata.ownerReferences?.[0]?.name ?? ''}`;
    if (!this.#deaf.delete(owner)) this.#markKey(`PersistentVolumeClaim/${owner}`);
  }

  #noticeSync(kind: SyncKind, change: Change): void {
    const { object, type } = change;
    const sync = this.#syncs.get(`${kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`);
    if (type === 'DELETED') {
      sync?.end.abort('gone');
      void haunt(this.#operator, object);
    } else if (sync === undefined) this.#mark(kind, object);
    else if (sync.template !== null && sync.template !== templateOf(object)) sync.pod?.abort('replaced');
    else if (at(object, 'spec.paused') === true) sync.pod?.abort('paused');
  }

  /** Checks the Pending claims again, in one namespace or in all. */
  #wake(namespace: string | undefined): void {
    for (const key of this.#unbound) {
      if (namespace === undefined || key.startsWith(`${namespace}/`)) this.#markKey(`PersistentVolumeClaim/${key}`);
    }
  }

  #mark(kind: string, object: KubeObject): void {
    this.#markKey(`${kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`);
  }

  #markKey(key: string): void {
    if (this.#stopped || this.#dirty.has(key)) return;
    this.#dirty.add(key);
    setImmediate(() => void this.#reconcile(key));
  }

  async #reconcile(key: string): Promise<void> {
    await this.#operator.present();
    this.#dirty.delete(key);
    if (this.#stopped) return;
    const [kind = '', namespace = '', name = ''] = key.split('/');
    try {
      if (isSyncKind(kind)) await this.#sync(key, { kind, namespace, name });
      else await this.#claims.reconcile(namespace, name);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
    }
  }

  async #sync(key: string, ref: { kind: SyncKind; namespace: string; name: string }): Promise<void> {
    if (!this.#syncs.has(key)) settleDue(this.#operator, ref);
    const object = this.#operator.kube.peek(ref.kind, ref.namespace, ref.name);
    if (object === undefined || this.#syncs.has(key) || !wantsSync(object, this.#operator.world.clock())) return;
    const { uid } = object.metadata;
    const sync: Sync = { ...ref, uid, end: new AbortController(), pod: null, template: null, state: 'working' };
    this.#syncs.set(key, sync);
    try {
      await (ref.kind === 'ReplicationDestination' ? restore(this.#operator, sync) : backup(this.#operator, sync));
    } finally {
      this.#syncs.delete(key);
      this.#markKey(key); // the trigger may have changed meanwhile, or there is no trigger at all
    }
  }
}
