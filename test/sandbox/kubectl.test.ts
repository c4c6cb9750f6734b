/** kubectl itself at the sandbox: what `npm run sandbox` invites people to do. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { claim, destination, namespace } from '../../sandbox/story.ts';
import { HAS_KUBECTL, KUBECTL } from '../support/kubectl.ts';

if (!HAS_KUBECTL) console.log('kubectl at the sandbox is not tested: there is none on this machine');

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  sandbox = await startSandbox({ volsync: false });
  sandbox.install('safe');
  sandbox.kube.apply(namespace('media'));
  sandbox.kube.apply(destination({ namespace: 'media', claim: 'plex' }));
  folder = await mkdtemp(join(tmpdir(), 'prewarm-kubectl-'));
  await sandbox.writeKubeconfig(join(folder, 'kubeconfig'), 'admin');
});

afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

async function kubectl(...args: string[]): Promise<string> {
  const env = { ...process.env, KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder };
  const run = promisify(execFile)(KUBECTL, args, { env });
  return run.then(
    ({ stdout }) => stdout,
    (error: unknown) => String(error),
  );
}

test.runIf(HAS_KUBECTL)('explain tells the fields of ours and of a claim', async () => {
  expect(await kubectl('explain', 'replicationdestination.spec.external')).toMatch(
    /KIND: +ReplicationDestination\n[^]*parameters\s<map\[string\]string>/,
  );
  expect(await kubectl('explain', 'pvc.spec.dataSourceRef.kind')).toMatch(/FIELD: kind <string>/);
});

test.runIf(HAS_KUBECTL)('apply tells why a claim is refused, and takes one that gives its reason', async () => {
  const file = join(folder, 'claim.json');
  const refused = claim({ namespace: 'media', name: 'new', labels: { backup: 'hourly' } });
  await writeFile(file, JSON.stringify(refused));
  expect(await kubectl('apply', '-f', file)).toMatch(/is forbidden: .*no run has finished yet/);

  const labels = { backup: 'hourly', 'volsync-prewarm/skip-restore': 'true' };
  const annotations = { 'volsync-prewarm/skip-restore-reason': 'it is new' };
  await writeFile(file, JSON.stringify(claim({ namespace: 'media', name: 'new', labels, annotations })));
  expect(await kubectl('apply', '-f', file)).toBe('persistentvolumeclaim/new created\n');
  expect(await kubectl('get', 'pvc', '-n', 'media')).toMatch(
    /^NAME +STATUS +VOLUME +CAPACITY +ACCESS MODES +STORAGECLASS +AGE\nnew /,
  );
});

test.runIf(HAS_KUBECTL)('get prints the columns that a cluster would', async () => {
  expect(await kubectl('get', 'replicationdestinations', '-A')).toMatch(
    /^NAMESPACE +NAME +LAST SYNC +DURATION +NEXT SYNC\nmedia +plex-restore/,
  );
  expect(await kubectl('get', 'ns', 'media')).toMatch(/^NAME +AGE\nmedia +\d+s\n$/);
});

test.runIf(HAS_KUBECTL)('describe and get tell the events of a claim', async () => {
  const about = sandbox.kube.apply(claim({ namespace: 'media', name: 'told', from: 'plex-restore' }));
  sandbox.kube.event(about, 'Warning', 'VolSyncPopulatorPVCCreationError', 'denied request: not yet');
  expect(await kubectl('describe', 'pvc', 'told', '-n', 'media')).toMatch(
    /Events:\n[^]*Warning +VolSyncPopulatorPVCCreationError +.* +volsync-controller +denied request: not yet/,
  );
  expect(await kubectl('get', 'events', '-n', 'media')).toMatch(
    /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n\S+ +Warning +VolSyncPopulatorPVCCreationError +persistentvolumeclaim\/told +denied/,
  );
});

test.runIf(HAS_KUBECTL)('what kubectl sends as protobuf is refused with the way to send it otherwise', async () => {
  const args = ['create', 'secret', 'generic', 'keys', '--from-literal=a=b', '-n', 'media'];
  expect(await kubectl(...args)).toMatch(/not protobuf: add --dry-run=client -o yaml .* kubectl apply -f -/);
  const file = join(folder, 'secret.yaml');
  await writeFile(file, await kubectl(...args, '--dry-run=client', '-o', 'yaml'));
  expect(await kubectl('apply', '-f', file)).toBe('secret/keys created\n');
});
