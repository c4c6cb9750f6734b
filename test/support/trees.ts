/**
 * Small Git repositories of people with VolSync, in test/fixtures/layouts: rendered as kustomize and Flux render them, with Secrets
 * as External Secrets makes them and claims as StatefulSets do. Nothing of them is changed but the names of the two S3 servers.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { asInput, at, fieldsAt, text, type Fields, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { render } from '../../sandbox/kustomize.ts';
import { fieldsOf, listIn, strings } from '../../src/cluster/read.ts';

const TREES = join(import.meta.dirname, '../fixtures/layouts');

/** Under which names the trees know the S3 server of the cluster, and a provider further away. */
const SERVERS = { near: 'http://s3.lan.example:9000', far: 'https://s3.far.example' };

/** The objects of a tree as they are in a cluster, where both S3 servers are the sandbox's, under two names. */
export function objectsOfTree(id: string, endpoint: string): ObjectInput[] {
  const far = endpoint.replace('127.0.0.1', 'localhost');
  const named = (one: string): string => one.replaceAll(SERVERS.near, endpoint).replaceAll(SERVERS.far, far);
  const directory = join(TREES, id);
  const vault = vaultOf(directory);
  return render(directory)
    .flatMap((object) => (isOfFlux(object) ? builtByFlux(object, directory) : [object]))
    .flatMap((object) => asControllersMakeIt(object, vault))
    .map((object) => asInput(withTexts(object, named)));
}

function isOfFlux({ apiVersion }: ObjectInput): boolean {
  return apiVersion.startsWith('kustomize.toolkit.fluxcd.io/');
}

/** What Flux applies for one of its Kustomizations. */
function builtByFlux(kustomization: ObjectInput, directory: string): ObjectInput[] {
  const namespace = text(kustomization, 'spec.targetNamespace') ?? '';
  const values = strings(fieldsAt(kustomization, 'spec.postBuild.substitute'));
  return render(join(directory, text(kustomization, 'spec.path') ?? '')).map((object) => {
    const { metadata, ...rest } = asInput(substituted(object, values));
    return { ...rest, metadata: { ...metadata, namespace } };
  });
}

const VARIABLE = /\$\{(\w+)(?::[=-]([^}]*))?\}/g;

/** `${NAME}` and `${NAME:=default}`; what is nothing else is read again, so that a number becomes one. */
function substituted(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(value)) return value.map((one) => substituted(one, values));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, substituted(one, values)]));
  if (typeof value !== 'string') return value;
  const filled = value.replaceAll(VARIABLE, (_, name: string, usual?: string) => {
    const found = values[name] ?? usual;
    if (found === undefined) throw new Error(`nothing says what \${${name}} is`);
    return found;
  });
  return filled !== value && /^\d+$/.test(filled) ? load(filled) : filled;
}

type Vault = Readonly<Record<string, Readonly<Record<string, string>>>>;

function vaultOf(directory: string): Vault {
  const path = join(directory, 'vault.yaml');
  const kept = existsSync(path) ? fieldsOf(load(readFileSync(path, 'utf8'))) : {};
  return Object.fromEntries(Object.entries(kept).map(([key, values]) => [key, strings(values)]));
}

/** An ExternalSecret becomes its Secret; of a StatefulSet also the claims are there. Everything else is as it is. */
function asControllersMakeIt(object: ObjectInput, vault: Vault): ObjectInput[] {
  if (object.kind === 'ExternalSecret') return [externalSecret(object, vault)];
  return object.kind === 'StatefulSet' ? [object, ...claimsOf(object)] : [object];
}

function externalSecret(object: ObjectInput, vault: Vault): ObjectInput {
  const { namespace = '', name = '' } = object.metadata;
  const kept = listIn(fieldsAt(object, 'spec'), 'dataFrom').flatMap((one) => {
    const found = vault[text(one, 'extract.key') ?? ''];
    if (found === undefined) throw new Error(`${namespace}/${name}: the vault has no such key`);
    return Object.entries(found);
  });
  const values = Object.fromEntries(kept);
  const template = strings(fieldsAt(object, 'spec.target.template.data'));
  const stringData =
    Object.keys(template).length === 0
      ? values
      : Object.fromEntries(
          Object.entries(template).map(([key, value]) => [
            key,
            value.replaceAll(/\{\{ \.(\w+) \}\}/g, (_, of: string) => values[of] ?? ''),
          ]),
        );
  const metadata = { namespace, name: text(object, 'spec.target.name') ?? name };
  return { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', stringData };
}

/** `<template>-<set>-<ordinal>`, with the template's labels. */
function claimsOf(set: ObjectInput): ObjectInput[] {
  const { namespace = '', name = '' } = set.metadata;
  const replicas = Number(at(set, 'spec.replicas') ?? 1);
  return listIn(fieldsAt(set, 'spec'), 'volumeClaimTemplates').flatMap((template) =>
    Array.from({ length: replicas }, (_, ordinal) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        namespace,
        name: `${text(template, 'metadata.name') ?? ''}-${name}-${ordinal}`,
        labels: strings(fieldsAt(template, 'metadata.labels')),
      },
      spec: fieldsAt(template, 'spec'),
    })),
  );
}

function withTexts(value: unknown, change: (one: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => withTexts(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]): [string, Fields[string]] => [key, withTexts(one, change)]),
  );
}
