/**
 * `npm run sandbox`: runs until Ctrl-C, and prints how to try it. `--fail NAME[:<namespace>[/<claim>]]` starts with a fault and
 * may be repeated. Faults can also be typed while the sandbox runs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { install } from './install.ts';
import { Mishaps, mishapHelp } from './mishaps.ts';
import { startSandbox } from './sandbox.ts';
import { baseCredentials, claim, namespace } from './story.ts';

const CLAIM = claim({ namespace: 'karakeep', name: 'data-pvc', size: '10Gi', labels: { backup: 'hourly' } });
const NAMESPACES = ['home-assistant', 'immich', 'karakeep', 'open-webui', 'paperless-ngx', 'plex'];

const { values } = parseArgs({
  options: { fail: { type: 'string', multiple: true, default: [] }, help: { type: 'boolean' } },
});
if (values.help === true) {
  console.log(`npm run sandbox -- [--fail NAME[:<namespace>[/<claim>]]]...\n\n${mishapHelp()}`);
  process.exit(0);
}

const sandbox = await startSandbox({ moverMillis: 2000, stepMillis: 100, retryMillis: 2000, populateMillis: 200 });
await sandbox.s3.fill();
install(sandbox.kube, 'safe');
for (const name of NAMESPACES) {
  sandbox.kube.apply(namespace(name));
  sandbox.kube.apply(baseCredentials(name, sandbox.s3.endpoint));
}

const folder = await mkdtemp(join(tmpdir(), 'volsync-prewarm-sandbox-'));
const kubeconfig = join(folder, 'kubeconfig');
await sandbox.writeKubeconfig(kubeconfig, 'admin');

const variables = { ...sandbox.environment(), KUBECONFIG: kubeconfig };
console.log(`S3          ${sandbox.s3.endpoint}, bucket ${sandbox.s3.bucket}, ${sandbox.s3.keys().length} objects
Kubernetes  ${sandbox.kube.url}, namespaces ${NAMESPACES.join(', ')}
Policies    k8s/overlays/safe
VolSync     movers work for 2 s

In another terminal:

${Object.entries(variables)
  .map(([name, value]) => `  export ${name}=${value}`)
  .join('\n')}

  npm start -- plan
  npm start -- run
  echo '${JSON.stringify(CLAIM)}' | kubectl apply -f -
  kubectl -n karakeep get pvc data-pvc
  npm start -- explain karakeep/data-pvc
  npm start -- readiness

Here: "fail mover", "fail snapshot karakeep/data-pvc", "heal", "help". Ctrl-C ends it.`);

const mishaps = new Mishaps(sandbox);
for (const wish of values.fail) console.log(mishaps.begin(...splitWish(wish)));
const typed = createInterface({ input: process.stdin });
typed.on('line', (line) => console.log(mishaps.obey(line)));

const keepAlive = setInterval(() => undefined, 60_000);
const { promise: ended, resolve: end } = Promise.withResolvers<void>();
process.once('SIGINT', () => end());
process.once('SIGTERM', () => end());
await ended;
clearInterval(keepAlive);
typed.close();
await sandbox.stop();
await rm(folder, { recursive: true, force: true });

function splitWish(wish: string): [string, string?] {
  const [name = '', place] = wish.split(':');
  return place === undefined ? [name] : [name, place];
}
