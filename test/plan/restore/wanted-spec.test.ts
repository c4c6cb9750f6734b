import { describe, expect, it } from 'vitest';
import { parseSource } from '../../../src/cluster/source.ts';
import { ANNOTATION } from '../../../src/naming.ts';
import {
  bytesOf,
  capacityOf,
  driftOf,
  isTooLarge,
  moverEvidence,
  wantedSpec,
} from '../../../src/plan/restore/wanted-spec.ts';
import {
  KEY,
  actionsOf,
  bucketView,
  claim,
  clusterView,
  destination,
  listed,
  lostCluster,
  moverSpec,
  settings,
  situation,
  snapshot,
  snapshots,
  source,
  sourceSpec,
  spec,
  type ClusterParts,
} from '../../support/build.ts';

const A = { runAsUser: 1, runAsGroup: 1, fsGroup: 1 };
const B = { runAsUser: 2, runAsGroup: 2, fsGroup: 2 };
const C = { runAsUser: 3, runAsGroup: 3, fsGroup: 3 };
const D = { runAsUser: 4, runAsGroup: 4, fsGroup: 4 };

describe('the capacity', () => {
  it('is told by the first link of claim, source, destination, default, and the link is named', () => {
    const parts = {
      claims: [claim({ request: '1Gi' })],
      sources: [source({ capacity: '2Gi' })],
      destinations: [destination({ spec: spec({ capacity: '3Gi' }) })],
    };
    const told = [
      capacityOf(situation(parts), settings()),
      capacityOf(situation({ ...parts, claims: [] }), settings()),
      capacityOf(situation({ ...parts, claims: [], sources: [] }), settings()),
      capacityOf(situation({ claims: [], sources: [], destinations: [] }), settings({ defaultCapacity: '4Gi' })),
      capacityOf(situation({ claims: [], sources: [], destinations: [] }), settings({ defaultCapacity: null })),
    ];
    expect(told).toEqual([
      { capacity: '1Gi', from: 'claim' },
      { capacity: '2Gi', from: 'source' },
      { capacity: '3Gi', from: 'destination' },
      { capacity: '4Gi', from: 'default' },
      null,
    ]);
  });

  it('skips a link that cannot be read', () => {
    const s = situation({ claims: [claim({ request: 'lots' })], sources: [source({ capacity: '' })] });
    expect(capacityOf(s, settings())).toEqual({ capacity: '5Gi', from: 'destination' });
  });

  it.each([
    ['claim', { claims: [claim({ phase: 'Pending', restoresFromUs: false })] }],
    ['source', { sources: [source({ capacity: '2Gi' })] }],
    ['default', {}],
  ])('from the %s is written on the destination', (link, parts) => {
    const [made] = actionsOf({ cluster: lostCluster(parts) }, 'create-destination');
    expect(made?.desired.annotations[ANNOTATION.capacityFrom]).toBe(link);
  });

  it('keeps its first link when the destination itself is all that tells', () => {
    const bucket = bucketView({
      [KEY]: listed([...snapshots(), snapshot('cccccccc', Date.parse('2026-11-21T11:30:00Z'))]),
    });
    const [asked] = actionsOf({ bucket, cluster: clusterView({ claims: [], sources: [] }) }, 'retrigger');
    expect(asked?.desired.annotations[ANNOTATION.capacityFrom]).toBe('claim');
  });
});

