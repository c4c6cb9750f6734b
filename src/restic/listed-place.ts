/** Whether an address is in the listed bucket. Both sides are brought into one spelling before they are compared. */
import { parseAddress, type Address, type S3Address } from './address.ts';
import { awsRegionOf, hostWithPort, splitPort, type Scheme } from './host.ts';

/** The place that a run lists, as the settings name it. */
export interface ListedPlace {
  bucket: string;
  /** empty, or ends with a slash */
  prefix: string;
  /** a URL; null = AWS itself */
  endpoint: string | null;
  endpointAliases: readonly string[];
  /** of the bucket, on AWS: by the SDK's own variables; null = not known */
  region: string | null;
  /** further hosts that may be asked, with the keys of the Secret that names them */
  allowEndpoints: readonly string[];
}

/** The listed place as restic writes addresses, to be remembered. On AWS a bucket's name is unique in all regions of a partition. */
export function placeOf({ bucket, prefix, endpoint, region }: ListedPlace): string {
  const own = endpoint === null ? null : endpointHost(endpoint);
  const aws = own === null ? awsPartition(region) : (awsRegionOf(own.host)?.partition ?? null);
  const server = aws === null ? `${own?.scheme ?? 'https'}://${own?.host ?? ''}` : `https://s3.${aws}`;
  return `s3:${server}/${bucket}${prefix === '' ? '' : `/${withoutSlash(prefix)}`}`;
}

/** True when this base is the listed bucket and prefix, on the listed server or one of its aliases. */
export function pointsAtListedBucket(base: string, listed: ListedPlace): boolean {
  const address = parseAddress(base);
  if (address.backend !== 's3' || !isListedBucket(address, listed)) return false;
  return address.path === withoutSlash(listed.prefix);
}

/** The path of a repository below the listed prefix; null when it is anywhere else. */
export function pathInListedBucket(address: Address, listed: ListedPlace): string | null {
  if (address.backend !== 's3' || !isListedBucket(address, listed)) return null;
  const { prefix } = listed;
  return address.path.startsWith(prefix) && address.path.length > prefix.length
    ? address.path.slice(prefix.length)
    : null;
}

function isListedBucket(address: S3Address, listed: ListedPlace): boolean {
  return address.bucket === listed.bucket && isListedHost(address, listed);
}

/** May this host be asked? A Secret must not make us talk to any address that somebody writes into it. */
export function isLookedAt(address: Pick<S3Address, 'host' | 'scheme'>, listed: ListedPlace): boolean {
  return isListedHost(address, listed) || listed.allowEndpoints.some((name) => isNamed(address, name, null));
}

/** The URL under which this address is asked: our own endpoint where it is the same server; null = AWS itself. */
export function endpointFor(address: Pick<S3Address, 'host' | 'scheme'>, listed: ListedPlace): string | null {
  if (isListedHost(address, listed)) return listed.endpoint;
  return awsRegionOf(address.host) === null ? `${address.scheme}://${address.host}` : null;
}

/** Is this the server that is listed, under its own name or an alias? */
function isListedHost(address: Pick<S3Address, 'host' | 'scheme'>, listed: ListedPlace): boolean {
  const { endpoint, endpointAliases } = listed;
  if (endpointAliases.some((alias) => isNamed(address, alias, endpoint))) return true;
  if (endpoint === null) return isAws(address.host, listed.region);
  const own = endpointHost(endpoint);
  if (own === null) return false;
  const aws = awsRegionOf(own.host);
  return aws === null ? own.host === address.host : isAws(address.host, aws.region);
}

/**
 * Does this name stand for the host of the address? With a scheme: its port, or the scheme's. Without a scheme or a port: the
 * default port of the address's scheme, and the endpoint's own.
 */
function isNamed(address: Pick<S3Address, 'host' | 'scheme'>, name: string, endpoint: string | null): boolean {
  const url = endpointHost(name);
  if (url !== null) return url.host === address.host;
  const named = splitPort(name);
  if (named === null) return false;
  if (named.port !== null) return `${named.name}:${named.port}` === address.host;
  const ports = [hostWithPort(name, address.scheme), endpoint === null ? null : withPortOf(name, endpoint)];
  return ports.includes(address.host);
}

function withPortOf(name: string, endpoint: string): string | null {
  const port = endpointHost(endpoint)?.host.split(':').at(-1);
  return port === undefined ? null : hostWithPort(`${name}:${port}`, 'https');
}

/** The host of an http or https URL. */
function endpointHost(url: string): { host: string; scheme: Scheme } | null {
  const scheme = (['http', 'https'] as const).find((one) => url.startsWith(`${one}://`));
  const parsed = scheme === undefined ? null : URL.parse(url);
  const host = scheme === undefined || parsed === null ? null : hostWithPort(parsed.host, scheme);
  return host === null || scheme === undefined ? null : { host, scheme };
}

/** AWS in this region. Its global host finds a bucket wherever it is, within one partition. */
function isAws(host: string, region: string | null): boolean {
  const aws = awsRegionOf(host);
  if (aws === null) return false;
  if (region === null) return true;
  if (aws.partition !== awsPartition(region)) return false;
  return aws.region === null || aws.region === region;
}

function awsPartition(region: string | null): 'amazonaws.com' | 'amazonaws.com.cn' {
  return region?.startsWith('cn-') === true ? 'amazonaws.com.cn' : 'amazonaws.com';
}

function withoutSlash(prefix: string): string {
  return prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
}
