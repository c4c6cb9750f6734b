/**
 * `mark-bucket`: confirms that an empty bucket is the right one. From then on the worker believes that it is empty. Of a bucket that
 * was copied it confirms that the copy is complete, and that the times of its objects count from now on. With `--move` it
 * confirms that the repositories of the index are in this bucket now.
 */
import { isCopy } from '../../src/bucket-marker.ts';
import type { Bucket } from '../../src/bucket/bucket.ts';
import { movedTo } from '../../src/index/moved.ts';
import type { RootListing } from '../../src/model.ts';
import { BUCKET_MARKER, HOME_NAMESPACE, indexName } from '../../src/naming.ts';
import { isMoved } from '../../src/plan/fleet/moved.ts';
import { placeOf } from '../../src/restic/listed-place.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { Asked } from '../asked.ts';
import type { Environment } from '../environment.ts';
import { bucketFor, clusterFor } from '../open.ts';
import { endsOf } from '../signals.ts';

/** @returns 0 when all is written, 1 when the bucket could not be listed or written, or the index could not */
export async function markBucketCommand(
  { settings, asked }: { settings: Settings; asked: Pick<Asked, 'move'> },
  env: Environment,
): Promise<number> {
  const { stop } = endsOf(settings.deadline);
  const bucket = bucketFor(settings, env);
  const root = await bucket.look(stop);
  if (root.state !== 'listed') {
    const message = root.state === 'unknown' ? root.message : 'it was not listed';
    process.stderr.write(`mark-bucket: the bucket ${settings.bucket} could not be listed: ${message}\n`);
    return 1;
  }
  const code = await mark(bucket, { root, settings, stop });
  return code === 0 && asked.move ? move(settings, stop) : code;
}

type Listed = Extract<RootListing, { state: 'listed' }>;

async function mark(
  bucket: Pick<Bucket, 'mark' | 'readMarker' | 'clockSkew'>,
  { root, settings, stop }: { root: Listed; settings: Settings; stop: AbortSignal },
): Promise<number> {
  const place = `${settings.bucket}/${settings.prefix}${BUCKET_MARKER}`;
  const look = root.marked ? await bucket.readMarker(stop) : null;
  if (look?.state === 'failed') {
    process.stderr.write(`mark-bucket: ${place} could not be read.\n`);
    return 1;
  }
  if (look?.state === 'read' && !isCopy(look)) {
    process.stdout.write(`${place} is there already.\n`);
    return 0;
  }
  const marker = { at: Date.now() + (bucket.clockSkew() ?? 0), copied: isCopy(look) };
  const problem = await bucket.mark(marker, stop);
  if (problem !== null) {
    process.stderr.write(
      `mark-bucket: ${place} could not be written: ${problem}. The keys need the right s3:PutObject on it.\n`,
    );
    return 1;
  }
  if (marker.copied) {
    process.stdout.write(
      `${place} is written: this bucket is a copy that is in use from now on. Times of snapshots count from ${new Date(marker.at).toISOString()}.\n`,
    );
    return 0;
  }
  const count = root.namespaces.size;
  process.stdout.write(
    `${place} is written. ${count === 0 ? 'From now on an empty listing of this bucket is believed.' : `The bucket holds repositories of ${count} namespaces.`}\n`,
  );
  return 0;
}

/** Tells the index where its repositories are now. */
async function move(settings: Settings, stop: AbortSignal): Promise<number> {
  const cluster = await clusterFor(settings)();
  const { index, failures } = await cluster.observe(stop);
  const unread = failures.find(({ resource }) => resource === 'replicationdestinations');
  const name = `${HOME_NAMESPACE}/${indexName(0)}`;
  if (unread !== undefined || index.shards.length === 0) {
    process.stderr.write(`mark-bucket: ${name} could not be read: ${unread?.message ?? 'it does not exist'}\n`);
    return 1;
  }
  if (!isMoved(index, settings)) {
    process.stdout.write(`${name} is of this bucket: nothing has moved.\n`);
    return 0;
  }
  for (const write of movedTo(placeOf(settings), index)) {
    const outcome = await cluster.publish(write, stop);
    if (outcome.state === 'done') continue;
    process.stderr.write(
      `mark-bucket: ${HOME_NAMESPACE}/${indexName(write.shard)} could not be written: ${outcome.message}\n`,
    );
    return 1;
  }
  process.stdout.write(
    `${name} was written from ${index.bucket ?? 'nowhere'}, and names ${placeOf(settings)} now: the next run goes on with what it lists there.\n`,
  );
  return 0;
}
