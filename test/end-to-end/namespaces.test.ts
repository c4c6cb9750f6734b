/** --create-namespaces over the wire: the base credentials are fanned out before the application arrives. */
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { baseCredentials, namespace, repository } from '../../sandbox/story.ts';
import { install } from '../../sandbox/install.ts';
import { K8S } from '../../sandbox/kustomize.ts';
import { connect } from '../../src/cluster/connection.ts';
import { lines, startLab, type Lab } from '../support/lab.ts';

let lab: Lab;
const FLAGS = ['--create-namespaces', 'media', '--namespace-labels', 'backup-credentials=yes', '--quiet-period', '0s'];
const stop = AbortSignal.timeout(120_000);

beforeEach(async () => {
  lab = await startLab();
  repository(lab.s3, 'media/plex-config', [{ seed: 'first', at: new Date('2025-03-01T10:00:00Z') }]);
  repository(lab.s3, 'films/dvd', [{ seed: 'second', at: new Date('2025-03-01T10:00:00Z') }]);
});

afterEach(() => lab[Symbol.asyncDispose]());

test('the namespace is made with its labels, and the next run finds the credentials that came for it', async () => {
  expect(lines((await lab.plan(...FLAGS)).report)).toContain(
    'media/plex-config present cold namespace-missing: create-namespace',
  );
  expect(lab.writes()).toEqual([]);

  const first = await lab.run(FLAGS);

  expect(first.performed).toEqual(['create-namespace media/plex-config: done']);
  expect(lab.kube.get('Namespace', '', 'media')?.metadata.labels).toMatchObject({
    'backup-credentials': 'yes',
    'app.kubernetes.io/managed-by': 'volsync-prewarm',
  });
  expect(lab.kube.get('Namespace', '', 'films')).toBeUndefined();

  lab.kube.apply(baseCredentials('media', lab.s3.endpoint));
  const second = await lab.run(FLAGS);

  expect(lines(second.report).find((line) => line.startsWith('media'))).toMatch(/^media\/plex-config present warm /);
});

test('without the right it is a failure that names the namespace: exit 1', async () => {
  lab.kube.fault({ method: 'POST', path: /^\/api\/v1\/namespaces$/, status: 403, message: 'namespaces is forbidden' });

  const { code, performed } = await lab.run(FLAGS);

  expect(code).toBe(1);
  expect(performed).toEqual([expect.stringMatching(/^create-namespace media\/plex-config: failed \(.*forbidden/)]);
});

test('one that somebody else makes at this moment stays theirs', async () => {
  await lab.run(FLAGS, {
    until: (_, pass) => {
      if (pass === 1) lab.kube.apply(namespace('media', { owner: 'argocd' }));
      return false;
    },
  });

  expect(lab.kube.get('Namespace', '', 'media')?.metadata.labels).toMatchObject({ owner: 'argocd' });
  expect(lab.kube.get('Namespace', '', 'media')?.metadata.labels).not.toHaveProperty('backup-credentials');
});

test('with the component, the API server lets the worker make namespaces of its own, and nothing else', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'prewarm-overlay-'));
  const [overlay, component] = ['overlays/restore', 'components/create-namespaces'].map((path) =>
    relative(folder.path, join(K8S, path)),
  );
  await writeFile(
    join(folder.path, 'kustomization.yaml'),
    `kind: Kustomization\nresources: [${overlay}]\ncomponents: [${component}]\n`,
  );
  install(lab.kube, folder.path);
  lab.kube.apply(namespace('theirs'));
  const connection = await connect({ concurrency: 1, requestTimeout: 5000, userAgent: 'test' });
  const labelled = { 'app.kubernetes.io/managed-by': 'volsync-prewarm' };
  const create = async (name: string, labels: Record<string, string>): Promise<string> => {
    const value = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
    const body = { type: 'application/json', value };
    return connection.request({ method: 'POST', path: '/api/v1/namespaces', body }, stop).then(
      () => 'made',
      (error: unknown) => String(error),
    );
  };

  expect(await create('mine', labelled)).toBe('made');
  expect(await create('bare', {})).toContain('may only create namespaces');
  expect(await create('kube-mine', labelled)).toContain('no namespace of the system');
  expect(await create('strong', { ...labelled, 'pod-security.kubernetes.io/enforce': 'privileged' })).toContain(
    'none whose pods are privileged',
  );
  for (const method of ['PATCH', 'DELETE'] as const) {
    const body = {
      type: method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      value: { metadata: { labels: labelled } },
    };
    const tried = connection.request(
      { method, path: '/api/v1/namespaces/theirs', ...(method === 'PATCH' && { body }) },
      stop,
    );
    await expect(tried).rejects.toThrow('may only create namespaces');
  }
});
