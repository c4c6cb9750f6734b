/** What may lie in a cluster and must not break a decision: garbage in the index, a huge one, long names, no CRD. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { text } from '../../sandbox/kube/objects.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import { applyNamespace } from './install.ts';
import { createClaim, eventually, writeIndex } from './claims.ts';

const INDEX = '/apis/volsync.backube/v1alpha1/namespaces/volsync-system/replicationdestinations/volsync-prewarm-index';

let plane: ControlPlane;

const now = (): string => new Date().toISOString();

describe('overlay strict, with VolSync installed', () => {
  beforeAll(async () => {
    plane = await startControlPlane();
    await plane.installCrds();
    await plane.applyKustomization('k8s/overlays/strict');
    await applyNamespace(plane.admin, 'media');
    await eventually(async () => (await createClaim(plane.admin, 'media', 'probe', { dryRun: true })).code === 403);
  });

  afterAll(() => plane.stop());

  test.each([
    ['', '(last written never)'],
    ['yesterday', '(last written yesterday)'],
    ['2026-02-31T99:99:99Z', '(last written 2026-02-31T99:99:99Z)'],
    ['9999-01-01T00:00:00Z', '(last written 9999-01-01T00:00:00Z)'],
  ])('a `_generatedAt` of "%s" is a stale index, not an error of evaluation', async (generatedAt, words) => {
    await writeIndex(plane.admin, { _generatedAt: generatedAt, 'media.listed': 'attach cold:queued 4cb08766 -' });
    await eventually(async () =>
      (await createClaim(plane.admin, 'media', 'new', { dryRun: true })).message.includes(words),
    );

    const unlisted = await createClaim(plane.admin, 'media', 'new', { dryRun: true });
    const listed = await createClaim(plane.admin, 'media', 'listed', { dryRun: true });

    expect({ code: unlisted.code, reason: unlisted.message.includes("policy 'volsync-prewarm-gate'") }).toMatchObject({
      code: 403,
    });
    expect(listed).toMatchObject({ code: 201, source: 'listed-restore' });
  });

  test('values that nobody wrote are no entries', async () => {
    await writeIndex(plane.admin, {
      _generatedAt: now(),
      'media.odd': 'attachment',
      'media.blank': '',
      'media.word': 'attach',
    });
    await eventually(async () => (await createClaim(plane.admin, 'media', 'new', { dryRun: true })).code === 201);

    for (const name of ['odd', 'blank', 'word'])
      expect(await createClaim(plane.admin, 'media', name, { dryRun: true })).toMatchObject({
        code: 201,
        source: null,
      });
  });

  test('an index of 8,000 entries and 900 KiB: the first, the last and one that it does not list', async () => {
    const padding = 'x'.repeat(30);
    const entries = Array.from({ length: 8_000 }, (_, number) => {
      const key = `media.claim-${padding}-${String(number).padStart(5, '0')}`;
      return [key, `attach stale:sync-in-progress 4cb08766 ${now()}`] as const;
    });
    await writeIndex(plane.admin, { ...Object.fromEntries(entries), _generatedAt: now() });
    const size = JSON.stringify(Object.fromEntries(entries)).length;
    expect(size).toBeGreaterThan(900 * 1024);
    const [first, last] = [entries[0]?.[0].slice(6) ?? '', entries.at(-1)?.[0].slice(6) ?? ''];
    await eventually(async () => (await createClaim(plane.admin, 'media', last, { dryRun: true })).source !== null);

    expect(await createClaim(plane.admin, 'media', first)).toMatchObject({ code: 201, source: `${first}-restore` });
    expect(await createClaim(plane.admin, 'media', last)).toMatchObject({ code: 201, source: `${last}-restore` });
    expect(await createClaim(plane.admin, 'media', 'unlisted')).toMatchObject({ code: 201, source: null });
  });

  test('a claim name of 253 characters is ignored by name, and created', async () => {
    const name = 'n'.repeat(253);
    await writeIndex(plane.admin, { _generatedAt: now(), [`media.${name}`]: 'ignore cold:name-invalid 4cb08766 -' });
    await eventually(async () => (await createClaim(plane.admin, 'media', 'other', { dryRun: true })).code === 201);

    expect(await createClaim(plane.admin, 'media', name)).toMatchObject({ code: 201, source: null });
  });

  test('a claim without the label is never looked at, whatever the index says', async () => {
    await writeIndex(plane.admin, {
      _generatedAt: 'rubbish',
      'media.plain': 'refuse blocked:destination-foreign 4cb08766 -',
    });
    await eventually(async () => (await createClaim(plane.admin, 'media', 'new', { dryRun: true })).code === 403);

    expect(await createClaim(plane.admin, 'media', 'plain', { labels: {} })).toMatchObject({ code: 201, source: null });
    expect(await createClaim(plane.admin, 'media', 'weekly', { labels: { backup: 'weekly' } })).toMatchObject({
      code: 201,
    });
  });
});

describe('without VolSync', () => {
  beforeAll(async () => {
    plane = await startControlPlane();
    await applyNamespace(plane.admin, 'media');
    for (const policy of ['restore', 'hold', 'gate', 'shape', 'opt-out']) {
      const { code, stderr } = await plane.kubectl(['apply', '-k', `k8s/policies/${policy}`]);
      if (code !== 0) throw new Error(stderr);
    }
  });

  afterAll(() => plane.stop());

  test('a labelled claim is refused with a message that names what is missing; others are created', async () => {
    await eventually(async () => (await createClaim(plane.admin, 'media', 'probe', { dryRun: true })).code === 403);

    const labelled = await createClaim(plane.admin, 'media', 'labelled');
    expect(labelled.code).toBe(403);
    expect(labelled.message).toMatch(
      /failed to find resource referenced by paramKind: 'volsync\.backube\/v1alpha1, Kind=ReplicationDestination'/,
    );
    expect(await createClaim(plane.admin, 'media', 'plain', { labels: {} })).toMatchObject({ code: 201, source: null });
  });

  test('the opt-out works all the same, and asks for its reason all the same', async () => {
    const labels = { backup: 'daily', 'volsync-prewarm/skip-restore': 'true' };
    await eventually(
      async () => (await createClaim(plane.admin, 'media', 'silent', { labels, dryRun: true })).code === 403,
    );

    const silent = await createClaim(plane.admin, 'media', 'silent', { labels });
    const said = await createClaim(plane.admin, 'media', 'said', {
      labels,
      annotations: { 'volsync-prewarm/skip-restore-reason': 'VolSync is gone for good' },
    });

    expect(silent.code).toBe(403);
    expect(silent.message).toContain('skip-restore-reason');
    expect(said).toMatchObject({ code: 201, source: null });
  });

  test('when VolSync comes, labelled claims are decided on within half a minute', { timeout: 90_000 }, async () => {
    await plane.installCrds();
    await plane.applyKustomization('k8s/overlays/safe');
    await writeIndex(plane.admin, { _generatedAt: now(), 'media.labelled': 'attach cold:queued 4cb08766 -' });

    await eventually(
      async () => (await createClaim(plane.admin, 'media', 'labelled', { dryRun: true })).code === 201,
      60,
    );

    expect(await createClaim(plane.admin, 'media', 'labelled')).toMatchObject({
      code: 201,
      source: 'labelled-restore',
    });
    const answer = await plane.admin.request('GET', INDEX);
    expect(text(answer.body, 'spec.external.provider')).toBe('volsync-prewarm/index');
  });
});
