import { expect, test, vi } from 'vitest';
import type { RecordedRequest } from '../../sandbox/kube/server.ts';
import { baseCredentials, claim, namespace, repository } from '../../sandbox/story.ts';
import { rightsOf } from '../../src/cluster/rights.ts';
import { startLab } from '../support/lab.ts';

const QUICK = ['--quiet-period', '0s'];
const LONG_AGO = new Date('2025-03-01T10:00:00Z');

/** `verb group/resource`, as RBAC sees the request; a server-side apply needs patch, and create when the object is new. */
function rightsUsed({ method, path, status }: RecordedRequest): string[] {
  const match = /^\/(?:api|apis\/([^/]+))\/[^/]+\/(?:namespaces\/[^/]+\/)?([^/]+)(\/[^/]+)?$/.exec(path);
  if (match === null) return [`? ${method} ${path}`];
  const [, group = '', resource = '', name] = match;
  const verbs =
    method === 'GET'
      ? [name === undefined ? 'list' : 'get']
      : [
          method === 'POST' ? 'create' : method.toLowerCase(),
          ...(method === 'PATCH' && status === 201 ? ['create'] : []),
        ];
  return verbs.map((verb) => `${verb} ${group}/${resource}`);
}

test(
  'a life with restores, backups, an empty image and a claim that waits in vain uses every right, and no other',
  { timeout: 180_000 },
  async () => {
    await using lab = await startLab();
    lab.kube.apply(namespace('media'));
    lab.kube.apply(baseCredentials('media', lab.s3.endpoint));
    repository(lab.s3, 'media/plex-config', [{ seed: 'first', at: LONG_AGO }]);
    repository(lab.s3, 'media/notes', [{ seed: 'first', at: LONG_AGO }]);
    // It hangs on a backup that is gone: a Warning event says so.
    lab.kube.apply(claim({ namespace: 'media', name: 'gone', labels: { backup: 'hourly' }, from: 'gone-restore' }));
    await lab.run();
    repository(lab.s3, 'media/plex-config', [{ seed: 'second', at: new Date(LONG_AGO.getTime() + 60_000) }]);
    await lab.run();
    // Keys that are renewed in the base follow.
    lab.kube.apply(baseCredentials('media', lab.s3.endpoint, { AWS_SESSION_TOKEN: 'for-an-hour' }));
    await lab.run();
    // An image that turns out empty is the one thing that is deleted: here its log is made to say so.
    lab.kube.patch('ReplicationDestination', 'media', 'plex-config-restore', {
      metadata: { annotations: { 'volsync-prewarm/verified-image': null } },
    });
    lab.kube.patchStatus('ReplicationDestination', 'media', 'plex-config-restore', {
      latestMoverStatus: { result: 'Successful', logs: 'No eligible snapshots found' },
    });
    await lab.run();
    // A claim comes back with its data, gets its backups, another tier, and is taken away for good.
    const tier = (backup: string): ReturnType<typeof claim> =>
      claim({ namespace: 'media', name: 'notes', size: '10Gi', labels: { backup }, from: 'notes-restore' });
    lab.kube.apply(tier('hourly'));
    await vi.waitFor(() => lab.volsync.write('media', 'notes'), { timeout: 60_000 });
    await lab.run(QUICK);
    await lab.volsync.idle();
    lab.kube.apply(tier('daily'));
    // A source is not changed within two minutes of its next backup: one of these moments is another.
    for (const minutes of [1, 6]) await lab.run(QUICK, { now: () => Date.now() + minutes * 60_000 });
    lab.kube.remove('PersistentVolumeClaim', 'media', 'notes');
    await lab.volsync.idle();
    await lab.run(QUICK, { now: () => Date.now() + 420_000 });
    await lab.run(QUICK, { now: () => Date.now() + 480_000 });
    expect(lab.kube.get('ReplicationSource', 'media', 'notes-backup')).toBeUndefined();
    // An index that is gone: does a policy miss it?
    lab.kube.remove('ReplicationDestination', 'volsync-system', 'volsync-prewarm-index');
    await lab.run();

    const used = [...new Set(lab.kube.requests.flatMap(rightsUsed))].sort();

    const granted = rightsOf('volsync-rustfs-base').map(({ verb, group, resource }) => `${verb} ${group}/${resource}`);
    expect(used).toEqual([...new Set(granted)].sort());
  },
);
