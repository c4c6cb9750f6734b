/** Claims in Git: reads the protected claims from a directory of rendered YAML. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { loadAll } from 'js-yaml';
import { parseClaim } from '../src/cluster/parse.ts';
import { at, fieldsOf, listIn, number, text } from '../src/cluster/read.ts';
import { messageOf, wordOf } from '../src/errors.ts';
import type { Claim } from '../src/model.ts';
import { BACKUP_LABEL } from '../src/naming.ts';
import { VOLSYNC_KINDS, objectsOf, remarksOn, type ManifestObjects } from './manifest-objects.ts';
import { SettingsError } from '../src/settings/settings.ts';

export interface ManifestClaims {
  claims: Claim[];
  /** sources, destinations and the names of Secrets beside them */
  objects: ManifestObjects;
  /** files that could not be read, and why: each may contain a claim */
  problems: string[];
  /** where claims come from that no file shows */
  remarks: string[];
}

interface Found extends Omit<ManifestClaims, 'objects'> {
  /** every object of a kind that is read beside claims */
  others: { kind: string; object: unknown }[];
  /** the same for sources and destinations */
  unread: string[];
  /** files with claims whose name is still a placeholder, once for each claim */
  unrendered: string[];
  /** `<namespace>/<name>` of HelmReleases */
  releases: string[];
}

/**
 * Reads all .yaml, .yml and .json files below a directory: PersistentVolumeClaims, Lists of them, and the claim templates
 * of StatefulSets (one claim for each replica); beside them sources, destinations and the names of Secrets.
 * @throws SettingsError when the directory cannot be read
 */
export function readManifests(directory: string): ManifestClaims {
  const found: Found = { claims: [], problems: [], remarks: [], unrendered: [], releases: [], others: [], unread: [] };
  for (const file of filesBelow(directory)) {
    const name = relative(directory, file);
    try {
      for (const object of objectsIn(readFileSync(file, 'utf8'))) addClaims(object, name, found);
    } catch (error) {
      const [first = ''] = messageOf(error).split('\n');
      found.problems.push(`${name}: no YAML (${first}). A template? Render it first: kustomize build, helm template`);
    }
  }
  const { claims, problems, remarks, unrendered, releases, unread } = found;
  const objects = objectsOf(found.others);
  if (unrendered.length > 0) {
    const where = filesIn(unrendered);
    problems.push(
      `${counted(unrendered.length, 'claim')} not judged, because variables are not filled in (${where}). Render it first: flux build kustomization, kustomize build, helm template`,
    );
  }
  if (unread.length > 0)
    problems.push(
      `${counted(unread.length, 'source or destination', 'sources and destinations')} not read, because variables are not filled in (${filesIn(unread)}). Render it first`,
    );
  remarks.push(...remarksOn(objects, claims));
  if (releases.length > 0) {
    const named = `${releases.slice(0, MOST_NAMED).join(', ')}${releases.length > MOST_NAMED ? ', …' : ''}`;
    remarks.push(
      `${counted(releases.length, 'HelmRelease')} (${named}): claims that a chart makes are not in these files. To judge them, render the charts (helm template)`,
    );
  }
  if (claims.length === 0 && problems.length === 0)
    problems.push(`${directory}: no claim labelled backup: hourly or daily was found`);
  return { claims, objects, problems, remarks };
}

const MOST_NAMED = 5;

function filesIn(names: readonly string[]): string {
  const files = [...new Set(names)];
  return `${files.slice(0, MOST_NAMED).join(', ')}${files.length > MOST_NAMED ? ', …' : ''}`;
}

function counted(count: number, what: string, several = `${what}s`): string {
  return `${count} ${count === 1 ? what : several}`;
}

function filesBelow(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    throw new SettingsError([
      `--manifests: "${directory}" cannot be read (${wordOf(error, 'code') ?? messageOf(error)})`,
    ]);
  }
}

function objectsIn(content: string): unknown[] {
  const documents: unknown[] = loadAll(content);
  return documents.flatMap((document) =>
    kindOf(document).endsWith('List')
      ? listIn(fieldsOf(document), 'items').map((item) => named(item, document))
      : [document],
  );
}

/** Members of a PersistentVolumeClaimList may lack a kind of their own. */
function named(item: unknown, list: unknown): unknown {
  return { kind: kindOf(list).replace(/List$/, ''), ...fieldsOf(item) };
}

function kindOf(object: unknown): string {
  return text(fieldsOf(object), 'kind') ?? '';
}

/** `${APP}` of Flux, `{{ … }}` of Helm: what stands there is not the name yet. */
const PLACEHOLDER = /\$\{|\{\{/;

/** A claim that is, or may be, protected, with a name or label that is not filled in. */
function isUnrendered(object: unknown): boolean {
  const { name, namespace, labels } = at(object, 'metadata');
  const tier = fieldsOf(labels)[BACKUP_LABEL];
  const words = [name, namespace, tier].filter((word) => typeof word === 'string');
  return tier !== undefined && words.some((word) => PLACEHOLDER.test(word));
}

/** A source or destination whose names are not filled in. */
function isOtherUnrendered(object: unknown): boolean {
  const { name, namespace } = at(object, 'metadata');
  const words = [name, namespace, at(object, 'spec')['sourcePVC'], at(object, 'spec', 'restic')['repository']];
  return words.some((word) => typeof word === 'string' && PLACEHOLDER.test(word));
}

function isOfClaims(kind: string): boolean {
  return ['PersistentVolumeClaim', 'StatefulSet', 'HelmRelease'].includes(kind);
}

function addClaims(object: unknown, file: string, into: Found): void {
  const kind = kindOf(object);
  if (VOLSYNC_KINDS.includes(kind) && isOtherUnrendered(object)) {
    into.unread.push(file);
    return;
  }
  if (!isOfClaims(kind)) into.others.push({ kind, object });
  if (kind === 'HelmRelease') {
    const { namespace, name } = at(object, 'metadata');
    into.releases.push([namespace, name].filter((word) => typeof word === 'string').join('/'));
    return;
  }
  const wanted = kindOf(object) === 'StatefulSet' ? claimsOfStatefulSet(object) : [object];
  for (const one of wanted) {
    if (kindOf(one) === 'PersistentVolumeClaim' && isUnrendered(one)) {
      into.unrendered.push(file);
      continue;
    }
    const claim = kindOf(one) === 'PersistentVolumeClaim' ? parseClaim(one) : null;
    if (claim === null) continue;
    if (claim.namespace === '')
      into.problems.push(`${file}: claim ${claim.claim} names no namespace (render it first)`);
    else into.claims.push(claim);
  }
}

/** `<template>-<set>-<ordinal>`, as the StatefulSet controller names them; it copies the template's labels. */
function claimsOfStatefulSet(set: unknown): unknown[] {
  const { namespace, name } = at(set, 'metadata');
  const spec = at(set, 'spec');
  const start = number(at(spec, 'ordinals'), 'start') ?? 0;
  const replicas = number(spec, 'replicas') ?? 1;
  return listIn(spec, 'volumeClaimTemplates').flatMap((template) =>
    Array.from({ length: replicas }, (_, index) => {
      const metadata = at(template, 'metadata');
      const claim = `${String(metadata['name'])}-${String(name)}-${start + index}`;
      return {
        ...fieldsOf(template),
        kind: 'PersistentVolumeClaim',
        metadata: { ...metadata, namespace, name: claim },
      };
    }),
  );
}
