/** `mark-bucket`: confirms that an empty bucket is the right one. From then on the worker believes that it is empty. */
import { BUCKET_MARKER } from '../../src/naming.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { Environment } from '../environment.ts';
import { bucketFor } from '../open.ts';
import { endsOf } from '../signals.ts';

/** @returns 0 when the marker is written, 1 when the bucket could not be listed or written */
export async function markBucketCommand(settings: Settings, env: Environment): Promise<number> {
  const { stop } = endsOf(settings.deadline);
  const bucket = bucketFor(settings, env);
  const place = `${settings.bucket}/${settings.prefix}${BUCKET_MARKER}`;
  const root = await bucket.look(stop);
  if (root.state !== 'listed') {
    const message = root.state === 'unknown' ? root.message : 'it was not listed';
    process.stderr.write(`mark-bucket: the bucket ${settings.bucket} could not be listed: ${message}\n`);
    return 1;
  }
  if (root.marked) {
    process.stdout.write(`${place} is there already.\n`);
    return 0;
  }
  const problem = await bucket.mark(Date.now(), stop);
  if (problem !== null) {
    process.stderr.write(
      `mark-bucket: ${place} could not be written: ${problem}. The keys need the right s3:PutObject on it.\n`,
    );
    return 1;
  }
  const count = root.namespaces.size;
  process.stdout.write(
    `${place} is written. ${count === 0 ? 'From now on an empty listing of this bucket is believed.' : `The bucket holds repositories of ${count} namespaces.`}\n`,
  );
  return 0;
}
