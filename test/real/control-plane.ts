/** A real control plane for tests: etcd and kube-apiserver on free ports of the loopback, ready in about four seconds. */
import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubeconfigText } from '../../sandbox/kube/kubeconfig.ts';
import { ensureBinaries, type Binaries } from '../control-plane/binaries.ts';
import { openApi, type Api } from '../support/api.ts';
import { auditLog, type Audited } from './audit.ts';
import { apiFlags, etcdFlags, writeServerFiles } from './flags.ts';
import { applyNamespace, bodyOf, installCrds, textAt } from './install.ts';
import { freePort, guarded, type Running } from './process.ts';

const READY_SECONDS = 120;

/** The user name of the worker in the audit log. */
export const WORKER = 'system:serviceaccount:volsync-system:volsync-prewarm';

export interface Kubectl {
  code: number;
  stdout: string;
  stderr: string;
}

export interface ControlPlane extends AsyncDisposable {
  readonly url: string;
  /** kubeconfig text of a user in system:masters */
  readonly adminKubeconfig: string;
  /** a client of that user */
  readonly admin: Api;
  /** kubeconfig text with a token of volsync-system/volsync-prewarm; the account must be there */
  workerKubeconfig(): Promise<string>;
  /** KUBECONFIG of the worker, for a process */
  workerEnvironment(): Promise<{ KUBECONFIG: string; KUBERNETES_SERVICE_HOST: string }>;
  /** kubeconfig text with a token of any service account */
  tokenKubeconfig(namespace: string, account: string): Promise<string>;
  /** as admin; a code other than 0 is a result, not an error */
  kubectl(args: readonly string[], input?: string): Promise<Kubectl>;
  /** the CRDs in sandbox/crds, served when it returns */
  installCrds(): Promise<void>;
  /** `kubectl apply -k`, into a namespace volsync-system that is made when missing. @throws Error with kubectl's words */
  applyKustomization(folder: string): Promise<string>;
  /** ends the API server by this signal and starts it again, on the same port and the same etcd */
  restartApi(signal?: NodeJS.Signals): Promise<void>;
  /** makes etcd forget all but what is there now: continue tokens so far are too old */
  compact(): Promise<void>;
  /** every request that was answered since the last forgetAudit, of one user or of all; watches are left out */
  audit(user?: string): Promise<Audited[]>;
  forgetAudit(): Promise<void>;
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** more flags for kube-apiserver */
  apiServerFlags?: readonly string[];
}

/** Starts a control plane; resolves when the API server says that it is ready. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries = await ensureBinaries();
  const folder = await mkdtemp(join(tmpdir(), 'prewarm-real-'));
  const [etcdPort, peerPort, apiPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const url = `https://127.0.0.1:${apiPort}`;
  const { ca, token } = await writeServerFiles(folder);
  const kubeconfigOf = (name: string, bearer: string): string => kubeconfigText({ url, ca }, { name, token: bearer });
  const adminKubeconfig = kubeconfigOf('admin', token);
  const kubeconfigFile = join(folder, 'admin.kubeconfig');
  await writeFile(kubeconfigFile, adminKubeconfig, { mode: 0o600 });

  const programs = guarded(folder);
  const etcd = await programs.start(
    [binaries.etcd, ...etcdFlags(join(folder, 'etcd'), etcdPort, peerPort)],
    join(folder, 'etcd.log'),
  );
  await etcd.until(async () => (await fetch(`${etcdUrl}/health`)).ok, READY_SECONDS);
  let admin = openApi(adminKubeconfig);
  const startApi = async (): Promise<Running> => {
    const flags = [...apiFlags(folder, etcdPort, apiPort), ...(options.apiServerFlags ?? [])];
    const api = await programs.start([binaries['kube-apiserver'], ...flags], join(folder, 'kube-apiserver.log'));
    await api.until(async () => (await admin.request('GET', '/readyz')).code === 200, READY_SECONDS);
    return api;
  };
  let api = await startApi();

  const kubectl: ControlPlane['kubectl'] = (args, input = '') =>
    runKubectl(binaries, ['--kubeconfig', kubeconfigFile, '--cache-dir', join(folder, 'kubectl'), ...args], input);
  const tokenKubeconfig = async (namespace: string, account: string): Promise<string> => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 7200 } };
    const answer = await admin.request('POST', path, { body });
    return kubeconfigOf(account, textAt(bodyOf(answer, path), 'status.token'));
  };
  const workerKubeconfig = (): Promise<string> => tokenKubeconfig('volsync-system', 'volsync-prewarm');
  const log = auditLog(join(folder, 'audit.log'));
  const stop = async (): Promise<void> => {
    await admin.close();
    await programs[Symbol.asyncDispose]();
  };

  return {
    url,
    adminKubeconfig,
    get admin() {
      return admin;
    },
    workerKubeconfig,
    workerEnvironment: async () => {
      const KUBECONFIG = join(folder, 'worker.kubeconfig');
      await writeFile(KUBECONFIG, await workerKubeconfig(), { mode: 0o600 });
      // As in its pod, where the ConfigMap has become the environment and is not read again.
      return { KUBECONFIG, KUBERNETES_SERVICE_HOST: '127.0.0.1' };
    },
    tokenKubeconfig,
    kubectl,
    installCrds: () => installCrds(admin),
    applyKustomization: async (kustomization) => {
      await applyNamespace(admin, 'volsync-system');
      const applied = await kubectl(['apply', '-k', kustomization]);
      if (applied.code !== 0) throw new Error(`kubectl apply -k ${kustomization}: ${applied.stderr}`);
      return applied.stdout;
    },
    restartApi: async (signal = 'SIGTERM') => {
      await api.stop(signal);
      // Connections of the old server are no use.
      await admin.close();
      admin = openApi(adminKubeconfig);
      api = await startApi();
    },
    compact: () => compact(etcdUrl),
    audit: log.read,
    forgetAudit: log.forget,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** By etcd's JSON gateway. The revision that is compacted to can still be read: so one more than what clients have seen. */
async function compact(etcd: string): Promise<void> {
  const ask = async (path: string, body: unknown): Promise<unknown> => {
    const answer = await fetch(`${etcd}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`etcd ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const key = Buffer.from('compaction').toString('base64');
  const revision = textAt(await ask('put', { key }), 'header.revision');
  await ask('compaction', { revision, physical: true });
}

function runKubectl(binaries: Binaries, args: readonly string[], input: string): Promise<Kubectl> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'] }, maxBuffer: 2 ** 26 };
    const child = execFile(binaries.kubectl, args, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? 1, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}
