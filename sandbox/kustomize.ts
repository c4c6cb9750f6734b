/**
 * Renders the kustomizations of this repository without kubectl: resources, components, patches and labels. It refuses
 * anything else. A test compares its output with that of `kubectl kustomize`.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { load, loadAll } from 'js-yaml';
import { messageOf } from '../src/errors.ts';
import { jsonPatch } from './kube/json-patch.ts';
import { asInput, fieldsAt, isFields, mergePatch, text, type Fields, type ObjectInput } from './kube/objects.ts';

const KNOWN = new Set(['apiVersion', 'kind', 'resources', 'components', 'patches', 'labels', 'namespace']);
const PATCH_KEYS = new Set(['patch', 'path', 'target']);
const TARGET_KEYS = new Set(['group', 'version', 'kind', 'name', 'namespace']);
const LABEL_KEYS = new Set(['pairs', 'includeTemplates']);

function refuse(where: string, what: string): never {
  throw new Error(`${where}: ${what} is not known to this renderer`);
}

function onlyKnown(value: unknown, known: ReadonlySet<string>, where: string): Fields {
  if (!isFields(value)) throw new Error(`${where}: a map was expected`);
  for (const key of Object.keys(value)) if (!known.has(key)) refuse(where, key);
  return value;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function documentsOf(source: string, where: string): unknown[] {
  try {
    return loadAll(source);
  } catch (error) {
    throw new Error(`${where}: ${messageOf(error)}`, { cause: error });
  }
}

function isDirectory(path: string): boolean {
  return statSync(path).isDirectory();
}

/** Everything below one kustomization, before its own patches. */
function resourcesOf(kustomization: Fields, directory: string): ObjectInput[] {
  return listOf(kustomization['resources']).flatMap((entry) => {
    const path = join(directory, String(entry));
    if (isDirectory(path)) return render(path);
    return documentsOf(readFileSync(path, 'utf8'), path).map(asInput);
  });
}

/** Group, kind, namespace and name: the version does not count. */
function keyOf({ kind, metadata, apiVersion }: ObjectInput): string {
  return [apiVersion.replace(/[^/]*$/, ''), kind, metadata.namespace, metadata.name].join(' ');
}

function sameObject(one: ObjectInput, other: ObjectInput): boolean {
  return keyOf(one) === keyOf(other);
}

function hasList(value: unknown): boolean {
  return Array.isArray(value) || (isFields(value) && Object.values(value).some(hasList));
}

function isTarget(object: ObjectInput, target: Fields): boolean {
  const [version = '', group = ''] = object.apiVersion.split('/').toReversed();
  const { name = '', namespace = '' } = object.metadata;
  const own: Record<string, string> = { group, version, kind: object.kind, name, namespace };
  return Object.entries(target).every(([key, pattern]) => new RegExp(`^(?:${String(pattern)})$`).test(own[key] ?? ''));
}

interface Patch {
  /** null: the object that the patch itself names */
  target: Fields | null;
  change: Fields | readonly unknown[];
  where: string;
}

function readPatch(entry: unknown, directory: string): Patch {
  const where = join(directory, 'patches');
  const fields = onlyKnown(entry, PATCH_KEYS, where);
  const target = fields['target'] === undefined ? null : onlyKnown(fields['target'], TARGET_KEYS, where);
  const file = text(fields, 'path');
  const source = file === undefined ? (text(fields, 'patch') ?? '') : readFileSync(join(directory, file), 'utf8');
  const change: unknown = load(source);
  if (Array.isArray(change) && target !== null) return { target, change, where };
  if (!isFields(change)) throw new Error(`${where}: a patch is a list with a target, or an object`);
  if (hasList(change)) refuse(where, 'a list in a strategic merge');
  return { target, change, where };
}

function apply(objects: readonly ObjectInput[], { target, change, where }: Patch): ObjectInput[] {
  const meant = (object: ObjectInput): boolean =>
    target === null ? isFields(change) && sameObject(object, asInput(change)) : isTarget(object, target);
  if (!objects.some(meant)) throw new Error(`${where}: the target of a patch is not there`);
  return objects.map((object) => {
    if (!meant(object)) return object;
    return asInput(isFields(change) ? mergePatch(object, change) : jsonPatch(object, change));
  });
}

/** A pod template's own labels, where kustomize's `includeTemplates` puts them. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  CronJob: ['spec.jobTemplate', 'spec.jobTemplate.spec.template'],
  Job: ['spec.template'],
  Deployment: ['spec.template'],
};

function nested(path: readonly string[], value: Fields): Fields {
  return path.reduceRight<Fields>((inner, key) => ({ [key]: inner }), value);
}

function labelled(object: ObjectInput, entry: unknown, where: string): ObjectInput {
  const fields = onlyKnown(entry, LABEL_KEYS, where);
  const metadata = { metadata: { labels: fieldsAt(fields, 'pairs') } };
  const templates = fields['includeTemplates'] === true ? (TEMPLATES[object.kind] ?? []) : [];
  const patches = [metadata, ...templates.map((path) => nested(path.split('.'), metadata))];
  return asInput(patches.reduce<unknown>(mergePatch, object));
}

const CLUSTER_WIDE = /^(Namespace|StorageClass|CustomResourceDefinition|Cluster.*|.*AdmissionPolicy(Binding)?)$/;

function placed(object: ObjectInput, namespace: string): ObjectInput {
  return CLUSTER_WIDE.test(object.kind) ? object : { ...object, metadata: { ...object.metadata, namespace } };
}

function transformed(given: readonly ObjectInput[], kustomization: Fields, directory: string): ObjectInput[] {
  const patches = listOf(kustomization['patches']).map((entry) => readPatch(entry, directory));
  const patched = patches.reduce<readonly ObjectInput[]>(apply, given);
  const namespace = text(kustomization, 'namespace');
  const labels = listOf(kustomization['labels']);
  return patched.map((object) => {
    const home = namespace === undefined ? object : placed(object, namespace);
    return labels.reduce<ObjectInput>((one, entry) => labelled(one, entry, directory), home);
  });
}

function readKustomization(directory: string, kind: 'Kustomization' | 'Component'): Fields {
  const path = join(directory, 'kustomization.yaml');
  const kustomization = onlyKnown(load(readFileSync(path, 'utf8')), KNOWN, path);
  if (kustomization['kind'] !== kind) throw new Error(`${path}: no ${kind}`);
  return kustomization;
}

/** The objects of a kustomization directory, in the order of its resources; throws for what it does not know. */
export function render(directory: string): ObjectInput[] {
  const kustomization = readKustomization(directory, 'Kustomization');
  let objects = resourcesOf(kustomization, directory);
  for (const entry of listOf(kustomization['components'])) {
    const path = join(directory, String(entry));
    const component = readKustomization(path, 'Component');
    objects = transformed([...objects, ...resourcesOf(component, path)], component, path);
  }
  const twice = objects.find((one, index) => objects.slice(0, index).some((other) => sameObject(one, other)));
  if (twice !== undefined) throw new Error(`${directory}: ${twice.kind} ${twice.metadata.name} is there twice`);
  return transformed(objects, kustomization, directory);
}

/** Where `k8s/` lies. */
export const K8S = join(dirname(import.meta.dirname), 'k8s');
