/** Which kinds the API knows. */

export interface Resource {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
  /** has a `/status` of its own: writes to the object itself leave the status alone */
  status: boolean;
  /** counts its `metadata.generation` */
  generation: boolean;
}

const NAMESPACED = 1;
const STATUS = 2;
const GENERATION = 4;
const ALL = NAMESPACED + STATUS + GENERATION;

function kinds(group: string, version: string, table: Record<string, [string, number]>): Resource[] {
  return Object.entries(table).map(([plural, [kind, flags]]) => ({
    group,
    version,
    plural,
    kind,
    namespaced: (flags & NAMESPACED) !== 0,
    status: (flags & STATUS) !== 0,
    generation: (flags & GENERATION) !== 0,
  }));
}

const ADMISSION: Record<string, [string, number]> = {
  mutatingadmissionpolicies: ['MutatingAdmissionPolicy', GENERATION],
  mutatingadmissionpolicybindings: ['MutatingAdmissionPolicyBinding', GENERATION],
  validatingadmissionpolicies: ['ValidatingAdmissionPolicy', STATUS + GENERATION],
  validatingadmissionpolicybindings: ['ValidatingAdmissionPolicyBinding', GENERATION],
};

/** A resource with two versions has one store: an object is returned in the version that the client requests. */
export const RESOURCES: readonly Resource[] = [
  ...kinds('', 'v1', {
    namespaces: ['Namespace', STATUS],
    secrets: ['Secret', NAMESPACED],
    configmaps: ['ConfigMap', NAMESPACED],
    serviceaccounts: ['ServiceAccount', NAMESPACED],
    events: ['Event', NAMESPACED],
    pods: ['Pod', NAMESPACED + STATUS],
    persistentvolumeclaims: ['PersistentVolumeClaim', NAMESPACED + STATUS],
    persistentvolumes: ['PersistentVolume', STATUS],
  }),
  ...kinds('apps', 'v1', { deployments: ['Deployment', ALL], statefulsets: ['StatefulSet', ALL] }),
  ...kinds('batch', 'v1', { jobs: ['Job', ALL], cronjobs: ['CronJob', ALL] }),
  ...kinds('volsync.backube', 'v1alpha1', {
    replicationdestinations: ['ReplicationDestination', ALL],
    replicationsources: ['ReplicationSource', ALL],
  }),
  ...kinds('snapshot.storage.k8s.io', 'v1', {
    volumesnapshots: ['VolumeSnapshot', ALL],
    volumesnapshotclasses: ['VolumeSnapshotClass', GENERATION],
  }),
  ...kinds('populator.storage.k8s.io', 'v1beta1', { volumepopulators: ['VolumePopulator', 0] }),
  ...kinds('storage.k8s.io', 'v1', { storageclasses: ['StorageClass', 0] }),
  ...kinds('rbac.authorization.k8s.io', 'v1', {
    roles: ['Role', NAMESPACED],
    rolebindings: ['RoleBinding', NAMESPACED],
    clusterroles: ['ClusterRole', 0],
    clusterrolebindings: ['ClusterRoleBinding', 0],
  }),
  ...kinds('admissionregistration.k8s.io', 'v1', ADMISSION),
  ...kinds('admissionregistration.k8s.io', 'v1beta1', ADMISSION),
  ...kinds('apiextensions.k8s.io', 'v1', {
    customresourcedefinitions: ['CustomResourceDefinition', STATUS + GENERATION],
  }),
];

/** The group and version of a resource as `apiVersion` spells them. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** The resource of a kind (`Job`) or plural (`jobs`); throws for what the sandbox does not know. */
export function resourceOf(name: string): Resource {
  const found = RESOURCES.find((resource) => resource.kind === name || resource.plural === name);
  if (found === undefined) throw new Error(`the sandbox knows no kind ${name}`);
  return found;
}

const CUSTOM_GROUPS = new Set(['volsync.backube', 'snapshot.storage.k8s.io']);

/** Is it served from a CustomResourceDefinition? */
export function isCustom(resource: Resource): boolean {
  return CUSTOM_GROUPS.has(resource.group);
}
