import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readManifests } from '../../job/manifests.ts';
import { claimKey } from '../../src/naming.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prewarm-manifests-'));
});

afterEach(() => rm(folder, { recursive: true }));

/** Reads these files, by name, and gives what was found in short. */
async function read(files: Record<string, string>): Promise<{ claims: string[]; problems: string[] }> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  const { claims, problems } = readManifests(folder);
  return { claims: claims.map((one) => `${claimKey(one)} ${one.request} ${one.tier}`), problems };
}

const CLAIM = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: notes, labels: {backup: hourly}}
spec: {resources: {requests: {storage: 2Gi}}}
`;

test('claims of all files below, whatever else is in them', async () => {
  expect(
    await read({
      'notes/all.yaml': `kind: Namespace\nmetadata: {name: notes}\n---\n---${CLAIM}`,
      'values.yaml': 'replicas: 2\n',
      'wiki/deep/er.yml': CLAIM.replace('name: data', 'name: wiki').replace('hourly', 'daily'),
      'list.json': JSON.stringify({ kind: 'List', items: [{ kind: 'ConfigMap', metadata: { name: 'x' } }] }),
      'README.md': '{{ not yaml',
    }),
  ).toEqual({ claims: ['notes/data 2Gi hourly', 'notes/wiki 2Gi daily'], problems: [] });
});

test('C18: a claim whose variables are not filled in is counted, and is not judged by its placeholder', async () => {
  const app = CLAIM.replace('name: data, namespace: notes', 'name: "${APP}", namespace: "${APP}"');

  expect(await read({ 'apps/one.yaml': app, 'apps/two.yaml': `${app}---${app}` })).toEqual({
    claims: [],
    problems: [
      '3 claims not judged, because variables are not filled in (apps/one.yaml, apps/two.yaml). Render it first: flux build kustomization, kustomize build, helm template',
    ],
  });
});

test('C18: a tier that is not filled in may be one that protects', async () => {
  expect((await read({ 'one.yaml': CLAIM.replace('hourly', '"${TIER}"') })).problems).toEqual([
    expect.stringMatching(/^1 claim not judged/),
  ]);
});

test('C18: claims that a HelmRelease makes are mentioned, and are no failure', async () => {
  const release = 'kind: HelmRelease\nmetadata: {name: plex, namespace: media}\n';
  await writeFile(join(folder, 'release.yaml'), `${release}---${CLAIM}`);

  const { problems, remarks } = readManifests(folder);

  expect(problems).toEqual([]);
  expect(remarks).toEqual([
    '1 HelmRelease (media/plex): claims that a chart makes are not in these files. To judge them, render the charts (helm template)',
  ]);
});

test('each replica of a StatefulSet has a claim of each of its templates', async () => {
  const set = `
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  replicas: 2
  volumeClaimTemplates:
    - {metadata: {name: data, labels: {backup: daily}}, spec: {resources: {requests: {storage: 1Gi}}}}
    - {metadata: {name: cache}, spec: {resources: {requests: {storage: 1Gi}}}}
