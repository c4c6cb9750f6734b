/**
 * The ground of a random week in the plan's world: bucket, cluster and VolSync as they are, claims that come, are filled and go, and
 * what is asked of each of these moments. The policies are the ones that `readiness` tells (a test holds those to the shipped ones).
 */
import { indexView } from '../../../src/index/view.ts';
import type { Claim, ClusterView, Destination, OtherClaim, SnapshotObject } from '../../../src/model.ts';
import { destinationName, refOf, type Tier } from '../../../src/naming.ts';
import { SAFE, admission } from '../../../src/plan/answers/readiness-policies.ts';
import { heldBack } from '../../../src/plan/facts/held-back.ts';
import { readSaved } from '../../../src/restic/log-lines.ts';
import { shortId } from '../../../src/restic/ids.ts';
import { parseQuantity } from '../../../src/units.ts';
import { HOUR, MINUTE, NOW, base, claim, clusterView, fullId, indexOf, namespace } from '../build.ts';
import { putSource, volsync, type World } from '../world.ts';
import { History } from './history.ts';
import type { BucketFault } from './look.ts';
import { emptyStart, olderData } from './sentences.ts';
import { aliveIn, backUps, idOf, jobOf } from './sources.ts';
import type { Birth } from './truth.ts';

/** What Git says of an app. */
export interface App {
  key: string;
  wanted: boolean;
  size: string;
  tier: Tier;
  labelled: boolean;
  /** its manifest refers to the restore point */
  refers: boolean;
}

export class Ground {
  world: World;
  readonly history = new History();
  readonly apps: readonly App[];
  readonly story: string[] = [];
  /** why nobody can look at the moment; null = everybody can */
  blind: string | null = null;
  bucketFault: BucketFault | null = null;
  listFault: ClusterView['failures'][number]['resource'] | null = null;
  /** the last look at the bucket got false answers */
  lied = false;
  lastRunAt = 0;
  /** claim keys of which the last run has said that the newest is a second writer's, which is not fetched by itself, and what is handed out */
  strangers: ReadonlySet<string> = new Set();
  /** by claim key: when somebody's own source came or went last, which no run may have seen */
  readonly stirred = new Map<string, number>();
  readonly #populated = new Map<string, string | null>();
  readonly #refusals = new Map<string, string>();
  readonly #onStale: 'allow' | 'deny';

  constructor(onStale: 'allow' | 'deny', apps: readonly App[]) {
    this.#onStale = onStale;
    this.apps = apps;
    this.world = {
      now: NOW,
      serial: 1000,
      repositories: new Map(),
      flukes: new Set(),
      cluster: clusterView({
        namespaces: [namespace(), namespace({ name: 'notes' })],
        bases: { media: base(), notes: base() },
        credentials: Object.fromEntries(apps.map(({ key }) => [key, { state: 'absent' as const }])),
        destinations: [],
        sources: [],
        claims: [],
        images: [],
        index: indexOf({ _onStale: onStale }),
      }),
    };
  }

  get cluster(): ClusterView {
    return this.world.cluster;
  }

  isWell(): boolean {
    return this.bucketFault === null && this.listFault === null && (this.world.troubles?.size ?? 0) === 0;
  }

  say(line: string): void {
    this.story.push(`${new Date(this.world.now).toISOString().slice(5, 16).replace('T', ' ')}  ${line}`);
  }

