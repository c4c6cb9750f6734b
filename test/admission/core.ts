/** The truth table against the pure core of admission: no server, no wire, fast enough to be asked a thousand times. */
import { join } from 'node:path';
import { admit } from '../../sandbox/admission/admit.ts';
import type { Policies, World } from '../../sandbox/admission/model.ts';
import type { Review } from '../../sandbox/kube/admission.ts';
import { settleDataSources } from '../../sandbox/kube/defaults.ts';
import { asObject, fieldsAt, type KubeObject, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { resourceOf } from '../../sandbox/kube/resources.ts';
import { K8S, render } from '../../sandbox/kustomize.ts';
import { HOME_NAMESPACE, indexName } from '../../src/naming.ts';
import { GROUPS } from './rows.ts';
import { indexObjects, situate, type Answered, type Situation } from './situation.ts';
import type { Overlay } from './words.ts';

/** A row under an overlay, with everything that policies can see. */
export interface Case {
  title: string;
  situation: Situation;
  world: World;
}

/** What an overlay is made of. */
export function shipped(overlay: Overlay): ObjectInput[] {
  return render(join(K8S, 'overlays', overlay));
}

/** The index object that comes with an overlay. */
export function shippedIndex(objects: readonly ObjectInput[]): ObjectInput {
  const found = objects.find(({ metadata }) => metadata.name === indexName(0) && metadata.namespace === HOME_NAMESPACE);
  if (found === undefined) throw new Error('the overlay has no index object');
  return found;
}

/** Objects as the policies' world. */
export function worldOf(objects: readonly ObjectInput[]): World {
  const stored = objects.map((object) => asObject(object));
  return {
    params: ({ apiVersion, kind }, namespace) =>
      stored.filter(
        (object) => object.kind === kind && object.apiVersion === apiVersion && object.metadata.namespace === namespace,
      ),
    namespace: (name) => stored.find(({ kind, metadata }) => kind === 'Namespace' && metadata.name === name),
  };
}

/** The whole table under one overlay. */
export function casesOf(overlay: Overlay, now: Date): Case[] {
  const index = shippedIndex(shipped(overlay));
  return GROUPS.flatMap(({ title, state, rows }) =>
    rows.map((row) => {
      const situation = situate(row, overlay, { namespace: 'media', now });
      const objects = [...situation.objects, ...indexObjects(index, state, situation.entries, now)];
      return { title: `${title}: ${row.name} (${overlay})`, situation, world: worldOf(objects) };
    }),
  );
}

function incoming(input: ObjectInput): KubeObject {
  const spec = { volumeMode: 'Filesystem', ...fieldsAt(input, 'spec') };
  return asObject({ ...input, spec });
}

/** What the table's request is to the policies. */
export function reviewOf({ claim, before, namespace, row }: Situation): Review {
  const object = incoming(claim);
  return {
    operation: row.way === 'update' ? 'UPDATE' : 'CREATE',
    resource: resourceOf('PersistentVolumeClaim'),
    subresource: '',
    namespace,
    name: claim.metadata.name ?? '',
    object,
    old: before === null ? null : incoming(before),
    user: 'system:admin',
    dryRun: row.way === 'dry run',
  };
}

/** What the server does between the two halves: the name, the time, the data sources. */
function settler(now: Date): (object: KubeObject) => KubeObject {
  const creationTimestamp = `${now.toISOString().slice(0, 19)}Z`;
  return (object) => {
    const name = object.metadata.name ?? `${object.metadata.generateName}x7k2p`;
    return settleDataSources({ ...object, metadata: { ...object.metadata, name, creationTimestamp } });
  };
}

/** The answer of an API in which exactly these policies are in force. */
export function answerOf({ situation, world }: Case, policies: Policies, now: Date): Answered {
  const { object, refusal, warnings } = admit(reviewOf(situation), policies, { ...world, settle: settler(now) });
  const spec = object?.spec ?? {};
  return { code: refusal?.code ?? 201, message: refusal?.message ?? '', spec, warnings };
}
