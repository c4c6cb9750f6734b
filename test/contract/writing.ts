/** The status door, deleting, creating by POST, events. */
import { expect, test } from 'vitest';
import { at } from '../../sandbox/kube/objects.ts';
import { MERGE } from '../support/api.ts';
import { apply, destination, destinations, identity, made, NOBODY, secret, secrets, type Given } from './ground.ts';

const remove = (preconditions: object) => ({
  body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', preconditions },
});

/** Registers the sentences about everything that is not an apply of the object itself. */
export function writing(given: Given): void {
  test('the status has a door of its own: neither side changes the other', async () => {
    const { worker, admin, place } = given();
    const path = destinations(await place(), 'a');
    const withStatus = { ...destination('a'), status: { lastManualSync: 'mine' } };
    const created = await made(apply(worker, path, withStatus));
    expect(at(created, 'status')).toBeUndefined();
    const body = { spec: { trigger: { manual: 'x' } }, status: { lastManualSync: 'a' } };
    const told = await made(admin.request('PATCH', `${path}/status`, { type: MERGE, body }));
    expect(told).toMatchObject({
      spec: { trigger: { manual: 'a' } },
      status: { lastManualSync: 'a' },
      metadata: { generation: 1 },
    });
    expect(identity(told).resourceVersion).not.toBe(identity(created).resourceVersion);
    const again = await made(apply(worker, path, withStatus));
    expect(again).toMatchObject({ status: { lastManualSync: 'a' }, metadata: identity(told) });
  });

  test('deletes under preconditions: another uid or version is 409 and deletes nothing', async () => {
    const { worker, admin, place } = given();
    const path = destinations(await place(), 'a');
    const first = identity(await made(apply(worker, path, destination('a'))));
    const second = identity(await made(apply(worker, path, destination('a', { trigger: { manual: 'b' } }))));
    for (const wrong of [first, { ...second, uid: NOBODY }, { uid: NOBODY }]) {
      const answer = await worker.request('DELETE', path, remove(wrong));
      expect(answer).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
    }
    expect((await admin.request('GET', path)).code).toBe(200);
    const right = await worker.request('DELETE', path, remove(second));
    expect(right).toMatchObject({
      code: 200,
      body: { kind: 'Status', status: 'Success', details: { uid: second.uid } },
    });
    expect(await worker.request('DELETE', path, remove(second))).toMatchObject({
      code: 404,
      body: { reason: 'NotFound' },
    });
  });

  test('a name that is taken is 409 AlreadyExists', async () => {
    const { admin, place } = given();
    const path = destinations(await place());
    expect(await admin.request('POST', path, { body: destination('a') })).toMatchObject({ code: 201, warnings: [] });
    const again = await admin.request('POST', path, { body: destination('a') });
    expect(again).toMatchObject({ code: 409, body: { reason: 'AlreadyExists', details: { name: 'a' } } });
  });

  test('R8: an object is at most what etcd takes in one request, and what it remembers of its fields counts', async () => {
    const { worker, place } = given();
    const path = destinations(await place(), 'big');
    const external = (parameters: Record<string, string>) =>
      apply(worker, path, destination('big', { external: { provider: 'test', parameters } }));
    // Each key stands twice: in the object, and in its managed fields.
    const keys = Array.from({ length: 12_000 }, (_, n) => [`${n}`.padStart(60, 'k'), 'x'] as const);
    expect(await external(Object.fromEntries(keys))).toMatchObject({
      code: 500,
      body: { message: 'etcdserver: request is too large' },
    });
    expect(await external({ key: 'x'.repeat(1_600_000) })).toMatchObject({ code: 500 });
    expect(await external({ key: 'x'.repeat(1_500_000) })).toMatchObject({ code: 201 });
  });

  test('the type of a Secret cannot be changed, and its values are base64', async () => {
    const { worker, place } = given();
    const path = secrets(await place(), 's');
    await made(apply(worker, path, secret('s')));
    const other = { ...secret('s'), type: 'kubernetes.io/basic-auth' };
    expect(await apply(worker, path, other, { force: 'true' })).toMatchObject({
      code: 422,
      body: { reason: 'Invalid' },
    });
  });

  test('an event comes into being by apply, and the same again is the same', async () => {
    const { worker, place } = given();
    const namespace = await place();
    const path = `/api/v1/namespaces/${namespace}/events/plex-config.0a1b2c3d`;
    const time = '2026-01-01T10:00:00Z';
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'plex-config.0a1b2c3d', namespace },
      involvedObject: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: 'plex-config', uid: NOBODY },
      type: 'Warning',
      reason: 'RestoreBlocked',
      message: 'repository-empty: the backup is gone',
      source: { component: 'volsync-prewarm' },
      reportingComponent: 'volsync-prewarm',
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    };
    const first = await apply(worker, path, event, { force: 'true' });
    expect(first).toMatchObject({ code: 201, body: { reason: 'RestoreBlocked', count: 1 }, warnings: [] });
    const second = await apply(worker, path, event, { force: 'true' });
    expect(second.code).toBe(200);
    expect(identity(second.body)).toEqual(identity(first.body));
    const later = await made(
      apply(worker, path, { ...event, lastTimestamp: '2026-01-01T11:00:00Z', count: 2 }, { force: 'true' }),
    );
    expect(later).toMatchObject({ count: 2, lastTimestamp: '2026-01-01T11:00:00Z' });
  });

  test('a token that nobody gave out is 401', async () => {
    const answer = await given().stranger.request('GET', '/api/v1/namespaces');
    expect(answer).toMatchObject({ code: 401, body: { kind: 'Status', reason: 'Unauthorized' } });
  });
}
