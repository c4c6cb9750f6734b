/** Server-side apply: create, no change, preconditions, what is being deleted, places that are gone. */
import { expect, test } from 'vitest';
import { at } from '../../sandbox/kube/objects.ts';
import { MERGE } from '../support/api.ts';
import { apply, destination, destinations, identity, made, NOBODY, secret, secrets, type Given } from './ground.ts';

const FORCE = { force: 'true' };

/** Registers the sentences about server-side apply. */
export function applying(given: Given): void {
  test('creates what is absent; the same again is no new version', async () => {
    const { worker, place } = given();
    const path = destinations(await place(), 'a');
    const first = await apply(worker, path, destination('a'));
    expect(first).toMatchObject({ code: 201, body: { spec: { trigger: { manual: 'a' } } }, warnings: [] });
    expect(at(first.body, 'metadata.generation')).toBe(1);
    const second = await apply(worker, path, destination('a'));
    expect(second).toMatchObject({ code: 200, warnings: [] });
    expect(identity(second.body)).toEqual(identity(first.body));
    const forced = await apply(worker, path, destination('a', undefined, identity(first.body)), FORCE);
    expect(identity(forced.body)).toEqual(identity(first.body));
  });

  test('a Secret likewise; a key that is left out goes, a foreign one stays', async () => {
    const { worker, admin, place } = given();
    const path = secrets(await place(), 's');
    expect(await apply(worker, path, secret('s', { A: 'eA==', B: 'eA==' }))).toMatchObject({ code: 201, warnings: [] });
    const theirs = { type: MERGE, body: { data: { C: 'eQ==' } }, query: { fieldManager: 'somebody' } };
    await made(admin.request('PATCH', path, theirs));
    const less = await apply(worker, path, secret('s', { A: 'eQ==' }), FORCE);
    expect(less).toMatchObject({ code: 200, body: { type: 'Opaque' } });
    expect(at(less.body, 'data')).toEqual({ A: 'eQ==', C: 'eQ==' });
  });

  test('annotations alone leave the generation; the spec counts', async () => {
    const { worker, place } = given();
    const path = destinations(await place(), 'a');
    await made(apply(worker, path, destination('a')));
    const noted = await made(apply(worker, path, destination('a', undefined, { annotations: { 'x/y': 'z' } })));
    expect(noted).toMatchObject({ metadata: { generation: 1, annotations: { 'x/y': 'z' } } });
    const asked = await made(apply(worker, path, destination('a', { trigger: { manual: 'b' } })));
    expect(asked).toMatchObject({ metadata: { generation: 2 }, spec: { trigger: { manual: 'b' } } });
    expect(at(asked, 'metadata.annotations')).toBeUndefined();
  });

  test('uid and version are preconditions: what somebody wrote in between wins', async () => {
    const { worker, place } = given();
    const namespace = await place();
    const path = destinations(namespace, 'a');
    const first = identity(await made(apply(worker, path, destination('a'))));
    const second = identity(
      await made(apply(worker, path, destination('a', { trigger: { manual: 'b' } }, first), FORCE)),
    );
    expect(second.uid).toBe(first.uid);
    const stale = await apply(worker, path, destination('a', { trigger: { manual: 'c' } }, first), FORCE);
    expect(stale).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
    expect(at(stale.body, 'message')).toContain('the object has been modified');
    // Even when there is nothing to change.
    const idle = await apply(worker, path, destination('a', { trigger: { manual: 'b' } }, first), FORCE);
    expect(idle.code).toBe(409);
    const other = { ...second, uid: NOBODY };
    const stranger = await apply(worker, path, destination('a', { trigger: { manual: 'c' } }, other), FORCE);
    expect(stranger).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
    expect(await made(worker.request('GET', destinations(namespace)))).toMatchObject({
      items: [{ metadata: second, spec: { trigger: { manual: 'b' } } }],
    });
  });

  test('a uid of something that is gone is 409: nothing is created by accident', async () => {
    const { worker, place } = given();
    const path = destinations(await place(), 'a');
    const before = { uid: NOBODY, resourceVersion: '1' };
    const answer = await apply(worker, path, destination('a', undefined, before), FORCE);
    expect(answer).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
  });

  test('a version alone holds nothing back when the object is absent', async () => {
    const { worker, place } = given();
    const answer = await apply(
      worker,
      destinations(await place(), 'a'),
      destination('a', undefined, { resourceVersion: '1' }),
    );
    expect(answer.code).toBe(201);
  });

  test('on an object that is being deleted it succeeds, and says that the object is being deleted', async () => {
    const { worker, admin, place } = given();
    const path = destinations(await place(), 'a');
    await made(apply(worker, path, destination('a')));
    const held = { metadata: { finalizers: ['example.com/hold'] } };
    await made(admin.request('PATCH', path, { type: MERGE, body: held, query: { fieldManager: 'holder' } }));
    const deleted = await worker.request('DELETE', path, { body: { apiVersion: 'v1', kind: 'DeleteOptions' } });
    expect(deleted).toMatchObject({ code: 200, body: { metadata: { deletionTimestamp: expect.any(String) } } });
    const applied = await apply(worker, path, destination('a', { trigger: { manual: 'b' } }));
    expect(applied).toMatchObject({ code: 200, body: { metadata: { deletionTimestamp: expect.any(String) } } });
    await made(admin.request('PATCH', path, { type: MERGE, body: { metadata: { finalizers: null } } }));
    expect((await admin.request('GET', path)).code).toBe(404);
  });

  test('into a namespace that is not there is 404, and names the namespace', async () => {
    const { worker } = given();
    for (const [path, body] of [
      [destinations('nowhere', 'a'), destination('a')],
      [secrets('nowhere', 's'), secret('s')],
    ] as const) {
      const answer = await apply(worker, path, body);
      const details = { name: 'nowhere', kind: 'namespaces' };
      expect(answer).toMatchObject({ code: 404, body: { reason: 'NotFound', details } });
    }
  });

  test('nothing new in a namespace that is being deleted: 403, and the cause says why', async () => {
    const { worker, admin } = given();
    const metadata = { name: 'going', finalizers: ['example.com/hold'] };
    await made(
      admin.request('POST', '/api/v1/namespaces', { body: { apiVersion: 'v1', kind: 'Namespace', metadata } }),
    );
    await made(apply(worker, destinations('going', 'a'), destination('a')));
    await made(admin.request('DELETE', '/api/v1/namespaces/going'));
    for (const [path, body] of [
      [destinations('going', 'b'), destination('b')],
      [secrets('going', 's'), secret('s')],
    ] as const) {
      const answer = await apply(worker, path, body);
      expect(answer).toMatchObject({
        code: 403,
        body: {
          reason: 'Forbidden',
          details: { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }] },
        },
      });
    }
  });

  test('a dry run answers as if, and stores nothing', async () => {
    const { admin, place } = given();
    const path = destinations(await place(), 'a');
    const dry = await apply(admin, path, destination('a'), { dryRun: 'All' });
    expect(dry).toMatchObject({ code: 201, body: { spec: { trigger: { manual: 'a' } } } });
    expect((await admin.request('GET', path)).code).toBe(404);
    await made(apply(admin, path, destination('a')));
    const changed = await made(apply(admin, path, destination('a', { trigger: { manual: 'b' } }), { dryRun: 'All' }));
    expect(changed).toMatchObject({ spec: { trigger: { manual: 'b' } } });
    expect(await made(admin.request('GET', path))).toMatchObject({ spec: { trigger: { manual: 'a' } } });
  });

  test('wants a field manager, and the object of the path', async () => {
    const { worker, place } = given();
    const namespace = await place();
    const path = destinations(namespace, 'a');
    expect(await apply(worker, path, destination('a'), { fieldManager: '' })).toMatchObject({ code: 422 });
    expect(await apply(worker, path, destination('b'))).toMatchObject({ code: 400 });
    expect(await apply(worker, path, { ...destination('a'), apiVersion: 'volsync.backube/v1' })).toMatchObject({
      code: 400,
    });
    const elsewhere = destination('a', undefined, { namespace: 'default' });
    expect(await apply(worker, path, elsewhere)).toMatchObject({ code: 400 });
  });
}
