/** What is asked of the S3 server: pages of listings, and one small object. The direct way first, the SDK where that ends. */
import pLimit from 'p-limit';
import { messageOf, wordOf } from '../errors.ts';
import { markerBody, parseMarker, type Marker, type MarkerLook } from '../bucket-marker.ts';
import { BUCKET_MARKER } from '../naming.ts';
import { statusOf } from './listing.ts';
import { directReader } from './direct.ts';
import type { BucketOptions, ListPage, Page, PageRequest } from './requests.ts';
import type { RecordStore } from './records.ts';
import type { Sdk } from './sdk.ts';
import { openWire } from './wire.ts';

export interface Client {
  /** all of a program's requests share its limit */
  listPage: ListPage;
  /** Writes the bucket's marker: the one object that the program itself puts there. Gives the problem in words, or null. */
  mark: (prefix: string, marker: Marker, signal: AbortSignal) => Promise<string | null>;
  /** Reads it: one GET. Never rejects. */
  readMarker: (prefix: string, signal: AbortSignal) => Promise<MarkerLook>;
  /** claim records below this prefix; nothing is loaded or sent before the first one is asked for */
  records: (prefix: string) => RecordStore;
  /** the server's clock minus ours in milliseconds, by its last answer; null before the first one */
  clockSkew: () => number | null;
  close: () => void;
}

/** What is longer is none of ours. */
const LARGEST_MARKER = 1024;

/**
 * Makes the client; nothing is sent.
 * @param onConnect told when a connection stands, and the first request leaves
 */
export function openClient(options: BucketOptions, onConnect?: () => void): Client {
  const wire = openWire(options, onConnect);
  const direct = directReader(wire, options);
  const limit = pLimit(options.concurrency);
  let loading: Promise<Sdk> | null = null;
  let loaded: Sdk | null = null;

  async function sdk(): Promise<Sdk> {
    loading ??= import('./sdk.ts').then(({ openSdk }) => openSdk(options, wire));
    loaded = await loading;
    return loaded;
  }

  const timed = (signal: AbortSignal): AbortSignal =>
    AbortSignal.any([signal, AbortSignal.timeout(2 * options.requestTimeout)]);

  async function page(request: PageRequest, signal: AbortSignal): Promise<Page> {
    signal.throwIfAborted();
    const abortSignal = timed(signal);
    const first = direct && (await direct(request, new Date(Date.now() + (loaded?.clockOffset() ?? 0)), abortSignal));
    return first?.kind === 'page' ? first.page : (await sdk()).listPage(request, first, abortSignal);
  }

  async function readMarker(prefix: string, signal: AbortSignal): Promise<MarkerLook> {
    try {
      const { text, at } = await (await sdk()).get(`${prefix}${BUCKET_MARKER}`, LARGEST_MARKER, timed(signal));
      const marker = parseMarker(text);
      return marker === null || at === null ? { state: 'unreadable' } : { state: 'read', marker, objectAt: at };
    } catch (error) {
      // Not there, or not ours to read: that stays so. An empty object has no byte that could be asked for.
      return { state: [403, 404, 416].includes(statusOf(error) ?? 0) ? 'unreadable' : 'failed' };
    }
  }

  async function mark(prefix: string, marker: Marker, signal: AbortSignal): Promise<string | null> {
    try {
      await (await sdk()).put(`${prefix}${BUCKET_MARKER}`, markerBody(marker), timed(signal));
      return null;
    } catch (error) {
      return `${wordOf(error, 'name') ?? 'Error'}: ${messageOf(error).split('\n', 1)[0] ?? ''}`;
    }
  }

  const records = (prefix: string): RecordStore => ({
    readRecord: async (ref, signal) => (await sdk()).records(prefix).readRecord(ref, signal),
    writeRecord: async (record, signal) => (await sdk()).records(prefix).writeRecord(record, signal),
  });

  return {
    listPage: (request, signal) => limit(() => page(request, signal)),
    mark,
    readMarker,
    records,
    clockSkew: wire.clockSkew,
    close: () => wire.destroy(),
  };
}
