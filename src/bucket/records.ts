/** Claim records in the bucket: read where a claim is missing, written when its shape changed. */
import { LARGEST_RECORD, parseRecord, recordBody, type ClaimRecord, type RecordLook } from '../claim-record.ts';
import { messageOf, wordOf } from '../errors.ts';
import type { ClaimRef } from '../model.ts';
import { recordKey } from '../naming.ts';
import { statusOf } from './listing.ts';
import type { Objects } from './objects.ts';
import type { SmallObject } from './requests.ts';

export interface RecordStore {
  /** One GET. Never rejects. */
  readRecord: (ref: ClaimRef, signal: AbortSignal) => Promise<RecordLook>;
  /**
   * One GET and, unless a newer program wrote the record, one PUT that fails when somebody else wrote in between. Gives the
   * problem in words, or null. Never rejects.
   */
  writeRecord: (record: ClaimRecord, signal: AbortSignal) => Promise<string | null>;
}

/** The records below this prefix. */
export function recordStore(objects: Objects, prefix: string): RecordStore {
  async function readRecord(ref: ClaimRef, signal: AbortSignal): Promise<RecordLook> {
    try {
      // If it is larger, the beginning is enough to see that it is no record.
      const got = await objects.get(prefix + recordKey(ref), LARGEST_RECORD, signal);
      // 416: an empty object has no byte that could be asked for.
      if (got.state === 'none')
        return got.status === 404 ? { state: 'absent' } : { state: 'unusable', why: 'garbage', etag: null };
      const { text, etag } = got;
      const read = parseRecord(text, ref);
      if (read === 'newer') return { state: 'unusable', why: 'newer', etag };
      return read === null ? { state: 'unusable', why: 'garbage', etag } : { state: 'read', record: read, etag };
    } catch (error) {
      return { state: 'failed', message: inWords(error) };
    }
  }

  const put = (record: ClaimRecord, condition: SmallObject['condition'], signal: AbortSignal): Promise<void> =>
    objects.put({ key: prefix + recordKey(record), body: `${recordBody(record)}\n`, condition }, signal);

  async function writeRecord(record: ClaimRecord, signal: AbortSignal): Promise<string | null> {
    const before = await readRecord(record, signal);
    if (before.state === 'failed') return before.message;
    if (before.state === 'unusable' && before.why === 'newer') return null;
    const merged = before.state === 'read' ? withNeeds(record, before.record.needs) : record;
    if (before.state === 'read' && recordBody(before.record) === recordBody(merged)) return null;
    const etag = before.state === 'absent' ? null : before.etag;
    const condition: SmallObject['condition'] =
      before.state === 'absent' ? { IfNoneMatch: '*' } : etag === null ? {} : { IfMatch: etag };
    try {
      await put(merged, condition, signal);
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
