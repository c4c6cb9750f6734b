/** The policies by which Kyverno makes sources and credentials, in our CEL. `npm run test:kyverno` asks Kyverno's own engine. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { asObject, at, fieldsAt, text, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { resourceOf } from '../../sandbox/kube/resources.ts';
import { K8S, render } from '../../sandbox/kustomize.ts';
import { parseSettings } from '../../src/settings/settings.ts';
import { worldOf } from './core.ts';
import {
  CREDENTIAL_ROWS,
  SOURCE_ROWS,
  besideOf,
  claimOf,
  configMap,
  problemOfCredentials,
  problemOfSource,
  type GeneratedRow,
} from './generated.ts';
import { generatingPolicy } from './generating.ts';

const objects = render(join(K8S, 'policies/kyverno/sources'));

function policy(name: string): ObjectInput {
  const found = objects.find(({ kind, metadata }) => kind === 'GeneratingPolicy' && metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

function make(by: ObjectInput, row: GeneratedRow): ObjectInput[] {
  const { namespace = 'media' } = row;
  const claim = asObject(claimOf(row, namespace));
  const world = worldOf([...besideOf(row, namespace), ...configMap(row)]);
  const name = claim.metadata.name;
  const resource = resourceOf('PersistentVolumeClaim');
  const review = {
    operation: 'UPDATE',
    resource,
    subresource: '',
    namespace,
    name,
    object: claim,
    old: claim,
  } as const;
  return generatingPolicy(by)({ ...review, user: 'system:kube-controller-manager', dryRun: false }, world);
}

describe('volsync-prewarm-source', () => {
  const source = policy('volsync-prewarm-source');

  test.each(SOURCE_ROWS)('$name: $makes', (row) => {
    expect(problemOfSource(row, row.namespace ?? 'media', make(source, row))).toBeNull();
  });

  test('minutes are spread over the hour, and always the same for a claim', () => {
    const minuteOf = (count: number): number => {
      const row: GeneratedRow = { name: '', claim: { metadata: { name: `claim-${count}` } }, makes: 'as the worker' };
      return Number(/^\d+/.exec(text(make(source, row)[0], 'spec.trigger.schedule') ?? '')?.[0]);
    };
    const minutes = Array.from({ length: 480 }, (_, count) => minuteOf(count));
    const counts = Object.values(Object.groupBy(minutes, (minute) => minute)).map((some) => some?.length ?? 0);

    expect(minutes.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, count) => minuteOf(count)));
    expect([Math.min(...minutes), Math.max(...minutes), counts.length]).toEqual([2, 49, 48]);
    expect(Math.max(...counts)).toBeLessThan(30);
  });
});

describe('volsync-prewarm-credentials', () => {
  const credentials = policy('volsync-prewarm-credentials');

  test.each(CREDENTIAL_ROWS)('$name: $makes', (row) => {
    expect(problemOfCredentials(row, row.namespace ?? 'media', make(credentials, row))).toBeNull();
  });
});

test('both leave out the namespaces that the worker leaves out', () => {
  const { excludeNamespaces } = parseSettings({});
  for (const one of objects.filter(({ kind }) => kind === 'GeneratingPolicy')) {
    const [inScope] = [at(one, 'spec.matchConditions')].flat();
    expect([...(text(inScope, 'expression') ?? '').matchAll(/"([\w-]+)"/g)].map(([, name]) => name)).toEqual(
      excludeNamespaces,
    );
  }
});

test('nothing that they make goes by Kyverno’s hand, since a restore needs the Secret and a lock the unlock', () => {
  for (const one of objects.filter(({ kind }) => kind === 'GeneratingPolicy'))
    expect(fieldsAt(one, 'spec')).toMatchObject({
      evaluation: { generateExisting: { enabled: true }, synchronize: { enabled: false } },
      useServerSideApply: true,
    });
});
