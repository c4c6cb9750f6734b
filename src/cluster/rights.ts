/** The rights that the program uses. `doctor` asks for them, and a test compares k8s/base/rbac.yaml with this list. */
import { GATE_BINDING, SNAPSHOT_GROUP, VOLSYNC_GROUP } from '../naming.ts';

export interface Right {
  group: string;
  resource: string;
  verb: 'list' | 'get' | 'create' | 'patch' | 'delete';
  /** only this name */
  name?: string;
  why: string;
}

const CREATE_NAMESPACES: Right = {
  group: '',
  resource: 'namespaces',
  verb: 'create',
  why: '--create-namespaces: the component k8s/components/create-namespaces grants it',
};

/**
 * @param credentialsSecret the name of the base credentials
 * @param createsNamespaces with --create-namespaces; the component create-namespaces grants it
 */
export function rightsOf(credentialsSecret: string, createsNamespaces = false): Right[] {
  return [
    ...(createsNamespaces ? [CREATE_NAMESPACES] : []),
    { group: '', resource: 'namespaces', verb: 'list', why: 'which namespaces exist' },
    {
      group: '',
      resource: 'persistentvolumeclaims',
      verb: 'list',
      why: 'to see which claims are alive or waiting, and their sizes',
    },
    { group: '', resource: 'persistentvolumes', verb: 'get', why: 'to see what a new claim was filled from' },
    { group: '', resource: 'pods', verb: 'list', why: 'to see as whom the pods of a new claim run' },
    {
      group: '',
      resource: 'secrets',
      verb: 'list',
      name: credentialsSecret,
      why: 'to see which namespaces have base credentials (names only)',
    },
    { group: '', resource: 'secrets', verb: 'get', why: 'to read the base and repository credentials of a claim' },
    { group: '', resource: 'secrets', verb: 'create', why: '<pvc>-volsync-secret' },
    { group: '', resource: 'secrets', verb: 'patch', why: '<pvc>-volsync-secret' },
    { group: '', resource: 'events', verb: 'create', why: 'to warn on a claim that waits in vain' },
    { group: '', resource: 'events', verb: 'patch', why: 'to warn on a claim that waits in vain' },
    {
      group: VOLSYNC_GROUP,
      resource: 'replicationdestinations',
      verb: 'list',
      why: 'to see restore points and the index',
    },
    {
      group: VOLSYNC_GROUP,
      resource: 'replicationdestinations',
      verb: 'create',
      why: 'to create <pvc>-restore, and further index objects',
    },
    {
      group: VOLSYNC_GROUP,
      resource: 'replicationdestinations',
      verb: 'patch',
      why: '<pvc>-restore: trigger and proof; the index',
    },
    {
      group: VOLSYNC_GROUP,
      resource: 'replicationdestinations',
      verb: 'delete',
      why: 'to make a destination with an empty image anew',
    },
    { group: VOLSYNC_GROUP, resource: 'replicationsources', verb: 'list', why: 'to restore only while no backup runs' },
    { group: VOLSYNC_GROUP, resource: 'replicationsources', verb: 'create', why: '<pvc>-backup of a protected claim' },
    {
      group: VOLSYNC_GROUP,
      resource: 'replicationsources',
      verb: 'patch',
      why: '<pvc>-backup: schedule and retention',
    },
    {
      group: VOLSYNC_GROUP,
      resource: 'replicationsources',
      verb: 'delete',
      why: '<pvc>-backup of a claim that is gone',
    },
    {
      group: SNAPSHOT_GROUP,
      resource: 'volumesnapshots',
      verb: 'list',
      why: 'to see whether an image exists and is ready',
    },
    {
      group: 'admissionregistration.k8s.io',
      resource: 'validatingadmissionpolicybindings',
      verb: 'get',
      name: GATE_BINDING,
      why: 'to see whether a policy needs the index, when the index is missing',
    },
    { group: 'batch', resource: 'jobs', verb: 'list', why: 'failing movers' },
  ];
}
