/** The guide "Your first app": its YAML, word for word, in a sandbox with the policies of overlay safe. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { at, text, type ObjectInput } from '../../sandbox/kube/objects.ts';
import { baseCredentials, namespace } from '../../sandbox/story.ts';
import { startLab, type Lab } from '../support/lab.ts';

const GUIDE = readFileSync(new URL('../../docs/guides/first-app.md', import.meta.url), 'utf8');

/** The snapshots of this story are only seconds old. */
const RUN = ['--quiet-period', '0s'];

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
  lab.sandbox.install('safe');
  lab.kube.apply(namespace('media'));
  lab.kube.apply(baseCredentials('media', lab.s3.endpoint));
});

afterEach(() => lab[Symbol.asyncDispose]());

/** The objects in the guide's YAML, with the sandbox's endpoint, keys and password for the placeholders. */
function objectsOfGuide(): ObjectInput[] {
  const base = baseCredentials('media', lab.s3.endpoint);
  const filled = [...GUIDE.matchAll(/^```yaml\n([^]*?)^```/gm)]
    .map(([, yaml = '']) => yaml)
    .join('---\n')
    .replaceAll('http://rustfs.storage.svc:9000', lab.s3.endpoint)
    .replace(/(\w+): "…"/g, (_all, key: string) => `${key}: ${decoded(at(base, `data.${key}`))}`);
  return parseAllDocuments(filled)
    .map((document): unknown => document.toJS())
    .filter(isObject);
}

function isObject(value: unknown): value is ObjectInput {
  return text(value, 'metadata.name') !== undefined && text(value, 'kind') !== undefined;
}

function decoded(value: unknown): string {
  return Buffer.from(String(value), 'base64').toString();
}

test('the claim of the guide is backed up, deleted, and back with its data when it is created again', async () => {
  await lab.run();
  const objects = objectsOfGuide();
  expect(objects.map(({ kind }) => kind)).toEqual(['PersistentVolumeClaim']);
  for (const object of objects) lab.kube.apply(object);
  await vi.waitFor(() => lab.volsync.write('media', 'plex-config'), 10_000);
  await lab.run(RUN);
  await lab.volsync.idle();
  const [saved] = lab.s3.objects('media/plex-config/snapshots/');
  await lab.run(RUN);

  lab.kube.remove('PersistentVolumeClaim', 'media', 'plex-config');
  for (const object of objects) lab.kube.apply(object);
  await lab.run(RUN);
  await lab.volsync.idle();

  const claim = lab.kube.get('PersistentVolumeClaim', 'media', 'plex-config');
  expect(text(claim, 'spec.dataSourceRef.name')).toBe('plex-config-restore');
  expect(text(claim, 'status.phase')).toBe('Bound');
  expect(lab.volsync.contentOf('media', 'plex-config')).toBe(saved?.key.slice(-64));
}, 120_000);
