/** A list that the API server did not give: not found, not allowed and not reachable are different things. */

export type ClusterResource =
  | 'namespaces'
  | 'secrets'
  | 'persistentvolumeclaims'
  | 'persistentvolumes'
  | 'pods'
  | 'replicationdestinations'
  | 'replicationsources'
  | 'volumesnapshots'
  | 'jobs';

/** A list that the API server did not give. Not found, not allowed and not reachable are different things. */
export interface ClusterFailure {
  resource: ClusterResource;
  /** null: the whole list; else one namespace's object, which spoils only that namespace */
  namespace: string | null;
  kind: 'not-installed' | 'forbidden' | 'unauthorized' | 'unreachable' | 'failed';
  message: string;
}
