/** The sandbox: an S3 server, a Kubernetes API and VolSync in one process, on loopback. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PolicyDoor } from './admission/door.ts';
import { install } from './install.ts';
import { Kube } from './kube/kube.ts';
import { kubeconfigText } from './kube/kubeconfig.ts';
import type { KubeObject } from './kube/objects.ts';
import type { User } from './kube/server.ts';
import { S3 } from './s3/s3.ts';
import { seed } from './seed.ts';
import { PASSWORD } from './story.ts';
import type { World } from './volsync/repository.ts';
import { VolSync } from './volsync/volsync.ts';

export interface SandboxOptions {
  /** times in the bucket and on objects; default: the real clock (timers are always real) */
  clock?: () => Date;
  /** the S3 server's own clock, where it is another one */
  bucketClock?: () => Date;
  /** how long a mover works; default 300 */
  moverMillis?: number;
  /** between two status writes of a sync; default 5 */
  stepMillis?: number;
  /** between two pods of a failing mover; default 25 */
  retryMillis?: number;
  /** from "the image is there" to Bound; default 10 */
  populateMillis?: number;
  /** the passing `Operation cannot be fulfilled on jobs.batch` error of healthy syncs; default true */
  passingErrors?: boolean;
  /** RESTIC_PASSWORD of repositories that were not created by a mover of this sandbox; default: that of the fixtures */
  password?: string;
  /** a restic that backs up in place of the model; default: the model */
  restic?: World['restic'];
  /** false: VolSync does nothing; default true */
  volsync?: boolean;
}

export interface Sandbox extends AsyncDisposable {
  readonly s3: S3;
  readonly kube: Kube;
  readonly volsync: VolSync;
  /** What the AWS SDK needs to find the bucket. */
  environment(): Record<string, string>;
  /** A kubeconfig, as YAML. */
  kubeconfig(user: User): string;
  /** Writes a kubeconfig to a file, and the folder for it. */
  writeKubeconfig(path: string, user: User): Promise<void>;
  /** Applies `k8s/overlays/<overlay>` (or a directory with a kustomization): from then on its policies are in force. */
  install(overlay: string): KubeObject[];
  stop(): Promise<void>;
}

/** Starts everything on free ports; resolves when both servers listen. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { clock = () => new Date(), passingErrors = true, password = PASSWORD } = options;
  const { moverMillis = 300, stepMillis = 5, retryMillis = 25, populateMillis = 10 } = options;
  const s3 = new S3(options.bucketClock ?? clock);
  const kube = new Kube(clock, (store, hidden) => new PolicyDoor(store, hidden));
  seed(kube);
  const pace = { mover: moverMillis, step: stepMillis, retry: retryMillis, populate: populateMillis };
  const volsync = new VolSync({ kube, s3, clock, pace, passingErrors, password, restic: options.restic });
  await Promise.all([s3.listen(), kube.listen()]);
  if (options.volsync === false) volsync.stop();
  else volsync.start();

  const kubeconfig = (user: User): string => kubeconfigText(kube, { name: user, token: kube.tokens[user] });
  const stop = async (): Promise<void> => {
    volsync.stop();
    await Promise.all([s3.close(), kube.close()]);
  };
  return {
    s3,
    kube,
    volsync,
    environment: () => ({
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    }),
    kubeconfig,
    writeKubeconfig: async (path, user) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, kubeconfig(user), { mode: 0o600 });
    },
    install: (overlay) => install(kube, overlay),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
