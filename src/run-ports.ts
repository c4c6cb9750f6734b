/** What a run works with. */
import type { Bucket } from './bucket/bucket.ts';
import type { Elsewhere } from './bucket/elsewhere.ts';
import type { Cluster } from './cluster/cluster.ts';

export interface Ports {
  bucket: Pick<
    Bucket,
    | 'listRepositories'
    | 'probe'
    | 'probePath'
    | 'underWay'
    | 'mark'
    | 'readMarker'
    | 'records'
    | 'listRecords'
    | 'clockSkew'
  >;
  /** repositories that Secrets name, with those Secrets' own keys */
  elsewhere: Elsewhere;
  /** opened after the first S3 request is on its way: loading the Kubernetes half takes longer than the answer */
  cluster: () => Promise<
    Pick<Cluster, 'observe' | 'lookUp' | 'readPlaces' | 'keysOf' | 'write' | 'publish' | 'serverNow'>
  >;
  now: () => number;
}