  /** A snapshot of before the story. */
  found(key: string, at: number): void {
    const snapshot: SnapshotObject = { id: fullId(idOf(this.#serial())), at };
    this.history.found({ id: snapshot.id, began: at, ended: at });
    this.setRepository(key, [...(this.world.repositories.get(key) ?? []), snapshot]);
  }

  setRepository(key: string, found: readonly SnapshotObject[]): void {
    this.world = { ...this.world, repositories: new Map(this.world.repositories).set(key, found) };
  }

  setCluster(parts: Partial<ClusterView>): void {
    this.world = { ...this.world, cluster: { ...this.cluster, ...parts } };
  }

  publish(parameters: Readonly<Record<string, string>>): void {
    const [shard] = this.cluster.index.shards;
    if (shard === undefined) throw new Error('a week has one index object');
    this.setCluster({ index: indexView([{ ...shard, parameters: { _onStale: this.#onStale, ...parameters } }]) });
  }

  alive(key: string): string {
    const ids = aliveIn(this.world, key).map(({ id }) => shortId(id));
    return ids.slice(-4).join(' ') || 'nothing';
  }

  // ── VolSync's and the apps' time ───────────────────────────────────────────────────────────────────────────────────

  /** A minute of everybody, who was refused included. */
  tick(): void {
    this.world = backUps(volsync(this.world), {
      saved: (_, snapshot, by) => {
        this.history.saved(snapshot, by);
        this.say(`  ${by.source.name} has saved ${shortId(snapshot.id)}`);
      },
      forgets: (key, ids, by) => {
        if (ids.length > 0) this.say(`  ${by.source.name} forgets ${ids.map(shortId).join(' ')}`);
        const broken = this.history.forgets(key, ids, by);
        if (broken !== null) throw new Error(broken);
        for (const id of ids) this.history.lost(id);
      },
    });
    this.#populate();
    for (const app of this.apps) if (app.wanted && !this.#isThere(app.key)) this.create(app);
  }

  /** Time goes by, and backups run as they are due. */
  live(millis: number): void {
    const until = this.world.now + millis;
    while (this.world.now < until) {
      const due = [...this.cluster.allSources.values()].flat().map(({ nextSyncAt }) => nextSyncAt ?? 0);
      const next = Math.min(until, this.world.now + 6 * HOUR, ...due.filter((at) => at > this.world.now));
      this.world = { ...this.world, now: next };
      for (let count = 0; count < 4; count += 1) this.tick();
    }
  }

  // ── claims ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #isThere(key: string): boolean {
    return this.cluster.claims.has(key) || this.cluster.otherClaims.has(key);
  }

  create(app: App): void {
    const { key, size: request, tier } = app;
    const { now } = this.world;
    const { namespace: where, claim: name } = refOf(key);
    const reference = { kind: 'ReplicationDestination', apiGroup: 'volsync.backube', name: destinationName(name) };
    const refers = { reference, bringsSource: true, restoresFromUs: true };
    const asked = claim({
      namespace: where,
      claim: name,
      uid: `claim-${this.#serial()}`,
      tier,
      createdAt: now,
      phase: 'Pending',
      request,
      restoresFromUs: false,
      ...(app.refers && refers),
    });
    if (!app.labelled) return this.#createOther(key, asked);
    const sources = this.cluster.allSources.get(key) ?? [];
    const destination = this.cluster.destinations.get(key) ?? null;
    const admitted = admission({ claim: asked, destination, sources, index: this.cluster.index, now }, SAFE);
    if ('refused' in admitted) return this.#refuse(key, admitted.refused.reason ?? 'its restore point');
    this.#refusals.delete(key);
    const waits = admitted.attached || app.refers;
    const made: Claim = waits ? { ...asked, ...refers } : asked;
    this.say(`${key} is created ${waits ? 'and waits for its data' : 'without a data source'}`);
    this.setClaim(made);
    if (!waits) this.#bind(key, made, null);
  }

  /** Without a label no policy looks at it, and it starts empty: its owner's word. */
  #createOther(key: string, { namespace: where, claim: name, uid, createdAt, request, storageClass }: Claim): void {
    const other: OtherClaim = {
      namespace: where,
      claim: name,
      uid,
      label: null,
      createdAt,
      phase: 'Bound',
      request,
      storageClass,
      restoresFrom: null,
    };
    this.setCluster({ otherClaims: new Map(this.cluster.otherClaims).set(key, other) });
    this.say(`${key} is created without a label`);
    const alive = aliveIn(this.world, key);
    this.history.bound({ key, uid, createdAt: createdAt ?? 0, holds: null, alive });
    this.#populated.set(uid, null);
  }

  /** A claim gets the label while it lives. */
  labelled(made: Partial<Claim>): void {
    this.setClaim(claim({ ...made, restoresFromUs: false, volumeName: `pv-of-${made.uid}` }));
  }

  setClaim(made: Claim): void {
    this.setCluster({ claims: new Map(this.cluster.claims).set(`${made.namespace}/${made.claim}`, made) });
  }

  /** Says it once, and again when the reason is another one. */
  #refuse(key: string, why: string): void {
    if (this.#refusals.get(key) !== why) this.say(`${key} is refused: ${why}`);
    this.#refusals.set(key, why);
  }

  /** The app goes; `all`: with the sources that are not ours. */
  remove(app: App, { withSources }: { withSources: boolean }): void {
    app.wanted = false;
    const { key } = app;
    const claims = new Map(this.cluster.claims);
    const otherClaims = new Map(this.cluster.otherClaims);
    claims.delete(key);
    otherClaims.delete(key);
    this.setCluster({ claims, otherClaims });
    if (withSources) for (const source of this.cluster.allSources.get(key) ?? []) this.removeSource(key, source.name);
    this.say(`${key} is deleted${this.cluster.allSources.has(key) ? ', its source is left' : ''}`);
  }

  /** A source that goes takes its mover with it, whose lock stays. */
  removeSource(key: string, name: string): void {
    const found = (this.cluster.allSources.get(key) ?? []).find((one) => one.name === name);
    if (found === undefined) return;
    const movers = new Map(this.cluster.movers);
    if ((movers.get(jobOf(found))?.ready ?? 0) > 0) this.leaveLock(key);
    movers.delete(jobOf(found));
    this.world = putSource({ ...this.world, cluster: { ...this.cluster, movers } }, key, name, null);
  }

  leaveLock(key: string, age = 0): void {
    const left = { name: fullId(idOf(this.#serial())), at: this.world.now - age };
    this.world = {
      ...this.world,
      locks: new Map(this.world.locks).set(key, [...(this.world.locks?.get(key) ?? []), left]),
    };
  }

  populatedFrom(key: string): string | null {
    return this.#populated.get(this.cluster.claims.get(key)?.uid ?? '') ?? null;
  }

  // ── how claims are filled ──────────────────────────────────────────────────────────────────────────────────────────

  /** Fills the claims that wait, as soon as the image is there, and the policy `prime` lets it. */
  #populate(): void {
    for (const [key, made] of this.cluster.claims) {
      const d = this.cluster.destinations.get(key);
      if (made.phase !== 'Pending' || !made.restoresFromUs || d === undefined) continue;
      const image = this.#imageFor(d, made);
      if (image !== null) this.#bind(key, made, image);
    }
  }

  #imageFor(d: Destination, made: Claim): string | null {
    const image = this.cluster.images.get(`${d.namespace}/${d.latestImage?.name ?? ''}`);
    if (image === undefined || !image.ready || heldBack(d, made.uid, this.world.now) !== null) return null;
    const fits = (parseQuantity(made.request ?? '0') ?? 0) >= (parseQuantity(image.restoreSize ?? '0') ?? 0);
    return fits ? image.name : null;
  }

  #bind(key: string, made: Claim, image: string | null): void {
    const holds = image === null ? null : (this.world.contents?.get(`${made.namespace}/${image}`) ?? null);
    this.#populated.set(made.uid, image);
    this.setClaim({ ...made, phase: 'Bound', volumeName: `pv-of-${made.uid}` });
    const birth: Birth = {
      key,
      uid: made.uid,
      createdAt: made.createdAt ?? 0,
      holds,
      alive: aliveIn(this.world, key),
    };
    this.history.bound(birth);
    const isFresh = this.cluster.destinations.get(key)?.memory.fresh === made.uid;
    this.say(`  ${key} is bound and holds ${holds === null ? 'nothing' : shortId(holds)}`);
    this.#judge(birth, isFresh);
  }

  #judge(birth: Birth, isFresh: boolean): void {
    const { key, holds } = birth;
    const { index } = this.cluster;
    const d = this.cluster.destinations.get(key);
    const entry = index.entries.get(key);
    const known = [entry?.id, d?.memory.verified?.id, d?.memory.newest, d?.asked?.id].filter(
      (id) => typeof id === 'string',
    );
    const sources = this.cluster.allSources.get(key) ?? [];
    const knowledge = {
      lastLook:
        this.lied || index.bucketUnmarked || index.unknownNamespaces.has(birth.key.split('/')[0] ?? '')
          ? null
          : index.generatedAt,
      refusesStale: this.#onStale === 'deny',
      known,
      sourceTells: sources.some((one) => one.hasBackup || readSaved(one.moverLogs) !== null),
      unfetchable: this.#unfetchable(key, d),
    };
    const broken =
      (isFresh ? null : emptyStart(birth, knowledge)) ?? olderData(birth, knowledge, this.history.beganAt(holds ?? ''));
    if (broken !== null) throw new Error(broken);
  }

  /** Why older data may be handed out. */
  #unfetchable(key: string, d: Destination | undefined): string | null {
    if (this.world.troubles?.has(key) === true) return 'its restores fail';
    if (this.blind !== null) return this.blind;
    if (this.strangers.has(key)) return 'the newest seems to be of a second writer, and that was said';
    if (this.world.now - this.lastRunAt > 20 * MINUTE) return 'no worker for 20 minutes';
    const until = d?.memory.holdUntil ?? null;
    return until !== null && until <= this.world.now ? 'its renewal has had its time' : null;
  }

  #serial(): number {
    this.world = { ...this.world, serial: this.world.serial + 1 };
    return this.world.serial;
  }
}
