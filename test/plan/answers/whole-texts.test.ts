/** Findings and facts of an explanation, word for word, with names and numbers filled in. */
import { describe, expect, it } from 'vitest';
import type { ClusterFailure } from '../../../src/failures.ts';
import { explain } from '../../../src/plan/answers/explanation.ts';
import { findingsOf } from '../../../src/plan/answers/findings.ts';
import type { Repository } from '../../../src/plan/facts/repositories.ts';
import type { ProtectedClaim } from '../../../src/plan/backup/protected-claim.ts';
import { NO_MEMORY } from '../../../src/memory.ts';
import { NO_SOURCE_MEMORY } from '../../../src/source.ts';
import {
  HOUR,
  IMAGE,
  KEY,
  LATER,
  MINUTE,
  NEWEST,
  NOW,
  OLD,
  PROVEN,
  bucketView,
  claim,
  clusterView,
  destination,
  fullId,
  indexOf,
  listed,
  lostCluster,
  namespace,
  planOf,
  snapshot,
  snapshots,
  source,
  type World,
} from '../../support/build.ts';
import { UNREAD, repository } from '../../support/facts.ts';

const { claims, context: CONTEXT } = planOf();
const one = (facts: Partial<ProtectedClaim>): ProtectedClaim => ({ ...claims[0]!, ...facts });

function said(world: World, reason: string): string[] {
  return planOf(world).findings.flatMap((found) =>
    found.reason === reason ? [`${found.about}: ${found.message}`] : [],
  );
}

describe('a finding reads', () => {
  const failure = (
    resource: ClusterFailure['resource'],
    ns: string | null,
    kind: ClusterFailure['kind'],
    message: string,
  ): ClusterFailure => ({ resource, namespace: ns, kind, message });
  const failed = (...failures: ClusterFailure[]): string[] =>
    said({ cluster: clusterView({ failures }) }, 'listing-failed');

  it('of lists that fail: each by itself, or as one cause', () => {
    const timeout = 'GET /api/v1/secrets: timeout';
    const two = [
      failure('secrets', 'media', 'failed', timeout),
      failure('jobs', null, 'failed', 'GET /apis/batch/v1/jobs: timeout'),
    ];
    expect(failed(...two)).toEqual([`secrets in media: ${timeout}`, 'jobs: GET /apis/batch/v1/jobs: timeout']);
    expect(failed(...two, failure('namespaces', null, 'failed', 'GET /api/v1/namespaces: timeout'))).toEqual([
      'cluster: timeout; not listed: secrets in media, jobs, namespaces',
    ]);
    expect(failed(...two, failure('namespaces', null, 'failed', 'GET /api/v1/namespaces: refused'))).toHaveLength(3);
    const down = (['secrets', 'jobs', 'namespaces'] as const).map((resource, number) =>
      failure(resource, null, 'unreachable', `no answer ${number}`),
    );
    expect(failed(...down)).toEqual(['cluster: no answer 0; not listed: secrets, jobs, namespaces']);
  });

  it('of the bucket: what is unknown, what has no place, and that it is empty', () => {
    const unread = { state: 'unknown', reason: 'listing-failed', message: 'denied' } as const;
    const root = {
      state: 'listed',
      namespaces: new Map([['media', unread]]),
      strangers: [],
      misplaced: [],
      marked: true,
    } as const;
    expect(said({ bucket: bucketView({}, { root }) }, 'listing-failed')).toContain('bucket folder media/: denied');
    const probes = new Map([
      ['media/x', unread],
      ['s3:http://x/b of media/s', unread],
    ]);
    expect(
      findingsOf([], { ...CONTEXT, bucket: { ...CONTEXT.bucket, probes } }).map(
        ({ about, message }) => `${about}: ${message}`,
      ),
    ).toEqual(['bucket folder media/x/: denied', 'repository s3:http://x/b of media/s: denied']);
    expect(said({ bucket: bucketView(undefined, { strangers: ['X'.repeat(120)] }) }, 'name-invalid')).toEqual([
      `bucket key ${'X'.repeat(100)}: no namespace can have this name, so it is left alone`,
    ]);
    const unmarked = (repositories: Parameters<typeof bucketView>[0]): string[] =>
      said({ bucket: bucketView(repositories, { marked: false }), cluster: lostCluster() }, 'bucket-unmarked');
    expect([unmarked({}), unmarked({ [KEY]: listed([]) }), unmarked({ [KEY]: listed(snapshots()) })]).toEqual([
      ['bucket volsync-backups/: the bucket is empty'],
      ['bucket volsync-backups/: no folder in the bucket is a repository with a snapshot'],
      [],
    ]);
  });

  it('of the index: what no policy reads, and how old it is', () => {
    const view = indexOf({}, {});
    const index = (change: Partial<typeof view>): string[] =>
      said({ cluster: clusterView({ index: { ...view, ...change } }) }, 'index-missing');
    expect(index({ shards: [] })).toEqual([
      'volsync-system/volsync-prewarm-index: the index object does not exist, so no policy knows of any backup, and claims can start empty',
    ]);
    expect(index({ shards: view.shards.map((shard) => ({ ...shard, selected: shard.number === 0 })) })).toEqual([
      'volsync-system/volsync-prewarm-index-1: the index object lacks the label volsync-prewarm/index: "true", so no policy reads it',
    ]);
    const old = {
      bucket: bucketView({}, { root: { state: 'not-looked' } }),
      cluster: clusterView({ index: indexOf({ _generatedAt: new Date(NOW - HOUR).toISOString() }) }),
    } as const;
    expect(said(old, 'index-stale')).toEqual([
      'volsync-system/volsync-prewarm-index: last written from a listing of 2026-11-21T11:00:00.000Z',
    ]);
  });

  it('of one claim: its size, its mover, its lock, its password, and what cannot be restored', () => {
    const lost: World = { cluster: lostCluster({ namespaces: [namespace()] }) };
    expect(said({ ...lost, settings: { defaultCapacity: '3Gi' } }, 'capacity-assumed')).toEqual([
      `${KEY}: the size is 3Gi, from --default-capacity`,
    ]);
    expect(said(lost, 'mover-unprivileged')).toEqual([`${KEY}: the mover cannot restore files that root does not own`]);
    const locked = bucketView({ [KEY]: listed(snapshots(), [{ name: 'f'.repeat(64), at: NOW - HOUR }]) });
    expect(said({ bucket: locked }, 'repository-locked')).toEqual([
      `${KEY}: a dead mover left a lock behind; backups fail until spec.restic.unlock of the source is changed`,
    ]);
    const changed = clusterView({
      credentials: { [KEY]: { state: 'ours', differs: ['RESTIC_PASSWORD'], password: PROVEN } },
    });
    expect(said({ cluster: changed }, 'password-changed')).toEqual([
      `${KEY}: the Secret plex-config-volsync-secret keeps the password with which a mover has opened the repository; RESTIC_PASSWORD in the Secret volsync-rustfs-base is another one, so a rebuilt cluster could not open it. Put the password back there, or, if the repository has the new one: kubectl annotate -n media pvc/plex-config volsync-prewarm/accept=base-uid/7 --overwrite`,
    ]);
    const byTime = one({
      backup: { state: 'present', snapshots: 3, newest: { id: fullId(LATER), at: NOW - MINUTE }, reason: null },
      destination: destination({
        manual: LATER,
        lastManualSync: LATER,
        spec: { ...destination().spec, restoreAsOf: NOW },
      }),
    });
    expect(findingsOf([byTime], CONTEXT)).toEqual([
      { reason: 'snapshot-not-restorable', about: KEY, message: `asked for ${LATER}, VolSync takes ${NEWEST}` },
    ]);
  });
});

