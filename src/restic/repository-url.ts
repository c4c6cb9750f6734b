/**
 * Do the base credentials point at the bucket that was listed? A destination on another path would make VolSync initialise
 * an empty repository there and publish an empty image (VolSync facts: `restic init` on restore).
 */
import type { Settings } from '../settings/settings.ts';

interface Place {
  /** host:port, lower case, with the port of the scheme when none is named */
  host: string;
  bucket: string;
  /** without slashes at the ends */
  path: string;
}

const AWS_HOST = /^(?:[^:]+\.)?amazonaws\.com(?:\.cn)?:\d+$/;

/** Reads restic's S3 forms: `s3:http(s)://host/bucket/path`, `s3:host/bucket/path`, `s3://host/bucket/path`. */
export function parseRepositoryBase(text: string): Place | null {
  const match = /^s3:(?:(https?):)?(?:\/\/)?([^/]+)\/([^/]+)(?:\/(.*))?$/.exec(text.trim());
  if (match?.[2] === undefined || match[3] === undefined) return null;
  return {
    host: withPort(match[2], match[1] === 'http' ? '80' : '443'),
    bucket: match[3],
    path: (match[4] ?? '').replace(/^\/+|\/+$/g, ''),
  };
}

/** True when bucket and prefix are the listed ones and the host is the endpoint or one of its aliases. */
export function pointsAtListedBucket(
  base: string,
  settings: Pick<Settings, 'bucket' | 'prefix' | 'endpoint' | 'endpointAliases'>,
): boolean {
  const place = parseRepositoryBase(base);
  if (place === null || place.bucket !== settings.bucket || place.path !== settings.prefix.replace(/\/$/, ''))
    return false;
  if (settings.endpoint === null) return AWS_HOST.test(place.host);
  const url = new URL(settings.endpoint);
  const port = url.port || (url.protocol === 'http:' ? '80' : '443');
  const names = [url.host, ...settings.endpointAliases].map((name) => withPort(name, port));
  return names.includes(place.host);
}

function withPort(host: string, port: string): string {
  const lower = host.toLowerCase();
  return /:\d+$/.test(lower) ? lower : `${lower}:${port}`;
}
