/** Creating what must not exist, and who owns it afterwards. */
import { expect, test } from 'vitest';
import { at, text } from '../../sandbox/kube/objects.ts';
import { MERGE } from '../support/api.ts';
import {
  apply,
  destination,
  destinations,
  identity,
  made,
  managers,
  MANAGER,
  secret,
  secrets,
  type Given,
} from './ground.ts';

const FORCE = { force: 'true' };
const OURS = { fieldManager: MANAGER };
/** The version of what must not exist. */
const NONE = { resourceVersion: '0' };

/** Registers the sentences about creating. */
export function creating(given: Given): void {
  test('an apply of version 0 creates, and owns what it has created: a field that is left out later goes', async () => {
    const { worker, place } = given();
    const path = destinations(await place(), 'a');
    const spec = { trigger: { manual: 'a' }, restic: { repository: 'r', capacity: '1Gi' } };
    const first = await apply(worker, path, destination('a', spec, NONE));
    expect(first).toMatchObject({ code: 201, body: { spec } });
    expect(managers(first.body)).toEqual([`${MANAGER} Apply`]);
    const less = { trigger: { manual: 'b' }, restic: { repository: 'r' } };
    const second = await made(apply(worker, path, destination('a', less, identity(first.body)), FORCE));
    expect(at(second, 'spec')).toEqual(less);
  });

  test.each([{}, FORCE])('F8: an apply of version 0 never changes a destination that is there (%j)', async (force) => {
    const { worker, admin, place } = given();
    const path = destinations(await place(), 'a');
    const first = await made(apply(worker, path, destination('a')));
    for (const spec of [{ trigger: { manual: 'other' } }, { trigger: { manual: 'a' } }]) {
      const refused = await apply(worker, path, destination('a', spec, NONE), force);
      expect(refused).toMatchObject({
        code: 422,
        body: { reason: 'Invalid', details: { causes: [{ field: 'metadata.resourceVersion' }] } },
      });
      expect(text(refused.body, 'message')).toContain('metadata.resourceVersion: Invalid value');
    }
    expect(await made(admin.request('GET', path))).toEqual(first);
  });

  test('a Secret is created by POST, and one that is there is AlreadyExists and stays as it is', async () => {
    const { worker, admin, place } = given();
    const namespace = await place();
    const post = (value: string) =>
      worker.request('POST', secrets(namespace), { body: secret('s', { A: value }), query: OURS });
    const first = await made(post('eA=='));
    expect(managers(first)).toEqual([`${MANAGER} Update`]);
    expect(await post('eQ==')).toMatchObject({ code: 409, body: { reason: 'AlreadyExists' } });
    expect(await made(admin.request('GET', secrets(namespace, 's')))).toEqual(first);
  });

  test('for a Secret an apply of version 0 is no condition: it would change one that is there', async () => {
    const { worker, place } = given();
    const path = secrets(await place(), 's');
    await made(apply(worker, path, secret('s', { A: 'eA==' })));
    const changed = await apply(worker, path, { ...secret('s', { A: 'eQ==' }), metadata: { name: 's', ...NONE } });
    expect(changed).toMatchObject({ code: 200, body: { data: { A: 'eQ==' } } });
  });

  test('what a POST has made keeps a key that an apply leaves out, until it has been handed over', async () => {
    const { worker, place } = given();
    const namespace = await place();
    const path = secrets(namespace, 's');
    const body = secret('s', { A: 'eA==', B: 'eA==' });
    const posted = await made(worker.request('POST', secrets(namespace), { body, query: OURS }));
    const kept = await made(apply(worker, path, secret('s', { A: 'eA==' }), FORCE));
    expect(at(kept, 'data')).toEqual({ A: 'eA==', B: 'eA==' });
    expect(managers(kept)).toEqual([`${MANAGER} Apply`, `${MANAGER} Update`]);
    const entries = at(posted, 'metadata.managedFields');
    if (!Array.isArray(entries)) throw new Error('the POST left no managedFields');
    const managedFields = entries.map((entry: object) => ({ ...entry, operation: 'Apply' }));
    const handOver = (version: object) =>
      worker.request('PATCH', path, { type: MERGE, query: OURS, body: { metadata: { ...version, managedFields } } });
    expect((await handOver(identity(posted))).code).toBe(409);
    const handedOver = await made(handOver(identity(kept)));
    expect(managers(handedOver)).toEqual([`${MANAGER} Apply`]);
    expect(at(handedOver, 'data')).toEqual({ A: 'eA==', B: 'eA==' });
    const less = await made(apply(worker, path, secret('s', { A: 'eQ==' }), FORCE));
    expect(at(less, 'data')).toEqual({ A: 'eQ==' });
  });
}
