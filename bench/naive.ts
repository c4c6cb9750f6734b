/**
 * What a user would write in an afternoon: stock clients, a `snapshots/` listing for every claim, and a read and a patch
 * for every destination (as the re-trigger loops in the field do).
 */

import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { CustomObjectsApi, KubeConfig } from '@kubernetes/client-node';
import pLimit from 'p-limit';

const bucket = 'volsync-backups';
const s3 = new S3Client({ forcePathStyle: true });
const config = new KubeConfig();
config.loadFromDefault();
const api = config.makeApiClient(CustomObjectsApi);
const limit = pLimit(16);

async function folders(prefix: string): Promise<string[]> {
  const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, Delimiter: '/' }));
  return (page.CommonPrefixes ?? []).map((entry) => entry.Prefix ?? '');
}

async function retrigger(repository: string): Promise<void> {
  const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${repository}snapshots/` }));
  const byTime = (page.Contents ?? []).sort((a, b) => Number(b.LastModified) - Number(a.LastModified));
  const newest = byTime[0]?.Key?.split('/').at(-1);
  if (newest === undefined) return;
  const [namespace = '', claim = ''] = repository.split('/');
  const target = {
    group: 'volsync.backube',
    version: 'v1alpha1',
    plural: 'replicationdestinations',
    namespace,
    name: `${claim}-restore`,
  };
  await api.getNamespacedCustomObject(target);
  const body = [{ op: 'replace', path: '/spec/trigger/manual', value: newest.slice(0, 8) }];
  await api.patchNamespacedCustomObject({ ...target, body });
}

const namespaces = (await folders('')).filter((name) => !name.startsWith('.'));
const claims = (await Promise.all(namespaces.map((namespace) => limit(() => folders(namespace))))).flat();
await Promise.all(claims.map((repository) => limit(() => retrigger(repository))));
console.log(JSON.stringify({ claims: claims.length }));
