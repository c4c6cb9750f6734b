/** `readiness` is a flavour of the policies: on every row of their truth table it tells what they do. */
import { describe, expect, test } from 'vitest';
import { asInput, at, mergePatch, text } from '../../sandbox/kube/objects.ts';
import { parseDestination } from '../../src/cluster/destination.ts';
import { parseIndexShard } from '../../src/cluster/index-object.ts';
import { parseClaim, parseImage } from '../../src/cluster/parse.ts';
import { parseSource } from '../../src/cluster/source.ts';
import { indexView } from '../../src/index/view.ts';
import type { Claim, ClusterView, Image } from '../../src/model.ts';
import { claimKey } from '../../src/naming.ts';
import { readinessOf, type Readiness } from '../../src/plan/answers/readiness.ts';
import { SAFE, type Policies } from '../../src/plan/answers/readiness-policies.ts';
import { unlooked } from '../../src/plan/facts/situation.ts';
import { plan } from '../../src/plan/plan.ts';
import { parseSettings } from '../../src/settings/settings.ts';
import { claim as claimObject } from './build.ts';
import { shipped, shippedIndex } from './core.ts';
import { GROUPS } from './rows.ts';
import { OWNERS, STATES, inGit, nameOf, type Owner } from './rows/git.ts';
import { primes } from './rows/prime.ts';
import { indexObjects, situate } from './situation.ts';
import type { Group, ObjectInput, Outcome, Overlay, Row } from './words.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const NONE: Policies = {
  restore: false,
  hold: false,
  gate: false,
  'gate-source': false,
  shape: false,
  prime: false,
  'opt-out': false,
};
const IN_FORCE: Readonly<Record<Overlay, Policies>> = {
  restore: { ...NONE, restore: true },
  safe: SAFE,
  strict: SAFE,
  observe: { ...NONE, restore: true },
};

/** As a cluster would give it: an API server has made uid and version. */
function stored(object: ObjectInput): unknown {
  return { ...object, metadata: { uid: `uid-of-${object.metadata.name}`, resourceVersion: '1', ...object.metadata } };
}

function viewOf(objects: readonly ObjectInput[], claims: readonly Claim[]): ClusterView {
  const all = objects.map(stored);
  const ofKind = (kind: string): unknown[] => all.filter((object) => text(object, 'kind') === kind);
  const destinations = ofKind('ReplicationDestination').flatMap((object) => parseDestination(object) ?? []);
  const images = destinations.flatMap(({ namespace, latestImage }): Image[] => {
    const metadata = { namespace, name: latestImage?.name ?? '', uid: 'uid-of-image' };
    const image = parseImage({ metadata, status: { readyToUse: true, restoreSize: '1Gi' } });
    return latestImage === null || image === null ? [] : [image];
  });
  const sources = ofKind('ReplicationSource').flatMap((object) => parseSource(object) ?? []);
  return {
    namespaces: new Map(
      ofKind('Namespace').map((object) => {
        const name = text(object, 'metadata.name') ?? '';
        return [name, { name, terminating: false, privilegedMovers: true, managed: false, createdAt: null }];
      }),
    ),
    baseCredentials: new Map(
      ofKind('Namespace').map((object) => [text(object, 'metadata.name') ?? '', { version: 'uid/1', content: null }]),
    ),
    repositoryCredentials: new Map(),
    destinations: new Map(destinations.map((one) => [claimKey(one), one])),
    otherDestinations: [],
    sources: new Map(sources.map((one) => [claimKey(one), one])),
    allSources: Map.groupBy(sources, claimKey),
    places: new Map(),
    otherClaims: new Map(),
    volumes: new Map(),
    podUsers: new Map(),
    claims: new Map(claims.map((one) => [claimKey(one), one])),
    images: new Map(images.map((one) => [`${one.namespace}/${one.name}`, one])),
    movers: new Map(),
    index: indexView(ofKind('ReplicationDestination').flatMap((object) => parseIndexShard(object) ?? [])),
    failures: [],
  };
}

/** What readiness tells of a row's claim; null where it judges no such claim. */
function told(group: Group, row: Row, overlay: Overlay, claim: ObjectInput | null = null): Readiness | null {
  const situation = situate(row, overlay, { namespace: 'media', now: NOW });
  const asked = parseClaim(claim === null ? situation.claim : inMedia(claim));
  if (asked === null || row.way === 'update') return null;
  const index = indexObjects(shippedIndex(shipped(overlay)), group.state, situation.entries, NOW);
  const cluster = viewOf([...situation.objects, ...index], [asked]);
  const judged = plan({ bucket: unlooked(NOW.getTime()), cluster }, parseSettings({}), NOW.getTime());
  const own = judged.claims.find(({ key }) => key === claimKey(asked));
  if (own === undefined) throw new Error(`${row.name}: it is not judged`);
  return readinessOf(asked, own, IN_FORCE[overlay], judged.context);
}

function inMedia(object: ObjectInput): ObjectInput {
  return { ...object, metadata: { ...object.metadata, namespace: 'media' } };
}

/** The tag is answered: nothing is asked for and not begun. */
function settled(destination: ObjectInput): ObjectInput {
  return asInput(mergePatch(destination, { status: { lastManualSync: text(destination, 'spec.trigger.manual') } }));
}

