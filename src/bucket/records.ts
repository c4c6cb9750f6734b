/** Claim records in the bucket: read where a claim is missing, written when its shape changed. */
import { LARGEST_RECORD, parseRecord, recordBody, type ClaimRecord, type RecordLook } from '../claim-record.ts';
import { inWords } from '../errors.ts';
import type { ClaimRef } from '../model.ts';
import { recordKey } from '../naming.ts';
import { statusOf } from './listing.ts';
import type { Objects } from './objects.ts';
import type { SmallObject } from './requests.ts';

export interface RecordStore {
  /** One GET. Never rejects. */
  readRecord: (ref: ClaimRef, signal: AbortSignal) => Promise<RecordLook>;
  /**
   * One GET, unless what is there is known, and one PUT that fails when somebody else wrote in between; none over a record of a
   * newer program. Gives the problem in words, or null. Never rejects.
   */
  writeRecord: (record: ClaimRecord, known: RecordLook | null, signal: AbortSignal) => Promise<string | null>;
}

/** A write that the server refused. */
interface Refused {
  merged: ClaimRecord;
  status: number | null;
  words: string;
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

  /** Writes over what was there. */
  async function replace(
    record: ClaimRecord,
    before: RecordLook,
    signal: AbortSignal,
  ): Promise<string | null | Refused> {
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
      return { merged, status: statusOf(error), words: inWords(error) };
    }
  }

  async function writeRecord(
    record: ClaimRecord,
    known: RecordLook | null,
    signal: AbortSignal,
  ): Promise<string | null> {
    if (known?.state === 'absent' || (known?.state === 'read' && known.etag !== null)) {
      const done = await replace(record, known, signal);
      // Somebody else has written since, or the server knows no conditions: what is there now is read.
      if (!isRefused(done) || (done.status !== 412 && done.status !== 501)) return isRefused(done) ? done.words : done;
    }
    const done = await replace(record, await readRecord(record, signal), signal);
    if (!isRefused(done)) return done;
    // Not every server knows conditions; the worst that can be lost then is another run's equal record.
    if (done.status !== 501) return done.words;
    return put(done.merged, {}, signal).then(
      () => null,
      (error: unknown) => inWords(error),
    );
  }

  return { readRecord, writeRecord };
}

function isRefused(done: string | null | Refused): done is Refused {
  return typeof done === 'object' && done !== null;
}

/** What an image once needed is never lowered: an older snapshot may need it again. */
function withNeeds(record: ClaimRecord, before: number | null): ClaimRecord {
  return (before ?? 0) > (record.needs ?? 0) ? { ...record, needs: before } : record;
}
