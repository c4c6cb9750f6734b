import { describe, expect, it } from 'vitest';
import type { Claim } from '../../../src/model.ts';
import { ANNOTATION } from '../../../src/naming.ts';
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
  snapshot,
  snapshots,
  spec,
  told,
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