/** Which outcomes are right for what the policies do. */
function rightFor(outcome: Outcome, row: Row): readonly string[] {
  if (typeof outcome === 'object' && ('refused' in outcome || 'missing' in outcome)) return ['waiting', 'hanging'];
  const fate = typeof outcome === 'string' ? outcome : outcome.fate;
  const skips = at(row.claim, 'metadata.labels') ?? {};
  if (fate === 'restored') return ['restored', 'waiting'];
  if (fate === 'waits') return ['waiting', 'hanging'];
  if (fate === 'starts empty')
    return JSON.stringify(skips).includes('"volsync-prewarm/skip-restore":"true"') ? ['own'] : ['empty'];
  // Its own reference to `<pvc>-restore` is judged by what stands behind it.
  return text(row.claim, 'spec.dataSourceRef.name') === 'data-restore' &&
    text(row.claim, 'spec.dataSourceRef.kind') === 'ReplicationDestination' &&
    text(row.claim, 'spec.dataSourceRef.apiGroup') === 'volsync.backube'
    ? ['restored', 'waiting', 'hanging', 'own', 'empty']
    : ['own'];
}

describe.each(['restore', 'safe', 'strict', 'observe'] as const)('readiness under %s', (overlay) => {
  test.each(GROUPS.map((group) => ({ title: group.title, group })))('agrees with the policies: $title', ({ group }) => {
    const wrong = group.rows.flatMap((row) => {
      const answer = told(group, row, overlay);
      const right = rightFor(row.outcome[overlay], row);
      return answer === null || right.includes(answer.outcome)
        ? []
        : [`${row.name}: ${JSON.stringify(row.outcome[overlay])}, told ${answer.outcome} ${answer.reason}`];
    });

    expect(wrong).toEqual([]);
  });
});

describe('readiness of a claim whose reference stands in Git', () => {
  const expected: Readonly<Record<Owner, Readonly<Record<string, string>>>> = {
    ours: {
      usable: 'restored null',
      suspect: 'waiting image-empty',
      'stale, and renewed at the moment': 'waiting newer-snapshot',
      'stale, since its address has changed': 'waiting newer-snapshot',
      'behind another repository of the claim': 'restored newer-elsewhere',
      'not there': 'waiting queued',
    },
    adopted: {
      usable: 'restored null',
      suspect: 'waiting image-empty',
      'stale, and renewed at the moment': 'waiting newer-snapshot',
      'stale, since its address has changed': 'waiting newer-snapshot',
      'behind another repository of the claim': 'restored newer-elsewhere',
      'not there': 'waiting queued',
    },
    // It is the user's own word, and nobody here knows what becomes of it.
    'somebody else’s': {
      usable: 'own destination-foreign',
      suspect: 'own destination-foreign',
      'stale, and renewed at the moment': 'own destination-foreign',
      'stale, since its address has changed': 'own destination-foreign',
      'behind another repository of the claim': 'own destination-foreign',
      'not there': 'waiting queued',
    },
  };

  test.each(OWNERS)('%s: what becomes of it in each state', (owner) => {
    const found = Object.keys(STATES).map((state) => {
      const line = inGit.rows.find(({ name }) => name === nameOf(owner, state));
      const answer = line === undefined ? null : told(inGit, { ...line, world: line.world.map(settled) }, 'safe');
      return [state, `${answer?.outcome} ${answer?.reason}`];
    });

    expect(Object.fromEntries(found)).toEqual(expected[owner]);
  });
});

describe('readiness and prime', () => {
  const group = primes[0];

  test('what VolSync is held back from waits, and what it may use is restored', () => {
    if (group === undefined) throw new Error('there are no rows');
    const claim = claimObject();
    const asked = primes
      .flatMap((one) => (one.state.absent ? [] : one.rows))
      .filter(({ claim: sent, way, world }) => {
        const [destination] = world;
        const image = text(destination, 'status.latestImage.name');
        return way === 'create' && image !== undefined && text(sent, 'spec.dataSourceRef.name') === image;
      })
      // A claim that does not exist yet has no uid for which anything was made empty.
      // Where `shape` refuses the claim already, prime is not asked.
      .filter(
        ({ name, world }) =>
          !/made empty for|accepted, and it is marked/.test(name) && text(world[0], 'metadata.name') === 'data-restore',
      )
      .filter(({ world }) => text(world[0], 'metadata.namespace') === '@ns')
      // Another claim than VolSync's own is none of prime's affair.
      .filter(({ claim: sent }) => text(sent, 'metadata.name')?.startsWith('vs-prime-') === true)
      .filter(({ claim: sent }) => JSON.stringify(sent).includes('populator-pvc-for'));
    const wrong = asked.flatMap((row) => {
      const listed = {
        ...row,
        world: row.world.map(settled),
        index: { '@ns.data': 'attach warm 1a2b3c4d 2026-01-01T00:00:00Z' },
      };
      const before = told(group, { ...listed, claim }, 'safe', claim);
      const held = typeof row.outcome.safe === 'object';
      return before === null || held === !['restored', 'own'].includes(before.outcome)
        ? []
        : [`${row.name}: held ${held}, told ${before.outcome} ${before.reason}`];
    });

    expect(wrong).toEqual([]);
    expect(asked.length).toBeGreaterThan(40);
  });
});
