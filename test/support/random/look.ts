/** The eyes of one run in the plan's world: names once, the inside of repositories where it would look, records and volumes where it asks. */
import { claimKey } from '../../../src/naming.ts';
import type { ClaimRecord, RecordLook } from '../../../src/claim-record.ts';
import type { BucketView, ClusterView, LockObject, Probe, SnapshotObject } from '../../../src/model.ts';
import { digestOf, wantsRecord } from '../../../src/plan/backup/records.ts';
import { withProbe } from '../../../src/plan/facts/looked-again.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import { isUndecided, lookupsWanted, turnsOf, wantsLocks, wantsProbe } from '../../../src/plan/fleet/lookups.ts';
import { contextOf, planFor, situationsOf, type PlanResult } from '../../../src/plan/plan.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import { bucketView, listed, unknownRoot } from '../build.ts';

/** What a look at the bucket and the cluster would find. */
export interface Sight {
  repositories: ReadonlyMap<string, readonly SnapshotObject[]>;
  locks: (key: string) => LockObject[];
  /** by claim key: the image that its claim was populated from, null = none */
  populatedFrom: (key: string) => string | null;
  cluster: ClusterView;
  marked: boolean;
  records: Map<string, ClaimRecord>;
  fault: BucketFault | null;
}

/** `away`: an empty root; `unknown`: no root; `partly`: a namespace cannot be listed; `silent`: no repository can be looked into; `lies`: each looks empty. */
export type BucketFault = 'unknown' | 'away' | 'partly' | 'silent' | 'lies';

const UNREADABLE = { state: 'unknown', reason: 'listing-failed', message: 'HTTP 503' } as const;

export class Look {
  readonly #settings: Settings;
  readonly #probes = new Map<string, Probe>();
  readonly #records = new Map<string, RecordLook>();
  readonly #written = new Map<string, string>();
  #root: BucketView | null = null;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** One pass of the run: sees, and decides. */
  pass(sight: Sight, now: number): PlanResult {
    const bucket = this.#bucket(sight, now);
    const seen = { bucket, cluster: sight.cluster, settings: this.#settings, now };
    const found = situationsOf(seen, seen.settings, now);
    const turns = turnsOf(found, now, sight.cluster.index.generatedAt);
    const situations = found.map((s) =>
      this.#recorded(wantsProbe(s, turns.has(s.key), now, isUndecided(s, seen)) ? this.#probed(s, sight) : s, sight),
    );
    const context = contextOf(situations, seen);
    const { volumes } = lookupsWanted(situations, context);
    if (volumes.length === 0) return planFor(situations, context);
    const known = volumes.map((ref) => [claimKey(ref), sight.populatedFrom(claimKey(ref))] as const);
    const cluster = { ...sight.cluster, volumes: new Map(known) };
    return planFor(situations, contextOf(situations, { ...seen, cluster }));
  }

  /** Writes the claim records of a plan. */
  record({ records }: PlanResult, sight: Sight): void {
    if (sight.fault !== null) return;
    for (const record of records) {
      sight.records.set(claimKey(record), record);
      this.#written.set(claimKey(record), digestOf(record));
    }
  }

  #bucket({ repositories, marked, fault }: Sight, startedAt: number): BucketView {
    if (this.#root !== null) return this.#root;
    const maps = { probes: this.#probes, records: this.#records, written: this.#written };
    const keys = fault === 'away' ? [] : [...repositories.keys()];
    const names = bucketView(Object.fromEntries(keys.map((key) => [key, null])), { startedAt, marked, ...maps });
    if (fault === 'unknown') this.#root = { ...names, root: unknownRoot() };
    else if (fault === 'partly' && names.root.state === 'listed') {
      const namespaces = new Map(names.root.namespaces).set('media', UNREADABLE);
      this.#root = { ...names, root: { ...names.root, namespaces } };
    } else this.#root = names;
    return this.#root;
  }

  #probed(s: Situation, { repositories, locks, fault }: Sight): Situation {
    const snapshots = fault === 'lies' ? [] : (repositories.get(s.key) ?? []);
    const probe: Probe =
      fault === 'silent' ? UNREADABLE : listed(snapshots, wantsLocks(s, snapshots) ? locks(s.key) : null);
    this.#probes.set(s.key, probe);
    return withProbe(s, probe, this.#settings);
  }

  #recorded(s: Situation, { records, fault }: Sight): Situation {
    if (!wantsRecord(s, this.#root?.startedAt ?? 0))
      return this.#records.has(s.key) ? { ...s, record: this.#records.get(s.key) ?? null } : s;
    const record = records.get(s.key);
    const look: RecordLook =
      fault === null
        ? record === undefined
          ? { state: 'absent' }
          : { state: 'read', record, etag: null }
        : { state: 'failed', message: 'HTTP 503' };
    this.#records.set(s.key, look);
    return { ...s, record: look };
  }
}
