/** The writes of a rebuild through the stock client: a Secret and a destination for each claim, 16 at a time. */

import { CoreV1Api, CustomObjectsApi, KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { claimName, namespaceName } from './world.ts';

const [namespaces = 100, claims = 20] = (process.argv[2] ?? '').split('x').map(Number);
const config = new KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(CoreV1Api);
const custom = config.makeApiClient(CustomObjectsApi);
const apply = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply);
const fieldManager = 'stock-create';
const labels = { 'app.kubernetes.io/managed-by': fieldManager };

async function create(namespace: string, claim: string): Promise<void> {
  const repository = `${claim}-volsync-secret`;
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name: repository, labels },
    stringData: { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', RESTIC_PASSWORD: 'c', RESTIC_REPOSITORY: 'd' },
  };
  await core.patchNamespacedSecret({ namespace, name: repository, body: secret, fieldManager, force: true }, apply);
  const name = `${claim}-restore`;
  const body = {
    apiVersion: 'volsync.backube/v1alpha1',
    kind: 'ReplicationDestination',
    metadata: { namespace, name, labels },
    spec: {
      trigger: { manual: '01234567' },
      restic: { repository, copyMethod: 'Snapshot', capacity: '10Gi', accessModes: ['ReadWriteOnce'] },
    },
  };
  const plural = 'replicationdestinations';
  await custom.patchNamespacedCustomObject(
    { group: 'volsync.backube', version: 'v1alpha1', plural, namespace, name, body, fieldManager, force: true },
    apply,
  );
}

const places = Array.from({ length: namespaces * claims }, (_, index) => ({
  namespace: namespaceName(Math.floor(index / claims)),
  claim: claimName(index % claims),
})).values();
const workers = Array.from({ length: 16 }, async () => {
  for (const { namespace, claim } of places) await create(namespace, claim);
});
await Promise.all(workers);