`;
  expect(await read({ 'set.yaml': set })).toEqual({
    claims: ['shop/data-db-0 1Gi daily', 'shop/data-db-1 1Gi daily'],
    problems: [],
  });
  expect((await read({ 'set.yaml': set.replace('  replicas: 2', '  ordinals: {start: 5}') })).claims).toEqual([
    'shop/data-db-5 1Gi daily',
  ]);
});

test('a template of Helm is a problem that names the file and the way out', async () => {
  const { claims, problems } = await read({
    'a.yaml': CLAIM,
    'chart/templates/pvc.yaml': 'name: {{ .Values.x }}\n b: - c\n',
  });
  expect(claims).toHaveLength(1);
  expect(problems).toEqual([
    expect.stringMatching(/^chart\/templates\/pvc\.yaml: .*Render it first: kustomize build, helm template/),
  ]);
});

test('a list of claims need not repeat what they are', async () => {
  const claim = { metadata: { name: 'data', namespace: 'notes', labels: { backup: 'hourly' } }, spec: {} };
  const list = { apiVersion: 'v1', kind: 'PersistentVolumeClaimList', items: [claim] };
  expect(await read({ 'a.json': JSON.stringify(list) })).toEqual({ claims: ['notes/data null hourly'], problems: [] });
});

test('a claim without a namespace may be anywhere', async () => {
  expect(await read({ 'a.yaml': CLAIM.replace(', namespace: notes', '') })).toEqual({
    claims: [],
    problems: ['a.yaml: claim data names no namespace (render it first)'],
  });
});

test('a directory without a protected claim is rather the wrong one', async () => {
  expect((await read({ 'a.yaml': CLAIM.replace('hourly', 'weekly') })).problems).toEqual([
    `${folder}: no claim labelled backup: hourly or daily was found`,
  ]);
});

test('a directory that is not there is a wrong setting', () => {
  expect(() => readManifests(join(folder, 'nowhere'))).toThrow(/--manifests: ".*nowhere" cannot be read \(ENOENT\)/);
});

test('a claim that is bound to a volume by name has its own data', async () => {
  await read({ 'a.yaml': `${CLAIM.trimEnd().replace('spec: {', 'spec: {volumeName: pv-1, ')}\n` });
  expect(readManifests(folder).claims).toMatchObject([{ claim: 'data', volumeName: 'pv-1' }]);
});

const ADOPTED = `
apiVersion: volsync.backube/v1alpha1
kind: ReplicationDestination
metadata: {name: data-dst, namespace: notes, labels: {volsync-prewarm/adopt: "true"}}
spec: {trigger: {manual: restore-once}, restic: {repository: data-secret, copyMethod: Snapshot}}
`;
const SOURCE = `
apiVersion: volsync.backube/v1alpha1
kind: ReplicationSource
metadata: {name: data-src, namespace: notes}
spec: {sourcePVC: data, trigger: {schedule: 0 * * * *}, restic: {repository: data-secret}}
`;

test('sources, destinations and the names of Secrets are read beside the claims', async () => {
  const secret = 'kind: Secret\nmetadata: {name: data-secret, namespace: notes}\nstringData: {RESTIC_PASSWORD: hush}\n';
  await read({ 'app.yaml': [CLAIM, ADOPTED, SOURCE, secret].join('---\n') });

  const { objects, remarks, problems } = readManifests(folder);

  expect(problems).toEqual([]);
  expect(objects.sources.map(({ name, claim }) => `${name} of ${claim}`)).toEqual(['data-src of data']);
  expect(objects.destinations.map(({ name, adopted }) => `${name} ${adopted}`)).toEqual(['data-dst true']);
  expect(remarks).toEqual(['read beside the claims: 1 source, 1 destination, and the names of 1 Secret']);
  expect(JSON.stringify(objects)).not.toContain('hush');
});

test('what a reader of the files would overlook is said', async () => {
  const foreign = ADOPTED.replace(', labels: {volsync-prewarm/adopt: "true"}', '');
  const external = 'kind: ExternalSecret\nmetadata: {name: x, namespace: notes}\nspec: {target: {name: data-secret}}\n';
  const other = SOURCE.replace('data-src', 'b')
    .replace('sourcePVC: data', 'sourcePVC: wiki')
    .replace('data-secret', 'wiki-secret');
  await read({ 'app.yaml': [CLAIM, foreign, SOURCE, external, other].join('---\n') });

  expect(readManifests(folder).remarks).toEqual([
    'read beside the claims: 2 sources, 1 destination, and the names of 1 Secret',
    'these claims have a source and no label backup: hourly or daily, so nobody restores them: notes/wiki',
    'these destinations are not kept fresh: label them volsync-prewarm/adopt: "true": notes/data-dst',
    'these Secrets are named by a source or a destination, and something outside these files must make them: notes/wiki-secret',
  ]);
});

test('C18: sources and destinations whose variables are not filled in are counted', async () => {
  const app = SOURCE.replaceAll('data', '"${APP}"')
    .replace('"${APP}"-src', '"${APP}-src"')
    .replace('"${APP}"-secret', '"${APP}-secret"');
  await read({ 'one.yaml': `${CLAIM}---${app}` });

  const { objects, problems } = readManifests(folder);

  expect(objects.sources).toEqual([]);
  expect(problems).toEqual([
    '1 source or destination not read, because variables are not filled in (one.yaml). Render it first',
  ]);
});