describe('the mover user', () => {
  const remembered = destination({ annotations: { [ANNOTATION.mover]: '3:3:3' } });
  const chain = {
    claims: [claim({ moverUser: A })],
    sources: [source({ spec: sourceSpec({ moverSpec: moverSpec({ moverSecurityContext: B }) }) })],
    destinations: [remembered],
  };
  const told = (parts: ClusterParts, mover = D as typeof D | null): unknown => {
    const { spec: wanted, user } = moverEvidence(situation(parts), settings({ mover }));
    return [JSON.parse(wanted.fields.moverSecurityContext ?? 'null'), user];
  };

  it('is told by the first of claim, source, destination, setting', () => {
    expect(told(chain)).toEqual([A, A]);
    expect(told({ ...chain, claims: [] })).toEqual([B, null]);
    expect(told({ claims: [], sources: [], destinations: [remembered] })).toEqual([C, C]);
    expect(told({ claims: [], sources: [] })).toEqual([D, null]);
    expect(told({ claims: [], sources: [] }, null)).toEqual([null, null]);
  });

  it('is remembered on the destination, and so outlives its claim', () => {
    const [made] = actionsOf(
      { cluster: lostCluster({ claims: [claim({ moverUser: A, phase: 'Pending' })] }) },
      'create-destination',
    );
    expect(made?.desired).toMatchObject({
      spec: { moverSpec: moverSpec({ cacheCapacity: '1Gi', moverSecurityContext: A }) },
      annotations: { [ANNOTATION.mover]: '1:1:1' },
    });
    const { annotations } = made!.desired;
    const gone = { destinations: [destination({ annotations, spec: made!.desired.spec })], claims: [], sources: [] };
    expect(told(gone)).toEqual([A, A]);
  });

  it('C04: replaces three numbers of a security context, and leaves the rest of it', () => {
    const whole = { runAsUser: 568, runAsNonRoot: true, supplementalGroups: [44] };
    const sources = [source({ spec: sourceSpec({ moverSpec: moverSpec({ moverSecurityContext: whole }) }) })];
    expect(told({ sources, claims: [claim({ moverUser: A })] })).toEqual([{ ...whole, ...A }, A]);
    expect(told({ sources, claims: [] })).toEqual([whole, null]);
  });
});

describe('the mover spec', () => {
  const needs = {
    moverSecurityContext: { runAsUser: 568 },
    customCA: { secretName: 'ca', key: 'ca.crt' },
    moverServiceAccount: 'backup',
    moverResources: { limits: { memory: '1Gi' } },
    moverAffinity: { nodeAffinity: { x: 1 } },
    moverPodLabels: { team: 'media' },
  };
  const bySetting = settings({ customCA: '{"secretName":"theirs"}', cacheStorageClass: 'local', mover: D });
  const told = (parts: ClusterParts): unknown => moverEvidence(situation(parts), bySetting).spec;

  it('C04: is copied from the source, with its cache; settings fill what it does not say', () => {
    const copied = { ...moverSpec(needs), cacheCapacity: '8Gi', cacheAccessModes: ['ReadWriteOncePod'] };
    const sources = [source({ spec: sourceSpec({ moverSpec: copied }) })];
    expect(told({ sources })).toEqual({ ...copied, cacheStorageClass: 'local' });
    const [made] = actionsOf({ cluster: lostCluster({ sources }) }, 'create-destination');
    expect(made?.desired).toMatchObject({
      spec: { moverSpec: copied },
      annotations: { [ANNOTATION.moverFrom]: 'source' },
    });
  });

  it('C04: outlives the source that it was copied from, and does not outlive a setting', () => {
    const kept = moverSpec({ ...needs, cacheCapacity: '8Gi' });
    const annotations = { [ANNOTATION.moverFrom]: 'source' };
    const parts = { claims: [], sources: [] };
    expect(told({ ...parts, destinations: [destination({ annotations, spec: spec({ moverSpec: kept }) })] })).toEqual({
      ...kept,
      cacheStorageClass: 'local',
    });
    expect(told({ ...parts, destinations: [destination({ spec: spec({ moverSpec: kept }) })] })).toEqual({
      ...moverSpec({ cacheCapacity: '8Gi', moverSecurityContext: D }),
      fields: {
        customCA: '{"secretName":"theirs"}',
        moverSecurityContext: '{"fsGroup":4,"runAsGroup":4,"runAsUser":4}',
      },
      cacheStorageClass: 'local',
    });
  });

  it('C19: never shrinks a cache volume, and grows it', () => {
    const cache = (has: string | null, wanted: string): string | null => {
      const destinations = [destination({ spec: spec({ moverSpec: moverSpec({ cacheCapacity: has }) }) })];
      return moverEvidence(situation({ destinations }), settings({ cacheCapacity: wanted })).spec.cacheCapacity;
    };
    expect([cache('8Gi', '1Gi'), cache('1Gi', '8Gi'), cache(null, '2Gi'), cache('1024Mi', '1Gi')]).toEqual([
      '8Gi',
      '8Gi',
      '2Gi',
      '1Gi',
    ]);
  });
});