describe('an explanation tells', () => {
  const facts = (changes: Partial<ProtectedClaim>): string[] =>
    explain(one(changes), CONTEXT).facts.map(({ what, seen }) => `${what} (${seen})`);
  const FAR: Repository = {
    where: { kind: 'out-of-reach', address: { backend: 'none', problem: 'empty' } },
    key: null,
    shown: 'far',
    secret: 'far',
    sources: ['b', 'a'],
    restored: false,
  };
  const newest = `newest ${NEWEST} at 2026-11-21T11:00:00.000Z`;

  it('where the backup was seen, or what remembers it', () => {
    const indexed = planOf({
      cluster: clusterView({ index: indexOf({ 'media.plex-config': `attach warm ${NEWEST} -` }) }),
    }).claims[0]!.indexed;
    const first = (changes: Partial<ProtectedClaim>): string | undefined =>
      facts({ probe: null, indexed: null, ...changes })[0];
    const present = `backup present: 2 snapshots, ${newest}`;
    expect(first({})).toBe(`${present} (cluster: annotations of the destination; no sign of a change since then)`);
    expect(first({ indexed })).toBe(`${present} (cluster: destination and index; no sign of a change since then)`);
    expect(first({ listed: { state: 'not-looked' } })).toBe(
      `${present} (cluster: annotations of the destination; the bucket was not listed)`,
    );
    expect(first({ listed: { state: 'no' } })).toBe(`${present} (bucket: not in the listing)`);
    expect(first({ listed: { state: 'unknown', reason: 'listing-failed', message: 'denied' } })).toBe(
      `${present} (bucket: denied)`,
    );
    expect(
      first({ backup: { state: 'present', snapshots: null, newest: { id: fullId(OLD), at: null }, reason: null } }),
    ).toBe(`backup present: newest ${OLD} (cluster: annotations of the destination; no sign of a change since then)`);
    expect(facts({ indexed })).toContain(
      `entry in the index: attach warm ${NEWEST} - (cluster: volsync-prewarm-index)`,
    );
    expect(facts({ repository: { ...FAR, where: { kind: 'layout' } } })[0]).toContain(
      '(bucket: listing of volsync-backups/media/plex-config/snapshots/)',
    );
  });

  it('of its repositories where they are, what is newest, and who writes', () => {
    const layout: Repository = { ...FAR, where: { kind: 'layout' }, sources: [] };
    const further = [
      { repository: FAR, probe: null },
      { repository: repository('s3:http://x/b/p'), probe: null },
      { repository: repository('s3:http://x/b/q'), probe: UNREAD },
      { repository: layout, probe: listed([snapshot(OLD, NOW)]) },
    ];
    const own = `repository s3:http://rustfs.example:9000/volsync-backups/media/plex-config, ${newest}, written by plex-config-backup (bucket: listing of its snapshots)`;
    expect(facts({ further }).slice(1, 6)).toEqual([
      own,
      'further repository without an address, no known snapshot, written by a, b (not asked: another kind of server, or one that --allow-endpoints does not name)',
      'further repository s3:http://x/b/p, no known snapshot, no source writes there (bucket: not looked into in this run)',
      'further repository s3:http://x/b/q, no known snapshot, no source writes there (bucket: the look failed)',
      `further repository s3:http://rustfs.example:9000/volsync-backups/media/plex-config, newest ${OLD} at 2026-11-21T12:00:00.000Z, no source writes there (bucket: listing of its snapshots)`,
    ]);
    expect(facts({})[1]).toBe('claim Bound, 5Gi requested, backup: hourly (cluster: persistentvolumeclaims)');
    const named = repository('s3:http://x/b/plex');
    const backup = { state: 'present', snapshots: 1, newest: { id: fullId(OLD), at: null }, reason: null } as const;
    expect(facts({ repository: named, backup }).slice(0, 2)).toEqual([
      `backup present: 1 snapshots, newest ${OLD} (bucket: listing of s3:http://x/b/plex)`,
      `repository s3:http://x/b/plex, newest ${OLD}, written by plex-config-backup (bucket: listing of its snapshots)`,
    ]);
  });

  it('as whom its movers run, where pods have told it', () => {
    const told = (podUser: string | null, managed = true): string | undefined =>
      facts({ sources: [source({ managed, memory: { ...NO_SOURCE_MEMORY, podUser } })] }).find((text) =>
        text.startsWith('pods'),
      );
    expect([told('1000:1000:1000'), told('none'), told(null), told('1000:1000:1000', false)]).toEqual([
      'pods of the claim run as 1000:1000:1000: so do its movers, where nobody names another user (cluster: annotation pod-user of plex-config-backup)',
      'pods of the claim name no user for its movers, or not all the same (cluster: annotation pod-user of plex-config-backup)',
      undefined,
      undefined,
    ]);
  });

  it('how the claim began, decided or not', () => {
    const began = (verdict: 'fresh' | null): string[] =>
      facts({ protection: { ...claims[0]!.protection, began: verdict } }).filter((text) => text.startsWith('how'));
    const evidence =
      'older than the first published index (this is the first run) (cluster: creationTimestamp and index)';
    expect([began(null), began('fresh')]).toEqual([
      [`how the claim began (not decided yet): ${evidence}`],
      [`how the claim began (fresh): ${evidence}`],
    ]);
  });

  it('the one line of the log that decides', () => {
    const log = (moverLogs: string): string[] =>
      facts({ destination: destination({ moverLogs }) }).filter((text) => text.startsWith('mover log'));
    const seen = '(cluster: status.latestMoverStatus)';
    expect([log('starting\n  Fatal: no key \nERROR\n'), log('nothing to say')]).toEqual([
      [`mover log: Fatal: no key ${seen}`],
      [],
    ]);
  });

  it('what VolSync is held back for, and what is not known', () => {
    const verified = { verified: { image: IMAGE, id: NEWEST, at: NOW }, provenImage: IMAGE };
    const held = (memory: Partial<typeof NO_MEMORY>): string | undefined =>
      facts({ destination: destination({ memory: { ...NO_MEMORY, ...verified, ...memory } }) }).find((text) =>
        text.startsWith('VolSync'),
      );
    expect([
      held({}),
      held({ nextBackup: NOW - MINUTE }),
      held({ suspect: { image: IMAGE, reason: 'image-empty' } }),
    ]).toEqual([
      undefined,
      'VolSync is kept from filling claims from it until 2026-11-21T12:19:00.000Z: backup-due (cluster: annotations that the policy prime reads)',
      'VolSync is kept from filling claims from it: image-empty (cluster: annotations that the policy prime reads)',
    ]);
    const fresh = { suspect: { image: IMAGE, reason: 'image-empty' }, fresh: 'uid-of-claim' };
    const other = { ...fresh, fresh: 'uid-of-another' };
    const kept =
      'VolSync is kept from filling claims from it: image-empty (cluster: annotations that the policy prime reads)';
    expect([held(fresh), held(other)]).toEqual([undefined, kept]);
    const marked = destination({ memory: { ...NO_MEMORY, ...verified, ...other } });
    expect(facts({ destination: marked, claimObject: null })).toContain(kept);
    expect(facts({ claimObject: claim({ request: null }) })[1]).toBe(
      'claim Bound, no requested, backup: hourly (cluster: persistentvolumeclaims)',
    );
    expect(facts({ source: source({ lastSyncAt: null }) })[2]).toBe(
      'source plex-config-backup, last sync never, next 2026-11-21T12:30:00.000Z (cluster: replicationsources)',
    );
    expect(facts({ destination: null })).toContain('no destination (cluster: replicationdestinations)');
  });
});
