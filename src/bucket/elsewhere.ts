/**
 * Looks into repositories that a Secret of a source or destination names. Each is asked with that Secret's own keys: nobody sees
 * by ours what their own do not open. A server that does not answer is not asked again in this run: it spoils its own claims and
 * not the run's time.
 */
import type { Probe, SnapshotObject } from '../model.ts';
import type { S3Keys } from '../restic/credential-keys.ts';
import type { S3Address } from '../restic/address.ts';
import { endpointFor, type ListedPlace } from '../restic/listed-place.ts';
import { probeFolder } from './bucket.ts';
import { openClient, type Client } from './client.ts';
import type { BucketOptions } from './requests.ts';

export interface Elsewhere {
  /** Lists one repository's `snapshots/`, and its `locks/` when these snapshots make them matter. Never rejects. */
  probe: (
    place: { address: S3Address; keys: S3Keys },
    withLocks: (snapshots: readonly SnapshotObject[]) => boolean,
    signal: AbortSignal,
  ) => Promise<Probe>;
}

/** Another server may be far away or gone: it gets less time than our own. */
const PATIENCE = 10_000;
/** Requests at once to one server with one pair of keys. */
const AT_ONCE = 4;

/** Makes the looker. A client is opened for each server, bucket and pair of keys when it is first needed. */
export function openElsewhere(options: BucketOptions & ListedPlace): Elsewhere {
  const clients = new Map<string, Client>();
  const silent = new Map<string, Probe>();

  function clientFor({ address, keys }: { address: S3Address; keys: S3Keys }): Client {
    const endpoint = endpointFor(address, options);
    const id = JSON.stringify([endpoint, address.bucket, keys]);
    const known = clients.get(id);
    if (known !== undefined) return known;
    const isOurs = endpoint === options.endpoint;
    const client = openClient({
      ...options,
      endpoint,
      bucket: address.bucket,
      region: keys.region ?? (isOurs ? options.region : null) ?? 'us-east-1',
      pathStyle: isOurs ? options.pathStyle : endpoint !== null,
      concurrency: AT_ONCE,
      requestTimeout: Math.min(options.requestTimeout, PATIENCE),
      keys,
      env: {},
    });
    clients.set(id, client);
    return client;
  }

  return {
    probe: async (place, withLocks, signal) => {
      const { host, path } = place.address;
      const known = silent.get(host);
      if (known !== undefined) return known;
      const folder = path === '' ? '' : `${path}/`;
      const found = await probeFolder(clientFor(place).listPage, folder, withLocks, signal);
      if (found.state === 'unknown' && !signal.aborted && !hasAnswered(found.message)) silent.set(host, found);
      return found;
    },
  };
}

/** A refusal is an answer: it concerns one pair of keys, or one bucket. */
function hasAnswered(message: string): boolean {
  return /\(HTTP \d{3}\)$/.test(message) || message.startsWith('the ');
}
