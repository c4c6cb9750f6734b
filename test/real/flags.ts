/** How etcd and kube-apiserver are started for tests: everything in one folder, nothing but the loopback. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loopbackIdentity } from '../../sandbox/serving.ts';
import { AUDIT_POLICY } from './audit.ts';

/** Everything that the API server reads from files. Returns what clients need. */
export async function writeServerFiles(folder: string): Promise<{ ca: string; token: string }> {
  const { ca, cert, key } = loopbackIdentity();
  const signer = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const token = randomUUID();
  const files = {
    'server.crt': cert,
    'server.key': key,
    'accounts.pub': signer.publicKey,
    'accounts.key': signer.privateKey,
    'tokens.csv': `${token},admin,admin,"system:masters"\n`,
    'audit-policy.json': AUDIT_POLICY,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
  return { ca, token };
}

/** Data that does not have to outlive a power cut. */
export function etcdFlags(data: string, port: number, peerPort: number): string[] {
  const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  return [
    '--name=test',
    `--data-dir=${data}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=test=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

/** The API server that reads the files of writeServerFiles. */
export function apiFlags(folder: string, etcdPort: number, port: number): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    // Else it looks for a network, and a machine may have none.
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=10.0.0.0/24',
    `--tls-cert-file=${folder}/server.crt`,
    `--tls-private-key-file=${folder}/server.key`,
    `--token-auth-file=${folder}/tokens.csv`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${folder}/accounts.pub`,
    `--service-account-signing-key-file=${folder}/accounts.key`,
    `--audit-policy-file=${folder}/audit-policy.json`,
    `--audit-log-path=${folder}/audit.log`,
    // Policies for Kubernetes 1.34 and 1.35 are written in this version.
    '--runtime-config=admissionregistration.k8s.io/v1beta1=true',
  ];
}
