/** Merge patches on what others have made: preconditions, and what ten of them leave behind. */
import { expect, test } from 'vitest';
import { at } from '../../sandbox/kube/objects.ts';
import { MERGE } from '../support/api.ts';
import { destination, destinations, identity, made, NOBODY, MANAGER, type Given } from './ground.ts';

const OURS = { fieldManager: MANAGER };
const THEIRS = { fieldManager: 'gitops' };
const SPEC = { trigger: { manual: 'restore-once' }, restic: { repository: 'theirs', copyMethod: 'Snapshot' } };
const NOTES = { annotations: { theirs: 'stays' }, labels: { 'volsync-prewarm/adopt': 'true' } };

/** Registers the sentences about merge patches. */
export function patching(given: Given): void {
  test('a merge patch names uid and version: another version is 409, another uid is 422, and nothing changes', async () => {
    const { worker, admin, place } = given();
    const namespace = await place();
    const path = destinations(namespace, 'a');
    const body = destination('a', SPEC, NOTES);
    const before = await made(admin.request('POST', destinations(namespace), { body, query: THEIRS }));
    const patch = (metadata: object) =>
      worker.request('PATCH', path, {
        type: MERGE,
        query: OURS,
        body: { metadata, spec: { trigger: { manual: 'aaaaaaaa' } } },
      });
    const known = identity(before);
    expect(await patch({ ...known, resourceVersion: '1' })).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
    const stranger = await patch({ ...known, uid: NOBODY });
    expect(stranger).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
    expect(at(stranger.body, 'message')).toContain('metadata.uid: Invalid value');
    expect(await made(admin.request('GET', path))).toEqual(before);
    expect(await patch(known)).toMatchObject({
      code: 200,
      body: { spec: { ...SPEC, trigger: { manual: 'aaaaaaaa' } } },
    });
  });

  test('after ten writes of either kind trigger and annotations stand, ours and theirs', async () => {
    const { worker, admin, place } = given();
    const namespace = await place();
    const path = destinations(namespace, 'a');
    const body = destination('a', SPEC, NOTES);
    let now = await made(admin.request('POST', destinations(namespace), { body, query: THEIRS }));
    for (let round = 0; round < 10; round += 1) {
      const annotations = { 'volsync-prewarm/asked-for': `aaaaaaa${round}`, 'volsync-prewarm/tries': null };
      const spec = round % 2 === 0 ? { spec: { trigger: { manual: `aaaaaaa${round}` } } } : {};
      const sent = { metadata: { ...identity(now), annotations }, ...spec };
      now = await made(worker.request('PATCH', path, { type: MERGE, query: OURS, body: sent }));
    }
    expect(at(now, 'spec')).toEqual({ ...SPEC, trigger: { manual: 'aaaaaaa8' } });
    expect(at(now, 'metadata.labels')).toEqual(NOTES.labels);
    expect(at(now, 'metadata.annotations')).toEqual({ theirs: 'stays', 'volsync-prewarm/asked-for': 'aaaaaaa9' });
  });
}
