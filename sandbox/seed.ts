/** What every cluster has from the start, and the index object that the installation creates. */
import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { CRDS } from './kube/crds.ts';
import type { Kube } from './kube/kube.ts';
import { asInput, type ObjectInput } from './kube/objects.ts';
import { namespace } from './story.ts';

const INDEX = new URL('../k8s/base/index.yaml', import.meta.url);
const DEFAULT_CLASS = { 'storageclass.kubernetes.io/is-default-class': 'true' };

/** The Deployment of VolSync's chart, with the fields that the program reads. It runs no pods. */
const OPERATOR: ObjectInput = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'volsync', namespace: 'volsync-system', labels: { 'app.kubernetes.io/name': 'volsync' } },
  spec: { template: { spec: { containers: [{ name: 'manager', image: 'quay.io/backube/volsync:0.16.0', env: [] }] } } },
};

/** Puts namespaces, VolSync's Deployment, storage and snapshot classes, the CRDs and the first index object into an empty API. */
export function seed(kube: Kube): void {
  for (const name of ['default', 'kube-system', 'volsync-system']) kube.apply(namespace(name));
  const classes = { 'csi-hostpath-sc': 'Immediate', 'csi-hostpath-wait': 'WaitForFirstConsumer' };
  for (const [name, volumeBindingMode] of Object.entries(classes)) {
    kube.apply({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name, annotations: volumeBindingMode === 'Immediate' ? DEFAULT_CLASS : {} },
      provisioner: 'hostpath.csi.k8s.io',
      reclaimPolicy: 'Delete',
      allowVolumeExpansion: true,
      volumeBindingMode,
    });
  }
  kube.apply({
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshotClass',
    metadata: {
      name: 'csi-hostpath-snapclass',
      annotations: { 'snapshot.storage.kubernetes.io/is-default-class': 'true' },
    },
    driver: 'hostpath.csi.k8s.io',
    deletionPolicy: 'Delete',
  });
  kube.apply(OPERATOR);
  for (const crd of CRDS) kube.apply(crd);
  const index = asInput(load(readFileSync(INDEX, 'utf8')));
  kube.apply(index);
}
