/** Whether a live claim is backed up at all, one fact taken away in turn. */
import { expect, it } from 'vitest';
import type { ClusterFailure } from '../../../src/failures.ts';
import { isUnprotected } from '../../../src/plan/backup/protection.ts';
import type { Situation } from '../../../src/plan/facts/situation.ts';
import { HOUR, NOW, claim, clusterView, planOf, source } from '../../support/build.ts';

const { claims, context } = planOf();

function isAlone(facts: Partial<Situation> = {}, failed?: ClusterFailure['resource']): boolean {
  const failures: ClusterFailure[] =
    failed === undefined ? [] : [{ resource: failed, namespace: null, kind: 'failed', message: '' }];
  return isUnprotected({ ...claims[0]!, source: null, ...facts }, { ...context, cluster: clusterView({ failures }) });
}

it.each<[string, boolean, () => boolean]>([
  ['after more than one period without a source', true, () => isAlone()],
  ['not within one period', false, () => isAlone({ claimObject: claim({ createdAt: NOW - HOUR }) })],
  ['not where nobody knows its age', false, () => isAlone({ claimObject: claim({ createdAt: null }) })],
  ['not where there is no claim', false, () => isAlone({ claimObject: null })],
  ['not while it is not bound', false, () => isAlone({ live: false })],
  ['not where a source backs it up', false, () => isAlone({ source: source() })],
  ['not in an excluded namespace', false, () => isAlone({ excluded: true })],
  ['not while the sources could not be listed', false, () => isAlone({}, 'replicationsources')],
  ['although something else could not', true, () => isAlone({}, 'jobs')],
])('a claim is unprotected %s', (_, expected, found) => {
  expect(found()).toBe(expected);
});
