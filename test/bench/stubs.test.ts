import { Agent, request } from 'undici';
import { describe, expect, test } from 'vitest';
import { median, pairedRatio } from '../../bench/measure.ts';
import { loopbackIdentity } from '../../sandbox/serving.ts';
import { destinationName } from '../../src/naming.ts';
import { startInside } from './inside.ts';
import type { Inside } from './inside.ts';

const RDS = '/apis/volsync.backube/v1alpha1/replicationdestinations';
const RDS_OF_FIRST = '/apis/volsync.backube/v1alpha1/namespaces/app-00000/replicationdestinations';

interface Answer {
  status: number;
  body: {
    kind: string;
    metadata: { continue?: string; labels?: Record<string, string>; resourceVersion?: string };
    items: { kind?: string; metadata: { name: string }; data?: unknown }[];
    spec: { trigger: { manual: string } };
    status?: { lastManualSync?: string; lastSyncStartTime?: string; latestImage?: { name: string } };
  };
}

async function call(inside: Inside, path: string, apply?: unknown, accept = 'application/json'): Promise<Answer> {
  const agent = new Agent({ connect: { ca: loopbackIdentity().ca } });
  const write = { method: 'PATCH', body: JSON.stringify(apply) } as const;
  const reply = await request(inside.kube.url + path, {
    dispatcher: agent,
    headers: { accept, 'content-type': 'application/apply-patch+yaml' },
    ...(apply !== undefined && write),
  });
  const body: Answer['body'] = JSON.parse(await reply.body.text());
  await agent.close();
  return { status: reply.statusCode, body };
}

async function keys(inside: Inside, query: string): Promise<{ names: string[]; token: string | null; count: number }> {
  const xml = await (await fetch(`${inside.s3.url}/volsync-backups?list-type=2&${query}`)).text();
  return {
    names: [...xml.matchAll(/<(?:Key|CommonPrefixes><Prefix)>([^<]*)</g)].map((match) => match[1] ?? ''),
    token: /<NextContinuationToken>([^<]*)</.exec(xml)?.[1] ?? null,
    count: Number(/<KeyCount>(\d+)</.exec(xml)?.[1]),
  };
}

describe('the S3 stub', () => {
  test('lists one level behind a delimiter, in pages that lead on', async () => {
    await using inside = await startInside({ namespaces: 3, claims: 2 }, 'bare');
    const first = await keys(inside, 'delimiter=/&prefix=&max-keys=2');
    expect(first).toMatchObject({ names: ['app-00000/', 'app-00001/'], count: 2 });
    const second = await keys(inside, `delimiter=/&prefix=&max-keys=2&continuation-token=${first.token}`);
    expect(second).toEqual({ names: ['app-00002/'], token: null, count: 1 });
    expect((await keys(inside, 'delimiter=/&prefix=app-00001/')).names).toEqual([
      'app-00001/data-000/',
      'app-00001/data-001/',
    ]);
  });

  test('lists snapshots as restic names them, in byte order, and nothing for what is not there', async () => {
    await using inside = await startInside({ namespaces: 1, claims: 1 }, 'warm');
    const { names } = await keys(inside, 'prefix=app-00000/data-000/snapshots/');
    expect(names).toHaveLength(3);
    expect(names).toEqual(names.toSorted());
    for (const name of names) expect(name).toMatch(/\/snapshots\/[0-9a-f]{64}$/);
    expect((await keys(inside, 'prefix=app-00000/data-000/locks/')).names).toEqual([]);
    expect((await keys(inside, 'prefix=app-00000/other/snapshots/')).names).toEqual([]);
  });

  test('has its marker where an earlier run has been, and keeps it', async () => {
    await using inside = await startInside({ namespaces: 1, claims: 1 }, 'warm');
    await fetch(`${inside.s3.url}/__reset`, { method: 'POST', body: '{"objects":true}' });
    expect((await keys(inside, 'delimiter=/')).names).toEqual(['.volsync-prewarm/', 'app-00000/']);
  });

  test('counts by kind, and forgets when told to', async () => {
    await using inside = await startInside({ namespaces: 1, claims: 1 }, 'bare');
    await keys(inside, 'delimiter=/');
    await keys(inside, 'delimiter=/&prefix=app-00000/');
    await keys(inside, 'prefix=app-00000/data-000/snapshots/');
    await fetch(`${inside.s3.url}/volsync-backups/.volsync-prewarm/bucket`, { method: 'PUT', body: '{}' });
    expect(inside.s3.stats().kinds).toMatchObject({ root: 1, namespace: 1, snapshots: 1, write: 1, other: 0 });
    expect((await keys(inside, 'delimiter=/')).names).toEqual(['.volsync-prewarm/', 'app-00000/']);
    await fetch(`${inside.s3.url}/__reset`, { method: 'POST', body: '{"objects":true}' });
    expect((await keys(inside, 'delimiter=/')).names).toEqual(['app-00000/']);
    expect(inside.s3.stats().total).toBe(1);
  });
});

