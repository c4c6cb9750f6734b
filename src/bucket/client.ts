/** What is asked of the S3 server: pages of listings, and one small object. The direct way first, the SDK where that ends. */
import pLimit from 'p-limit';
import { inWords, wordOf } from '../errors.ts';
import { inTime } from '../in-time.ts';
import { formatDuration } from '../units.ts';
import { markerBody, parseMarker, type Marker, type MarkerLook } from '../bucket-marker.ts';
import { BUCKET_MARKER } from '../naming.ts';
import { statusOf } from './listing.ts';
import { openDirect } from './direct.ts';
import { objectsOver, type Timed } from './objects.ts';
import type { BucketOptions, ListPage, Page, PageRequest } from './requests.ts';
import { recordStore, type RecordStore } from './records.ts';
import type { Sdk } from './sdk.ts';

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
export function openClient(options: BucketOptions, onConnect: () => void = () => undefined): Client {
  const direct = openDirect(options, onConnect);
  const limit = pLimit(options.concurrency);
  let loading: Promise<Sdk> | null = null;
  let loaded: Sdk | null = null;
  let closed = false;

  async function sdk(): Promise<Sdk> {
    loading ??= import('./sdk.ts').then(({ openSdk }) => openSdk(options, onConnect));
    loaded = await loading;
    if (closed) loaded.destroy();
    return loaded;
  }

  const patience = 2 * options.requestTimeout;
  const timed: Timed = async (signal, work) => {
    try {
      return await inTime(signal, patience, work);
    } catch (error) {
      // A person is told what was waited for, and not that it was given up.
      throw wordOf(error, 'name') === 'AbortError' && !signal.aborted ? tooLate(patience) : error;
    }
  };
  /** by the server's clock, which a refused signature tells */
  const now = (): Date => new Date(Date.now() + (loaded?.clockOffset() ?? 0));
  const objects = objectsOver({ direct, sdk, now, timed });

  async function page(request: PageRequest, signal: AbortSignal): Promise<Page> {
    signal.throwIfAborted();
    return timed(signal, async (heeded) => {
      const first = direct && (await direct.page(request, now(), heeded));
      return first?.kind === 'page' ? first.page : (await sdk()).listPage(request, first, heeded);
    });
  }

  async function readMarker(prefix: string, signal: AbortSignal): Promise<MarkerLook> {
    try {
      const got = await objects.get(`${prefix}${BUCKET_MARKER}`, LARGEST_MARKER, signal);
      // An empty object has no byte that could be asked for.
      if (got.state === 'none') return { state: 'unreadable' };
      const marker = parseMarker(got.text);
      return marker === null || got.at === null ? { state: 'unreadable' } : { state: 'read', marker, objectAt: got.at };
    } catch (error) {
      // Not ours to read: that stays so.
      return { state: statusOf(error) === 403 ? 'unreadable' : 'failed' };
    }
  }

  async function mark(prefix: string, marker: Marker, signal: AbortSignal): Promise<string | null> {
    try {
      await objects.put({ key: `${prefix}${BUCKET_MARKER}`, body: markerBody(marker), condition: {} }, signal);
      return null;
    } catch (error) {
      return inWords(error);
    }
  }

  return {
    listPage: (request, signal) => limit(() => page(request, signal)),
    mark,
    readMarker,
    records: (prefix) => recordStore(objects, prefix),
    clockSkew: () => direct?.clockSkew() ?? loaded?.clockSkew() ?? null,
    close: () => {
      closed = true;
      direct?.destroy();
      loaded?.destroy();
    },
  };
}

function tooLate(millis: number): Error {
  return Object.assign(new Error(`the server did not answer within ${formatDuration(millis)}`), {
    name: 'TimeoutError',
  });
}
