import { expect, test } from 'vitest';
import { eventManifest, eventPath } from '../../src/cluster/event.ts';

const WARNING = {
  kind: 'warn-claim',
  namespace: 'media',
  claim: 'plex',
  uid: 'uid-1',
  reason: 'repository-empty',
  message: 'the claim waits for a backup that is gone',
  at: Date.parse('2026-11-21T12:00:00Z'),
} as const;

/** The event's name, from its path. */
function nameOf(overrides: { claim?: string; uid?: string; reason?: 'image-empty'; at?: number } = {}): string {
  return (
    eventPath({ ...WARNING, ...overrides })
      .split('/')
      .at(-1) ?? ''
  );
}

test('an event is whole, about the claim by its uid, with one time', () => {
  expect(eventManifest(WARNING)).toEqual({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: nameOf(), namespace: 'media' },
    involvedObject: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'media', name: 'plex', uid: 'uid-1' },
    type: 'Warning',
    reason: 'RestoreBlocked',
    message: 'repository-empty: the claim waits for a backup that is gone',
    source: { component: 'volsync-prewarm' },
    reportingComponent: 'volsync-prewarm',
    firstTimestamp: '2026-11-21T12:00:00Z',
    lastTimestamp: '2026-11-21T12:00:00Z',
    count: 1,
  });
  expect(eventPath(WARNING)).toMatch(/^\/api\/v1\/namespaces\/media\/events\/plex\.[0-9a-f]{8}$/);
});

test('a repeat is the same object; another claim of that name, and another reason, are others', () => {
  expect(nameOf({ at: WARNING.at + 3_600_000 })).toBe(nameOf());
  expect(new Set([nameOf(), nameOf({ uid: 'uid-2' }), nameOf({ reason: 'image-empty' })]).size).toBe(3);
});

test('the longest name of a claim still makes the name of an event', () => {
  for (const claim of [
    'x'.repeat(253),
    `${'x'.repeat(199)}-${'y'.repeat(53)}`,
    `${'x'.repeat(198)}-.${'y'.repeat(53)}`,
  ]) {
    expect(nameOf({ claim })).toMatch(/^x+\.[0-9a-f]{8}$/);
    expect(nameOf({ claim }).length).toBeLessThanOrEqual(253);
  }
});
