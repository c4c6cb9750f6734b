/** Claim records in the bucket: read where a claim is missing, written when its shape changed. */
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { LARGEST_RECORD, parseRecord, recordBody, type ClaimRecord, type RecordLook } from '../claim-record.ts';
import { messageOf, wordOf } from '../errors.ts';
import type { ClaimRef } from '../model.ts';
import { recordKey } from '../naming.ts';

export interface RecordStore {
  /** One GET. Never rejects. */
  readRecord: (ref: ClaimRef, signal: AbortSignal) => Promise<RecordLook>;
  /**
   * One GET and, unless a newer program wrote the record, one PUT that fails when somebody else wrote in between. Gives the
   * problem in words, or null. Never rejects.
   */
  writeRecord: (record: ClaimRecord, signal: AbortSignal) => Promise<string | null>;
}

/** Records over a client. */
export function recordStore(
  client: Pick<S3Client, 'send'>,
  { bucket, prefix, requestTimeout }: { bucket: string; prefix: string; requestTimeout: number },
): RecordStore {
  const within = (signal: AbortSignal): { abortSignal: AbortSignal } => ({
    abortSignal: AbortSignal.any([signal, AbortSignal.timeout(2 * requestTimeout)]),
  });

  async function readRecord(ref: ClaimRef, signal: AbortSignal): Promise<RecordLook> {
    try {
      const command = new GetObjectCommand({
        Bucket: bucket,
        Key: prefix + recordKey(ref),
        // If it is larger, the beginning is enough to see that it is no record.
        Range: `bytes=0-${LARGEST_RECORD}`,
      });
      const { Body: body, ETag: etag = null } = await client.send(command, within(signal));
      const read = parseRecord((await body?.transformToString()) ?? '', ref);
      if (read === 'newer') return { state: 'unusable', why: 'newer', etag };
      return read === null ? { state: 'unusable', why: 'garbage', etag } : { state: 'read', record: read, etag };
    } catch (error) {
      // An empty object has no byte that could be asked for.
      if (statusOf(error) === 416) return { state: 'unusable', why: 'garbage', etag: null };
      return statusOf(error) === 404 ? { state: 'absent' } : { state: 'failed', message: inWords(error) };
    }
  }

  async function put(record: ClaimRecord, condition: object, signal: AbortSignal): Promise<void> {
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: prefix + recordKey(record),
      ContentType: 'application/json',
      // Buckets with Object Lock refuse a write without one.
      ChecksumAlgorithm: 'SHA256',
      Body: `${recordBody(record)}\n`,
      ...condition,
    });
    await client.send(command, within(signal));
  }

  async function writeRecord(record: ClaimRecord, signal: AbortSignal): Promise<string | null> {
    const before = await readRecord(record, signal);
    if (before.state === 'failed') return before.message;
    if (before.state === 'unusable' && before.why === 'newer') return null;
    const merged = before.state === 'read' ? withNeeds(record, before.record.needs) : record;
    if (before.state === 'read' && recordBody(before.record) === recordBody(merged)) return null;
    const etag = before.state === 'absent' ? null : before.etag;
    const condition = before.state === 'absent' ? { IfNoneMatch: '*' } : etag !== null && { IfMatch: etag };
    try {
      await put(merged, condition || {}, signal);
      return null;
    } catch (error) {
      // Not every server knows conditions; the worst that can be lost then is another run's equal record.
      if (statusOf(error) !== 501) return inWords(error);
    }
    return put(merged, {}, signal).then(
      () => null,
      (error: unknown) => inWords(error),
    );
  }

  return { readRecord, writeRecord };
}

/** What an image once needed is never lowered: an older snapshot may need it again. */
function withNeeds(record: ClaimRecord, before: number | null): ClaimRecord {
  return (before ?? 0) > (record.needs ?? 0) ? { ...record, needs: before } : record;
}

function inWords(error: unknown): string {
  return `${wordOf(error, 'name') ?? 'Error'}: ${messageOf(error).split('\n', 1)[0] ?? ''}`;
}

function statusOf(error: unknown): number | null {
  const metadata: unknown = error instanceof Error ? Reflect.get(error, '$metadata') : null;
  const status: unknown =
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : null;
  return typeof status === 'number' ? status : null;
}
