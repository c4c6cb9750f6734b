/** Creates, updates and validates an object's metadata. */
import { randomUUID } from 'node:crypto';
import { invalid, StatusError } from './errors.ts';
import { isFields, type KubeObject, type Metadata } from './objects.ts';
import type { Resource } from './resources.ts';

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

type Given = Pick<Metadata, 'generateName' | 'labels' | 'annotations' | 'finalizers' | 'ownerReferences'>;

/** The metadata fields that a client may set; fields that the client left out stay out. */
function givenIn(sent: Partial<Metadata>): Given {
  const { generateName, labels, annotations, finalizers, ownerReferences } = sent;
  return {
    ...(generateName === undefined ? {} : { generateName }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(finalizers === undefined ? {} : { finalizers }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
  };
}

/** The name that an object is created under: its own, or one made from `generateName`; throws 422 for a bad one. */
export function chosenName(resource: Resource, sent: Partial<Metadata>): string {
  const suffix = sent.generateName === undefined ? undefined : sent.generateName + randomUUID().slice(-5);
  const name = sent.name ?? suffix;
  if (name === undefined) {
    throw invalid(resource.kind, '', 'metadata.name', 'Required value: name or generateName is required');
  }
  const free = resource.group === 'rbac.authorization.k8s.io'; // these allow colons
  if (!free && (!NAME.test(name) || name.length > 253)) {
    throw invalid(resource.kind, name, 'metadata.name', `Invalid value: "${name}"`);
  }
  return name;
}

/** The metadata of a new object. The API server sets uid and creation time; with `trusted`, those of the sender are kept. */
export function newMetadata(
  resource: Resource,
  sent: Partial<Metadata>,
  how: { name: string; time: string; trusted: boolean },
): Metadata {
  const trusted = how.trusted ? sent : {};
  return {
    ...givenIn(sent),
    name: how.name,
    ...(resource.namespaced ? { namespace: sent.namespace ?? '' } : {}),
    uid: trusted.uid ?? randomUUID(),
    resourceVersion: '',
    creationTimestamp: trusted.creationTimestamp ?? how.time,
    ...(resource.generation ? { generation: 1 } : {}),
  };
}

/** The metadata after an update: the API server's fields stay, and the client's fields are taken as sent. */
export function replacedMetadata(old: Metadata, sent: Partial<Metadata>): Metadata {
  const { labels: _l, annotations: _a, finalizers: _f, ownerReferences: _o, ...fixed } = old;
  return {
    ...fixed,
    ...givenIn({ ...sent, ...(old.generateName === undefined ? {} : { generateName: old.generateName }) }),
  };
}

/** Throws 422 for an invalid label value, and 400 for an annotation that is not a string. */
export function checkMetadata(object: KubeObject): void {
  for (const [key, value] of Object.entries(object.metadata.labels ?? {})) {
    if (typeof value !== 'string' || value.length > 63 || !LABEL_VALUE.test(value)) {
      const why = `Invalid value: ${JSON.stringify(value)}`;
      throw invalid(object.kind, object.metadata.name, `metadata.labels[${key}]`, why);
    }
  }
  const { annotations } = object.metadata;
  if (isFields(annotations) && Object.values(annotations).some((value) => typeof value !== 'string')) {
    throw new StatusError(
      400,
      'json: cannot unmarshal a non-string into Go struct field ObjectMeta.metadata.annotations',
    );
  }
}
