import { describe, expect, it } from 'vitest';
import type { Claim } from '../../../src/model.ts';
import { ANNOTATION } from '../../../src/naming.ts';
import { leastBytes, mustBeReplaced, userOf } from '../../../src/plan/restore/fit.ts';
import {
  HOUR,
  KEY,
  LATER,
  MINUTE,
  NOW,
  actionsOf,
  bucketView,
  claim,
  clusterView,
  destination,
  listed,
  proven,
  situation,
  snapshot,
  snapshots,
  spec,
  told,
  waitingClaim,
  type ClusterParts,
  type DestinationParts,
  type World,
} from '../../support/build.ts';

const NEWER = bucketView({ [KEY]: listed([...snapshots(), snapshot(LATER, NOW - 10 * MINUTE)]) });

describe('a volume of VolSync that cannot become what the claim wants', () => {
  const slow = (parts: Partial<Claim> = {}, overrides: DestinationParts = {}, world: World = {}): World => ({
    ...world,
    cluster: clusterView({
      claims: [claim({ storageClass: 'slow', ...parts })],
      destinations: [destination(overrides)],
    }),
  });

  it('F14: is made anew in another class, and a renewal never writes a class that the volume does not have', () => {
    expect(told(slow()).actions).toEqual(['recreate-destination']);
    expect(actionsOf(slow(), 'recreate-destination')[0]?.desired.spec.storageClass).toBe('slow');
    const listedClass = { annotations: { ...proven(), [ANNOTATION.classes]: 'slow' } };
    const [renewed] = actionsOf(slow({}, listedClass, { bucket: NEWER }), 'retrigger');
    expect(renewed?.desired.spec.storageClass).toBe('longhorn');
  });

  it('F14: stays for a claim that names no class or will not use it, and while a claim is being filled from it', () => {
    expect(told(slow({ storageClass: null })).actions).toEqual([]);
    expect(told(slow({ optOut: 'with-reason' })).actions).toEqual([]);
    expect(told(slow({ phase: 'Pending' })).actions).toEqual([]);
  });

  it('C03: is made anew when it can never be written, and keeps an image that it has', () => {
    const readOnly = { spec: spec({ accessModes: ['ReadOnlyMany'] }) };
    const none = { ...readOnly, latestImage: null, annotations: {} };
    expect(told(slow({ storageClass: 'longhorn' }, none)).actions).toContain('recreate-destination');
    expect(told(slow({ storageClass: 'longhorn' }, readOnly)).actions).toEqual([]);
  });

  it('C19: is made anew where its class cannot expand', () => {
    const message = 'only dynamically provisioned pvc can be resized and the storageclass must support resize';
    const wedged = { condition: { reason: 'Error', message, at: NOW - HOUR } };
    const larger = slow({ storageClass: 'longhorn', request: '8Gi' }, wedged);
    expect(told(larger).actions).toEqual(['recreate-destination']);
    expect(told(slow({ storageClass: 'longhorn', request: '8Gi' })).actions).toEqual(['update-destination']);
  });
});

describe('the claim that a restore point will fill', () => {
  it.each<[string, boolean, Partial<Claim> | null]>([
    ['is the one of its name', true, {}],
    ['names our restore point itself', true, { bringsSource: true, restoresFromUs: true }],
    ['is none where there is no claim', false, null],
    ['is none that opted out with a reason', false, { optOut: 'with-reason' }],
    ['is none that opted out without one', false, { optOut: 'without-reason' }],
    ['is no static volume', false, { isStatic: true }],
    ['is none that brings its own data', false, { bringsSource: true, restoresFromUs: false }],
  ])('%s', (_, isUser, parts) => {
    const one = parts === null ? null : claim({ restoresFromUs: false, ...parts });
    expect(userOf({ claimObject: one })).toBe(isUser ? one : null);
  });
});