describe('class and access modes', () => {
  const wanted = (parts: ClusterParts): unknown => {
    const { storageClass, snapshotClass, accessModes } = wantedSpec(
      situation(parts),
      settings({ storageClass: 's', snapshotClass: 't' }),
      '5Gi',
    );
    return [storageClass, snapshotClass, accessModes];
  };

  it('follow claim, source, destination, setting', () => {
    const sources = [source({ spec: sourceSpec({ snapshotClass: 'snap' }) })];
    expect(wanted({ claims: [claim({ accessModes: ['ReadWriteOncePod'] })], sources })).toEqual([
      'longhorn',
      'snap',
      ['ReadWriteOncePod'],
    ]);
    expect(wanted({ claims: [], sources: [] })).toEqual(['longhorn', 't', ['ReadWriteOnce']]);
    expect(wanted({ claims: [], sources: [], destinations: [] })).toEqual(['s', 't', ['ReadWriteOnce']]);
  });
});

describe('drift', () => {
  const drift = (overrides: Parameters<typeof spec>[0], parts: ClusterParts = {}): string =>
    driftOf(situation(parts), spec(overrides));

  it('is none, an update, or a reason to make it anew', () => {
    expect([
      drift({}),
      drift({
        storageClass: 'other',
        accessModes: ['ReadWriteMany'],
        snapshotClass: 'x',
        moverSpec: moverSpec({ cacheCapacity: '2Gi' }),
      }),
      drift({ capacity: '5120Mi' }),
      drift({ capacity: '6Gi' }),
      drift({ capacity: '4Gi' }),
      drift({ capacity: '4Gi' }, { claims: [] }),
      drift({ moverSpec: moverSpec({ moverSecurityContext: A }) }),
      drift({ repository: 'other' }),
      drift({ enableFileDeletion: false }),
      drift({ copyMethod: 'Direct' }),
      drift({ cleanupTempPVC: true }),
      drift({}, { destinations: [] }),
    ]).toEqual([
      'none',
      'none',
      'none',
      'update',
      'recreate',
      'none',
      'update',
      'update',
      'update',
      'update',
      'update',
      'none',
    ]);
  });

  it('is too large only against a claim that says its size', () => {
    expect(
      [{ request: '4Gi' }, { request: '5Gi' }, { request: null }, { request: 'x' }].map((one) =>
        isTooLarge(situation({ claims: [claim(one)] })),
      ),
    ).toEqual([true, false, false, false]);
    expect(isTooLarge(situation({ claims: [] }))).toBe(false);
    expect(bytesOf({ capacity: null })).toBe(0);
  });
});

it('C03: size, class and access modes of a source are those of its copy, and say nothing about the claim', () => {
  const object = {
    metadata: { name: 'plex-config-backup', namespace: 'media' },
    spec: {
      sourcePVC: 'plex-config',
      restic: { capacity: '1Gi', storageClassName: 'shallow', accessModes: ['ReadOnlyMany'] },
    },
  };
  const sources = [parseSource(object)!];
  const [made] = actionsOf({ cluster: lostCluster({ claims: [], sources }) }, 'create-destination');
  expect(made?.desired).toMatchObject({
    spec: { capacity: '10Gi', storageClass: null, accessModes: ['ReadWriteOnce'] },
    annotations: { [ANNOTATION.capacityFrom]: 'default' },
  });
});
