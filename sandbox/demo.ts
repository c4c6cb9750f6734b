/**
 * `npm run demo`: scenarios of disaster recovery, and what can go wrong in them, played with the real program over the
 * wire and the shipped admission policies (overlay safe), against an S3 server with real restic repositories, a Kubernetes
 * API and a VolSync in this process. Exits 0 only if every step ended as it must.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../job/build.ts';
import { repositorySecretName } from '../src/naming.ts';
import { install } from './install.ts';
import { text } from './kube/objects.ts';
import { startSandbox } from './sandbox.ts';
import { Stage, say } from './stage.ts';
import { destination, repository } from './story.ts';

const POLICIES = ['Mutating', 'Validating'].flatMap((one) => [`${one}AdmissionPolicy`, `${one}AdmissionPolicyBinding`]);
const SIX_WEEKS = 42 * 24 * 3_600_000;
const REASON = { 'volsync-prewarm/skip-restore-reason': 'the old data was a test' };

async function freshInstall(stage: Stage): Promise<void> {
  say('\n1. Fresh install: an empty bucket, the policies of k8s/overlays/safe, an app that was never backed up');
  stage.deliver('notes');
  const early = await stage.create('notes', 'data');
  stage.check(
    'no run has finished yet, so the claim is refused and does not start on a guess',
    early.state === 'refused',
  );
  await stage.cronjob();
  stage.check(
    'there is no destination, because there is nothing to restore',
    stage.destination('notes', 'data') === undefined,
  );
  const fresh = await stage.create('notes', 'data');
  stage.check(
    'created again, the claim is Bound at once and starts empty',
    fresh.state === 'bound' && fresh.holds === null,
  );
  stage.sandbox.volsync.write('notes', 'data');
  await stage.cronjob();
  await stage.sandbox.volsync.idle();
  const source = stage.source('notes', 'data');
  const first = stage.newest('notes/data');
  say(
    `    ReplicationSource data-backup: at ${text(source, 'spec.trigger.schedule')}, and it forgets nothing of the last three days`,
  );
  stage.check(
    `one label is all: it has a source and credentials, and its first backup ${first.slice(0, 8)} is in the bucket`,
    first !== 'none' && text(source, 'spec.restic.retain.within') === '3d',
  );
}

async function rebuild(stage: Stage): Promise<void> {
  say('\n2. Cluster rebuild: the bucket has the backups of nine claims, the cluster has none of their data');
  const { s3, volsync } = stage.sandbox;
  await s3.fill();
  for (const name of ['home-assistant', 'immich', 'paperless-ngx', 'open-webui', 'plex']) stage.deliver(name);
  stage.sandbox.kube.apply(destination({ namespace: 'plex', claim: 'plex-config', tag: 'restore-once' }));
  volsync.resetConcurrentMax();
  await stage.cronjob();
  stage.check(`never more than four restores at once (seen: ${volsync.concurrentMax})`, volsync.concurrentMax <= 4);
  const newest = stage.newest('home-assistant/config');
  const back = await stage.create('home-assistant', 'config');
  stage.check(
    `home-assistant/config is back with snapshot ${newest.slice(0, 8)}, the newest`,
    back.state === 'bound' && back.holds === newest,
  );

  say('\n   A rebuild at its worst: namespace, credentials and claim arrive together, before any run has seen them');
  say(`    the policies know: karakeep.data-pvc → ${stage.indexed('karakeep', 'data-pvc')}`);
  stage.deliver('karakeep');
  const wanted = stage.newest('karakeep/data-pvc');
  const held = await stage.create('karakeep', 'data-pvc');
  stage.check('the claim is held: it waits for its data and does not start empty', held.state === 'waits');
  await stage.cronjob();
  const bound = await stage.isBound('karakeep', 'data-pvc');
  stage.check(
    `the claim comes back by itself, with ${wanted.slice(0, 8)}`,
    bound && volsync.contentOf('karakeep', 'data-pvc') === wanted,
  );

  say('\n   The trap: open-webui/data is an initialised repository without a snapshot');
  stage.check(
    'there is no destination: VolSync would have made an empty image for it',
    stage.destination('open-webui', 'data') === undefined,
  );
  const trap = await stage.create('open-webui', 'data');
  stage.check('its claim does not hang: it starts empty', trap.state === 'bound' && trap.holds === null);
}

async function newApp(stage: Stage): Promise<void> {
  say('\n3. A new app in the running cluster');
  stage.deliver('linkding');
  const fresh = await stage.create('linkding', 'data');
  stage.check('the claim starts empty, beside all the others', fresh.state === 'bound' && fresh.holds === null);
}

async function deleteAndReAdd(stage: Stage): Promise<void> {
  say('\n4. Delete an app and add it again later');
  await stage.backUp('karakeep', 'data-pvc');
  const newest = stage.newest('karakeep/data-pvc');
  stage.remove('karakeep', 'data-pvc');
  await stage.cronjob();
  const back = await stage.create('karakeep', 'data-pvc');
  stage.check(
    `the claim comes back with ${newest.slice(0, 8)}, its last backup`,
    back.state === 'bound' && back.holds === newest,
  );
}

async function refusals(stage: Stage): Promise<void> {
  say('\n5. Refused, with a reason: nothing hangs without a word');
  const foreign = await stage.create('plex', 'plex-config');
  stage.check(
    'a destination of somebody else is in the way: the claim is refused, and neither starts empty nor hangs',
    foreign.state === 'refused',
  );
  const block = await stage.create('immich', 'library', { volumeMode: 'Block' });
  stage.check('files cannot be restored into a block device', block.state === 'refused');
  const skip = { labels: { 'volsync-prewarm/skip-restore': 'true' } };
  const silent = await stage.create('immich', 'library', skip);
  stage.check('starting empty over a backup takes a reason', silent.state === 'refused');
  const said = await stage.create('immich', 'library', { ...skip, annotations: REASON });
  stage.check('with the reason it starts empty, because that is wanted', said.state === 'bound' && said.holds === null);
}

async function outage(stage: Stage): Promise<void> {
  say('\n6. The S3 server is down while an app is re-created');
  const newest = stage.newest('karakeep/data-pvc');
  const up = stage.sandbox.s3.answer(() => ({ drop: true }));
  await stage.cronjob(1);
  stage.check(
    'the run reports it (exit 1) and changes nothing',
    stage.destination('karakeep', 'data-pvc') !== undefined,
  );
  stage.remove('karakeep', 'data-pvc', 'restore point');
  const back = await stage.create('karakeep', 'data-pvc');
  stage.check(
    'the claim comes back nevertheless: its restore point was warm before it was needed',
    back.state === 'bound' && back.holds === newest,
  );
  up();
}

async function suspect(stage: Stage): Promise<void> {
  say('\n7. A restore that found nothing: the credentials of paperless-ngx/media point at an empty place');
  const { kube, volsync, s3 } = stage.sandbox;
  const elsewhere = Buffer.from(`s3:${s3.endpoint}/volsync-backups/somewhere/else`).toString('base64');
  kube.patch('Secret', 'paperless-ngx', repositorySecretName('media'), { data: { RESTIC_REPOSITORY: elsewhere } });
  kube.patch('ReplicationDestination', 'paperless-ngx', 'media-restore', { spec: { trigger: { manual: 'by-hand' } } });
  await volsync.idle();
  const wrong = stage.image('paperless-ngx', 'media');
  const { result, logs } = stage.mover('paperless-ngx', 'media');
  stage.check(
    'VolSync reports a success, and has made an image in which nothing was restored',
    result === 'Successful' && /No eligible snapshots/.test(logs),
  );
  await stage.cronjob();
  const newest = stage.newest('paperless-ngx/media');
  const back = await stage.create('paperless-ngx', 'media');
  stage.check(
    `the empty image is never used: a new one is made, and the claim starts with ${newest.slice(0, 8)}`,
    back.state === 'bound' && back.holds === newest && stage.image('paperless-ngx', 'media') !== wrong,
  );
}

async function tooEarly(stage: Stage): Promise<void> {
  say('\n8. An app is deleted two seconds after a backup, and added again');
  await stage.backUp('karakeep', 'data-pvc');
  await stage.cronjob();
  stage.later(stage.untilBackup('karakeep', 'data-pvc'));
  const before = stage.newest('karakeep/data-pvc');
  stage.sandbox.volsync.write('karakeep', 'data-pvc');
  stage.sandbox.volsync.lookAtSchedules();
  await stage.sandbox.volsync.idle();
  const newest = stage.newest('karakeep/data-pvc');
  say(`    the hourly backup saves ${newest.slice(0, 8)}; the restore point still holds ${before.slice(0, 8)}`);
  stage.later(2000);
  stage.remove('karakeep', 'data-pvc', 'restore point');
  const early = await stage.create('karakeep', 'data-pvc', {}, 300);
  stage.check('the claim waits: VolSync may not fill it with the older data', early.state === 'waits');
  const words = stage.told('karakeep', 'data-pvc');
  say(`    an event on the claim: ${words}`);
  stage.check('an event on the claim says what it waits for', /volsync-prewarm: /.test(words));
  await stage.cronjob();
  const back = await stage.isBound('karakeep', 'data-pvc');
  stage.check(
    `after the next run it comes back with ${newest.slice(0, 8)}, the newest`,
    back && stage.sandbox.volsync.contentOf('karakeep', 'data-pvc') === newest,
  );
}

async function missed(stage: Stage): Promise<void> {
  say('\n9. A restore that was missed: the policies are gone for a minute, and an app is created again');
  const { kube, volsync } = stage.sandbox;
  const lost = stage.newest('immich/postgres');
  for (const kind of POLICIES) for (const { metadata } of kube.list(kind)) kube.remove(kind, '', metadata.name);
  const empty = await stage.create('immich', 'postgres');
  install(kube, 'safe');
  stage.check(
    'the claim starts empty over its backup, and nobody has said a word',
    empty.state === 'bound' && empty.holds === null,
  );
  volsync.write('immich', 'postgres');
  const log = await stage.cronjob(3);
  await volsync.idle();
  say(`    restore-missed: ${stage.found(log, 'restore-missed')}`);
  stage.check(
    'the next run says so (exit 3), with the way out',
    /delete the claim/.test(stage.found(log, 'restore-missed')),
  );
  const bad = stage.newest('immich/postgres');
  stage.check(
    `the new data is backed up (${bad.slice(0, 8)}), and pushes nothing out: the source keeps everything`,
    bad !== lost && text(stage.source('immich', 'postgres'), 'spec.restic.retain.last') === 'unlimited',
  );
  stage.remove('immich', 'postgres', 'restore point');
  const back = await stage.create('immich', 'postgres');
  stage.check(
    `created once more, it comes back with ${lost.slice(0, 8)}: what a bad start has saved is never taken for the newest`,
    back.state === 'bound' && back.holds === lost,
  );
}

async function renamed(stage: Stage): Promise<void> {
  say('\n10. A rename: until six weeks ago the claim linkding/data was called linkding/bookmarks');
  const [old = ''] = repository(stage.sandbox.s3, 'linkding/bookmarks', [
    { seed: 'old', at: new Date(Date.now() - SIX_WEEKS) },
  ]);
  const log = await stage.cronjob();
  say(`    repository-abandoned: ${stage.found(log, 'repository-abandoned')}`);
  stage.check(
    'the repository of the old name is reported, and nobody deletes it',
    stage.found(log, 'repository-abandoned') !== '' && stage.newest('linkding/bookmarks') === old,
  );
  const back = await stage.create('linkding', 'bookmarks');
  stage.check(
    `a claim of the old name would have its data: ${old.slice(0, 8)}`,
    back.state === 'bound' && back.holds === old,
  );
}

async function verdicts(stage: Stage): Promise<void> {
  say('\nThe result, as the cluster shows it:');
  say(`\n${(await stage.program(['status'])).stdout}`);
  say('And if every claim were created again? (Two were never backed up, hence exit 1.)');
  say(`\n${(await stage.program(['readiness'], 1)).stdout}`);
}

const started = Date.now();
const folder = await mkdtemp(join(tmpdir(), 'volsync-prewarm-demo-'));
const kubeconfig = join(folder, 'kubeconfig');
const clock = { ahead: 0 };
await using sandbox = await startSandbox({
  moverMillis: 30,
  stepMillis: 2,
  populateMillis: 2,
  clock: () => new Date(Date.now() + clock.ahead),
});
install(sandbox.kube, 'safe');
await sandbox.writeKubeconfig(kubeconfig, 'worker');
const program = join(folder, 'volsync-prewarm.cjs');
await bundle(program);
const stage = new Stage(sandbox, { kubeconfig, program, clock });
say(
  'Four scenarios and six mishaps. The program and the admission policies are the real ones; S3 server, Kubernetes API and\nVolSync run in this process.',
);
for (const scene of [
  freshInstall,
  rebuild,
  newApp,
  deleteAndReAdd,
  refusals,
  outage,
  suspect,
  tooEarly,
  missed,
  renamed,
  verdicts,
])
  await scene(stage);
await rm(folder, { recursive: true });
const { failed } = stage;
say(
  `\n${failed === 0 ? 'Every step ended as it must' : `${failed} steps did not end as they must`} (${((Date.now() - started) / 1000).toFixed(1)} s).`,
);
process.exitCode = failed === 0 ? 0 : 1;
