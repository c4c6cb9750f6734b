/** A claim of half an hour ago that was restored, and what the backup side is told of it. */
import type { OriginMemory } from '../../src/origin.ts';
import type { Context } from '../../src/plan/facts/situation.ts';
import type { JudgedClaim } from '../../src/plan/restore/judged-claim.ts';
import { NO_SOURCE_MEMORY, type Source } from '../../src/source.ts';
import {
  HOUR,
  IMAGE,
  KEY,
  MINUTE,
  NEWEST,
  NOW,
  claim,
  clusterView,
  indexOf,
  planOf,
  source,
  type ClusterParts,
} from './build.ts';

/** It has been watched for ten days, and knows the newest snapshot. */
const INDEX = indexOf({
  _generatedAt: new Date(NOW - MINUTE).toISOString(),
  _since: new Date(NOW - 240 * HOUR).toISOString(),
  'media.plex-config': `attach warm ${NEWEST} ${new Date(NOW - HOUR).toISOString()}`,
});

export const ORIGIN: OriginMemory = {
  uid: 'uid-of-claim',
  origin: 'restored',
  held: NEWEST,
  newest: NEWEST,
  since: null,
};

/** Ours, made for this claim. */
export function ours(parts: Partial<Source> = {}, memory: Partial<Source['memory']> = {}): Source {
  return source({
    managed: true,
    ...parts,
    memory: { ...NO_SOURCE_MEMORY, claimUid: 'uid-of-claim', origin: ORIGIN, ...memory },
  });
}

/** The claim with these sources as the backup side is given it; some facts as they are given. */
export function judged(
  sources: Source[],
  facts: Partial<JudgedClaim> = {},
  parts: ClusterParts = {},
): { one: JudgedClaim; context: Context } {
  const cluster = clusterView({
    claims: [claim({ createdAt: NOW - 30 * MINUTE })],
    sources,
    index: INDEX,
    volumes: { [KEY]: IMAGE },
    ...parts,
  });
  const { claims, context } = planOf({ cluster, settings: { sources: 'on' } });
  return { one: { ...claims[0]!, ...facts }, context };
}