describe('the stub of the Kubernetes API', () => {
  test('lists in pages until there is no more', async () => {
    await using inside = await startInside({ namespaces: 2, claims: 3 }, 'warm');
    const names: string[] = [];
    let next: string | undefined = '';
    let pages = 0;
    while (next !== undefined) {
      const { body } = await call(inside, `${RDS}?limit=3${next === '' ? '' : `&continue=${next}`}`);
      names.push(...body.items.map((item) => item.metadata.name));
      next = body.metadata.continue;
      pages++;
    }
    expect(pages).toBe(3);
    expect(names).toHaveLength(7);
    expect(inside.kube.stats()).toMatchObject({ total: 3, writes: 0, requests: { 'list replicationdestinations': 3 } });
  });

  test('shows no data when only metadata is asked for, and honours a field selector', async () => {
    await using inside = await startInside({ namespaces: 2, claims: 3 }, 'warm');
    const partial = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
    const query = '?fieldSelector=metadata.name%3Dvolsync-rustfs-base';
    const { body } = await call(inside, `/api/v1/secrets${query}`, undefined, partial);
    expect(body.kind).toBe('PartialObjectMetadataList');
    expect(body.items).toHaveLength(2);
    for (const item of body.items) expect(item.data).toBeUndefined();
  });

  test('honours a label selector', async () => {
    await using inside = await startInside({ namespaces: 1, claims: 3 }, 'warm');
    const count = async (selector: string) => {
      const { body } = await call(
        inside,
        `/api/v1/persistentvolumeclaims?labelSelector=${encodeURIComponent(selector)}`,
      );
      return body.items.length;
    };
    expect(await count('backup in (hourly,daily)')).toBe(3);
    expect(await count('backup=daily')).toBe(0);
    expect(await count('!backup')).toBe(0);
  });

  test('creates by server-side apply, starts a restore, and shows what was written', async () => {
    await using inside = await startInside({ namespaces: 1, claims: 1 }, 'bare');
    const name = destinationName('data-000');
    const path = `${RDS_OF_FIRST}/${name}?fieldManager=test`;
    const body = { apiVersion: 'volsync.backube/v1alpha1', kind: 'ReplicationDestination', metadata: { name } };
    const created = await call(inside, path, { ...body, spec: { trigger: { manual: '01234567' } } });
    expect(created.status).toBe(201);
    expect(created.body.status?.lastSyncStartTime).toBeDefined();
    const again = await call(inside, path, { ...body, metadata: { name, labels: { a: 'b' } } });
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ metadata: { labels: { a: 'b' } }, spec: { trigger: { manual: '01234567' } } });
    const stale = await call(inside, path, { ...body, metadata: { name, resourceVersion: '1' } });
    expect(stale.status).toBe(409);
    expect((await call(inside, RDS)).body.items).toHaveLength(2);
    expect(inside.kube.stats()).toMatchObject({ writes: 3, requests: { 'apply replicationdestinations': 3 } });
  });

  test('can finish a restore at once', async () => {
    await using inside = await startInside({ namespaces: 1, claims: 1 }, 'bare', 'instant');
    const name = destinationName('data-000');
    const { body } = await call(inside, `${RDS_OF_FIRST}/${name}`, {
      metadata: { name },
      spec: { trigger: { manual: '01234567' } },
    });
    expect(body.status?.lastManualSync).toBe('01234567');
    const images = await call(inside, '/apis/snapshot.storage.k8s.io/v1/volumesnapshots');
    expect(images.body.items.map((item) => item.metadata.name)).toEqual([body.status?.latestImage?.name]);
  });

  test('refuses every n-th request when told to', async () => {
    await using inside = await startInside({ namespaces: 1, claims: 1 }, 'warm');
    inside.kube.reset({ refuseEvery: 2 });
    const statuses = [];
    for (let turn = 0; turn < 4; turn++) statuses.push((await call(inside, RDS)).status);
    expect(statuses).toEqual([200, 429, 200, 429]);
  });
});

test('the floor script makes exactly the requests of the observation', async () => {
  await using inside = await startInside({ namespaces: 4, claims: 5 }, 'warm');
  const { stdout } = await inside.run('bench/floor.ts', []);
  expect(JSON.parse(stdout)).toEqual({ repositories: 20, objects: [7, 4, 21, 20, 20, 20, 0] });
  expect(inside.s3.stats().kinds).toMatchObject({ root: 1, namespace: 4, snapshots: 0, other: 0 });
  expect(inside.kube.stats()).toMatchObject({ total: 7, writes: 0 });
});

test('the stock client opens a connection for every write', async () => {
  await using inside = await startInside({ namespaces: 2, claims: 3 }, 'bare');
  expect((await inside.run('bench/stock-create.ts', ['2x3'])).exitCode).toBe(0);
  expect(inside.kube.stats()).toMatchObject({
    writes: 12,
    tlsConnections: 12,
    requests: { 'apply replicationdestinations': 6, 'apply secrets': 6 },
  });
});

test('a ratio is judged between neighbours in time', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(pairedRatio([1, 10, 2], [2, 20, 1], (value) => value)).toBe(0.5);
});
