/** Names of claims in the shell, in a real bash. */
import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claim, namespace } from '../../sandbox/story.ts';
import { promisify } from 'node:util';
import { PROGRAM, COMPILED, ordinary, startLab, type Lab } from '../support/lab.ts';

const HAS_BASH = spawnSync('bash', ['-c', 'help mapfile']).status === 0;

let lab: Lab;
let folder: string;

beforeEach(async () => {
  lab = await startLab();
  folder = await mkdtemp(join(tmpdir(), 'prewarm-completion-'));
  const program = join(folder, 'volsync-prewarm');
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`);
  await chmod(program, 0o755);
  ordinary(lab);
  lab.kube.apply(namespace('films'));
  lab.kube.apply(claim({ namespace: 'media', name: 'plex-config', labels: { backup: 'hourly' } }));
  lab.kube.apply(claim({ namespace: 'media', name: 'plain' }));
  lab.kube.apply(claim({ namespace: 'films', name: 'dvd', labels: { backup: 'weekly' } }));
  lab.kube.apply(
    claim({ namespace: 'films', name: 'volsync-dvd-src', labels: { 'app.kubernetes.io/created-by': 'volsync' } }),
  );
});

afterEach(async () => {
  await lab[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** What bash would offer for the last of these words, when TAB is pressed there. */
async function offered(...words: string[]): Promise<string[]> {
  const quoted = ['volsync-prewarm', ...words].map((word) => `'${word}'`).join(' ');
  const script = `source <(volsync-prewarm completion)
    COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}
    "$(complete -p volsync-prewarm | sed 's/.*-F \\([^ ]*\\).*/\\1/')"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { ...process.env, ...COMPILED, ...lab.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', script], { env });
  return stdout.split('\n').filter((line) => line !== '');
}

if (!HAS_BASH) console.log('completion was not tried: there is no bash 4 on this machine');

describe.skipIf(!HAS_BASH)('in a real bash', () => {
  test.each(['explain', 'snapshots', 'backup', 'status', 'plan', 'readiness'])(
    '%s <TAB>: the claims',
    async (command) => {
      expect(await offered(command, '')).toEqual(['films/dvd', 'media/plain', 'media/plex-config']);
      expect(await offered(command, 'media/pl')).toEqual(['media/plain', 'media/plex-config']);
    },
  );

  test('with -n the names of that namespace, and after -n the namespaces', async () => {
    expect(await offered('explain', '-n', 'media', 'p')).toEqual(['plain', 'plex-config']);
    expect(await offered('explain', '--namespace=films', '')).toEqual(['dvd']);
    expect(await offered('explain', '-n', '')).toEqual(['films', 'media']);
    expect(await offered('backup', '--timeout', '5m', 'films/')).toEqual(['films/dvd']);
  });

  test('a backup whose claim is gone is named, as the index remembers it', async () => {
    await lab.run();
    lab.kube.remove('PersistentVolumeClaim', 'media', 'plex-config');
    expect(await offered('snapshots', 'media/')).toEqual(['media/plain', 'media/plex-config']);
  });

  test('commands and flags as before; no name where none is taken', async () => {
    expect(await offered('sta')).toEqual(['status']);
    expect(await offered('explain', '--kubec')).toEqual(['--kubeconfig']);
    expect(await offered('doctor', 'media')).toEqual([]);
    expect(await offered('explain', 'media/plain', 'media')).toEqual([]);
  });

  test('without a cluster nothing is offered, and nothing is said', async () => {
    lab.kube.fault({ path: 'persistentvolumeclaims', status: 403, message: 'not for you' });
    lab.kube.fault({ path: 'replicationdestinations', hang: true });
    expect(await offered('explain', '')).toEqual([]);
  });
});
