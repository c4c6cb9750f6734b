/** Who owns which field, and what happens when two want the same one. */
import { expect, test } from 'vitest';
import { at } from '../../sandbox/kube/objects.ts';
import { MERGE } from '../support/api.ts';
import { apply, destination, destinations, identity, made, managers, MANAGER, type Given } from './ground.ts';

const FORCE = { force: 'true' };
const THEIRS = { fieldManager: 'installer' };

const index = (parameters: Record<string, string>, provider = {}) =>
  destination('index', { external: { ...provider, parameters } });

/** Registers the sentences about field ownership. */
export function owning(given: Given): void {
  test('another value of what another manager owns is 409, and names manager and field', async () => {
    const { worker, admin, place } = given();
    const path = destinations(await place(), 'a');
    await made(apply(admin, path, destination('a', { trigger: { manual: 'theirs' } }), THEIRS));
    const refused = await apply(worker, path, destination('a', { trigger: { manual: 'ours' } }));
    expect(refused).toMatchObject({
      code: 409,
      body: {
        reason: 'Conflict',
        details: {
          causes: [
            { reason: 'FieldManagerConflict', message: 'conflict with "installer"', field: '.spec.trigger.manual' },
          ],
        },
      },
    });
    expect(await made(admin.request('GET', path))).toMatchObject({ spec: { trigger: { manual: 'theirs' } } });
  });

  test('the same value is no conflict: both own it, and it goes when both have let go', async () => {
    const { worker, admin, place } = given();
    const path = destinations(await place(), 'a');
    await made(apply(admin, path, destination('a'), THEIRS));
    const shared = await made(apply(worker, path, destination('a')));
    expect(managers(shared)).toEqual(['installer Apply', `${MANAGER} Apply`]);
    const less = destination('a', { paused: true });
    expect(await made(apply(admin, path, less, THEIRS))).toMatchObject({ spec: { trigger: { manual: 'a' } } });
    const left = await made(apply(worker, path, destination('a', { restic: { repository: 'r' } })));
    expect(at(left, 'spec.trigger.manual')).toBeUndefined();
  });

  test('with force it is ours, and theirs no more', async () => {
    const { worker, admin, place } = given();
    const namespace = await place();
    const path = destinations(namespace, 'a');
    const spec = { trigger: { manual: 'theirs' }, restic: { repository: 'r', copyMethod: 'Snapshot' } };
    await made(admin.request('POST', destinations(namespace), { body: destination('a', spec), query: THEIRS }));
    // Adoption: the trigger and nothing else.
    const taken = await made(apply(worker, path, destination('a', { trigger: { manual: 'ours' } }), FORCE));
    expect(taken).toMatchObject({ spec: { ...spec, trigger: { manual: 'ours' } } });
    expect(managers(taken)).toEqual(['installer Update', `${MANAGER} Apply`]);
    const back = await apply(admin, path, destination('a', spec), { fieldManager: 'gitops' });
    expect(back).toMatchObject({ code: 409, body: { details: { causes: [{ field: '.spec.trigger.manual' }] } } });
  });

  test('who changes a field without apply owns it from then on', async () => {
    const { worker, admin, place } = given();
    const path = destinations(await place(), 'a');
    await made(apply(worker, path, destination('a')));
    const body = { spec: { trigger: { manual: 'by-hand' } } };
    await made(admin.request('PATCH', path, { type: MERGE, body, query: { fieldManager: 'kubectl-edit' } }));
    const refused = await apply(worker, path, destination('a'));
    const message = 'conflict with "kubectl-edit" using volsync.backube/v1alpha1';
    expect(refused).toMatchObject({ code: 409, body: { details: { causes: [{ message }] } } });
    const current = await made(admin.request('GET', path));
    const forced = await apply(worker, path, destination('a', undefined, identity(current)), FORCE);
    expect(forced).toMatchObject({ code: 200, body: { spec: { trigger: { manual: 'a' } } } });
  });

  test('two managers own different parameters of one index without a fight', async () => {
    const { worker, admin, place } = given();
    const path = destinations(await place(), 'index');
    const provider = { provider: 'volsync-prewarm/index' };
    await made(apply(admin, path, index({ _onStale: 'allow' }, provider), THEIRS));
    const ours = await made(apply(worker, path, index({ 'media.plex': 'attach', _generatedAt: 'now' }), FORCE));
    expect(at(ours, 'spec.external')).toEqual({
      ...provider,
      parameters: { _onStale: 'allow', 'media.plex': 'attach', _generatedAt: 'now' },
    });
    const theirs = await made(apply(admin, path, index({ _onStale: 'deny' }, provider), THEIRS));
    expect(at(theirs, 'spec.external.parameters')).toMatchObject({ _onStale: 'deny', 'media.plex': 'attach' });
    const fewer = await made(apply(worker, path, index({ _generatedAt: 'later' }), FORCE));
    expect(at(fewer, 'spec.external.parameters')).toEqual({ _onStale: 'deny', _generatedAt: 'later' });
  });

  test('a list is one field: who applies it says all of it', async () => {
    const { worker, place } = given();
    const path = destinations(await place(), 'a');
    const modes = (...accessModes: string[]) => destination('a', { restic: { accessModes } });
    await made(apply(worker, path, modes('ReadWriteOnce', 'ReadOnlyMany')));
    const fewer = await made(apply(worker, path, modes('ReadWriteOnce')));
    expect(at(fewer, 'spec.restic.accessModes')).toEqual(['ReadWriteOnce']);
  });
}