describe('the bytes that the data is known to need', () => {
  const FIVE = 5 * 2 ** 30;
  const annotated = (changes: Record<string, string>, without?: string): ClusterParts => ({
    destinations: [
      destination({
        annotations: Object.fromEntries(Object.entries({ ...proven(), ...changes }).filter(([key]) => key !== without)),
      }),
    ],
  });
  const savedAt = (at: number): ReturnType<typeof bucketView> => bucketView({ [KEY]: listed([snapshot(LATER, at)]) });
  const waits = { claims: [waitingClaim()] };
  const created = NOW - 48 * HOUR;

  it.each<[string, number, ClusterParts, ReturnType<typeof bucketView>?]>([
    ['what the last good image needed, while the claim waits', FIVE, waits],
    [
      'not known where its size was only assumed',
      0,
      { ...waits, ...annotated({ [ANNOTATION.capacityFrom]: 'default' }) },
    ],
    ['not known of an image that nobody has proven', 0, { ...waits, ...annotated({}, ANNOTATION.restoreSize) }],
    ['not known without a restore point', 0, { ...waits, destinations: [] }],
    ['no more than the claim has, once a backup was taken from it', 0, {}, savedAt(created + 1)],
    ['what the image needed, where the newest backup is as old as the claim', FIVE, {}, savedAt(created)],
    ['what the image needed, where nobody knows how old the claim is', FIVE, { claims: [claim({ createdAt: null })] }],
    ['what the image needed, where there is no backup', FIVE, {}, bucketView({ [KEY]: listed([]) })],
    ['what the image needed, where nobody has looked', FIVE, {}, bucketView({ [KEY]: null })],
  ])('are %s', (_, bytes, parts, bucket) => {
    expect(leastBytes(situation(parts, bucket))).toBe(bytes);
  });

  it('are what the image needed, where the times of a copied bucket tell no order', () => {
    expect(leastBytes({ ...situation(), timesFrom: NOW - HOUR })).toBe(FIVE);
    expect(leastBytes({ ...situation(), timesFrom: NOW - HOUR - 1 })).toBe(0);
  });
});

describe('the volume of a destination must be replaced', () => {
  const wedged = {
    reason: 'Error',
    message: 'only dynamically provisioned pvc can be resized and the storageclass must support resize',
    at: NOW,
  };
  const none = { latestImage: null };

  it.each<[string, boolean, { has?: DestinationParts; wants?: Partial<Claim> }, string | null]>([
    ['not where it is as it should be', false, {}, '5Gi'],
    ['not where it can grow', false, {}, '8Gi'],
    ['where it is larger', true, {}, '4Gi'],
    ['where it is larger than nothing', true, {}, null],
    ['not where neither says a size', false, { has: { spec: spec({ capacity: null }) } }, null],
    ['where it cannot grow, whatever its spec says already', true, { has: { condition: wedged } }, '5Gi'],
    ['not for a claim that will not use it', false, { wants: { isStatic: true } }, '4Gi'],
    ['where the claim wants another class', true, { wants: { storageClass: 'slow' } }, '5Gi'],
    ['not where the claim names no class', false, { wants: { storageClass: null } }, '5Gi'],
    [
      'not where it names no class itself',
      false,
      { has: { spec: spec({ storageClass: null }) }, wants: { storageClass: 'slow' } },
      '5Gi',
    ],
    [
      'where it has no image and the claim wants another mode',
      true,
      { has: none, wants: { accessModes: ['ReadWriteMany'] } },
      '5Gi',
    ],
    [
      'where the claim wants more modes',
      true,
      { has: none, wants: { accessModes: ['ReadWriteOnce', 'ReadWriteMany'] } },
      '5Gi',
    ],
    ['not for another mode while it has an image', false, { wants: { accessModes: ['ReadWriteMany'] } }, '5Gi'],
    ['not for a claim that names no mode', false, { has: none, wants: { accessModes: [] } }, '5Gi'],
    ['not where it names no mode', false, { has: { ...none, spec: spec({ accessModes: [] }) } }, '5Gi'],
    ['not where it has no image and fits', false, { has: none }, '5Gi'],
  ])('%s', (_, isReplaced, { has = {}, wants = {} }, capacity) => {
    const own = destination(has);
    const s = situation({ destinations: [own], claims: [claim(wants)] });
    expect(mustBeReplaced(s, own, spec({ capacity }))).toBe(isReplaced);
  });

  it('not for a class that it says its images can be used with', () => {
    const own = destination({ annotations: { ...proven(), [ANNOTATION.classes]: 'slow' } });
    const s = situation({ destinations: [own], claims: [claim({ storageClass: 'slow' })] });
    expect(mustBeReplaced(s, own, spec())).toBe(false);
  });

  it('not where no claim will use it', () => {
    expect(mustBeReplaced(situation({ claims: [] }), destination(), spec({ capacity: '1Gi' }))).toBe(false);
  });
});
