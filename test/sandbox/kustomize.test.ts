/** The sandbox's renderer: what kubectl would apply, and a refusal of everything that it does not know. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadAll } from 'js-yaml';
import { isFields } from '../../sandbox/kube/objects.ts';
import { K8S, render } from '../../sandbox/kustomize.ts';
import { HAS_KUBECTL, KUBECTL } from '../support/kubectl.ts';

const OVERLAYS = (await readdir(join(K8S, 'overlays'))).map((name) => `overlays/${name}`);

/** In the order of their names, and without the empty lines that kubectl puts into folded text. */
function comparable(objects: readonly unknown[]): unknown[] {
  const keyOf = (object: unknown): string => {
    const { kind, metadata } = isFields(object) ? object : {};
    return `${String(kind)} ${isFields(metadata) ? `${String(metadata['namespace'])} ${String(metadata['name'])}` : ''}`;
  };
  const plain: unknown = JSON.parse(JSON.stringify(objects).replaceAll(/(?:\\n *)+/g, '\\n'));
  return (Array.isArray(plain) ? plain : []).sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
}

describe('what we ship', () => {
  test.each(['base', ...OVERLAYS])('k8s/%s renders as with kubectl', (directory) => {
    const ours = render(join(K8S, directory));
    expect(ours.length).toBeGreaterThan(5);
    if (!HAS_KUBECTL) {
      console.log(`not compared: there is no kubectl on this machine (k8s/${directory})`);
      return;
    }
    const text = execFileSync(KUBECTL, ['kustomize', join(K8S, directory)], { encoding: 'utf8' });

    expect(comparable(ours)).toEqual(comparable(loadAll(text)));
  });
});

describe('what it does not know', () => {
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kustomize-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  async function kustomization(name: string, more: string): Promise<string> {
    const directory = join(folder, name);
    await mkdir(directory);
    const head = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [map.yaml]\n';
    await writeFile(join(directory, 'kustomization.yaml'), head + more);
    await writeFile(
      join(directory, 'map.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {a: "1"}\n',
    );
    return directory;
  }

  test.each([
    ['generators', 'configMapGenerator: []\n', 'configMapGenerator is not known'],
    ['images', 'images: [{name: a, newTag: b}]\n', 'images is not known'],
    ['a target by label', 'patches: [{target: {labelSelector: a=b}, patch: "[]"}]\n', 'labelSelector is not known'],
    [
      'a target that is not there',
      'patches: [{target: {kind: Job}, patch: "[]"}]\n',
      'the target of a patch is not there',
    ],
    [
      'a list in a strategic merge',
      'patches: [{patch: "{apiVersion: v1, kind: ConfigMap, metadata: {name: map, finalizers: [a]}}"}]\n',
      'a list in a strategic merge is not known',
    ],
  ])('%s: refused', async (name, more, message) => {
    const directory = await kustomization(name.replaceAll(' ', '-'), more);

    expect(() => render(directory)).toThrow(message);
  });

  test('an object that is there twice is refused', async () => {
    const directory = await kustomization('twice', '');
    await writeFile(join(directory, 'kustomization.yaml'), 'kind: Kustomization\nresources: [map.yaml, map.yaml]\n');

    expect(() => render(directory)).toThrow('ConfigMap map is there twice');
  });

  test('namespace, labels and both kinds of patch are known', async () => {
    const directory = await kustomization(
      'known',
      `namespace: home
labels: [{pairs: {app: x}}]
patches:
  - {target: {kind: ConfigMap, name: m.p}, patch: '[{op: replace, path: /data/a, value: "2"}]'}
  - {patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: map}, data: {b: "3"}}'}
`,
    );

    expect(render(directory)).toEqual([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'map', namespace: 'home', labels: { app: 'x' } },
        data: { a: '2', b: '3' },
      },
    ]);
  });
});
