import { expect, test } from 'vitest';
import { linesOf, liveView } from '../../job/live-view.ts';
import { plan } from '../../src/plan/plan.ts';
import { NOW, bucketView, clusterView, destination, settings } from '../support/build.ts';

function syncingPlan(): ReturnType<typeof plan> {
  const syncing = destination({ lastManualSync: null, lastSyncStartAt: NOW - 90_000, latestImage: null });
  return plan({ bucket: bucketView({}), cluster: clusterView({ destinations: [syncing] }) }, settings(), NOW);
}

test('shows what is syncing, since when, and what is left', () => {
  const [first, last] = linesOf(syncingPlan(), NOW);

  expect(first).toMatch(/^ {2}⟳ [\w-]+\/[\w-]+ syncing for 1m30s$/);
  expect(last).toBe('0 warm, 1 syncing, 0 queued');
});

test('redraws in place, and lets what is done scroll by above it', () => {
  const written: string[] = [];
  const view = liveView({ isTTY: true, write: (text: string) => written.push(text) > 0 }, true);

  view?.show(syncingPlan(), NOW);
  view?.did(
    { kind: 'delete-destination', namespace: 'media', claim: 'old', remove: { uid: '', resourceVersion: '' } },
    { state: 'done', changed: true },
  );
  view?.end();

  expect(written[1]).toBe('\u001B[2A\u001B[J');
  expect(written[2]).toBe('✓ delete-destination media/old\n');
});

test('is none where there is no terminal, or where a document goes', () => {
  const out = { isTTY: false, write: () => true };

  expect([liveView(out, true), liveView({ ...out, isTTY: true }, false)]).toEqual([null, null]);
});
