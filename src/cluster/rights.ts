/** The rights that the program uses, as `doctor` asks for them; a test holds k8s/base/rbac.yaml against this list. */
import { GATE_BINDING, SNAPSHOT_GROUP, VOLSYNC_GROUP } from '../naming.ts';

export interface Right {
  group: string;
  resource: string;
  verb: 'list' | 'get' | 'create' | 'patch' | 'delete';
  /** only this name */
  name?: string;
  why: string;
}

/** @param credentialsSecret the name of the base credentials */
export function rightsOf(credentialsSecret: string): Right[] {
  return [
    { group: '', resource: 'namespaces', verb: 'list', why: 'which namespaces exist' },
    {
      group: '',
      resource: 'persistentvolumeclaims',
      verb: 'list',
      why: 'claims that are alive or wait, and their sizes',
    },
    {
      group: '',
      resource: 'secrets',
      verb: 'list',
      name: credentialsSecret,
      why: 'which namespaces have base credentials (names only)',
    },
    { group: '', resource: 'secrets', verb: 'get', why: 'the base and repository credentials of a claim' },
    { group: '', resource: 'secrets', verb: 'create', why: '<pvc>-volsync-secret' },
    { group: '', resource: 'secrets', verb: 'patch', why: '<pvc>-volsync-secret' },
    { group: '', resource: 'events', verb: 'create', why: 'a Warning on a claim that waits in vain' },
    { group: '', resource: 'events', verb: 'patch', why: 'a Warning on a claim that waits in vain' },
    { group: VOLSYNC_GROUP, resource: 'replicationdestinations', verb: 'list', why: 'restore points and the index' },
    {
      group: VOLSYNC_GROUP,
      resource: 'replicationdestinations',
      verb: 'create',
      why: '<pvc>-restore, and further index objects',
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
      why: 'an empty image is never offered: its destination is made anew',
    },
    { group: VOLSYNC_GROUP, resource: 'replicationsources', verb: 'list', why: 'no restore while a backup runs' },
    { group: SNAPSHOT_GROUP, resource: 'volumesnapshots', verb: 'list', why: 'is the image there and ready?' },
    {
      group: 'admissionregistration.k8s.io',
      resource: 'validatingadmissionpolicybindings',
      verb: 'get',
      name: GATE_BINDING,
      why: 'whether a policy misses the index, when that is not there',
    },
    { group: 'batch', resource: 'jobs', verb: 'list', why: 'failing movers' },
  ];
}
