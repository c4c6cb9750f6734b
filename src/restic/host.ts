/** The hosts of addresses, brought into one spelling before they are compared. */

const DEFAULT_PORT = { http: '80', https: '443' } as const;
export type Scheme = keyof typeof DEFAULT_PORT;

/** A host name has at most 253 characters; brackets and a port come on top. */
const LONGEST_HOST = 262;

/**
 * Lower case, without the dot at the end of a full name, and with the port of its scheme when it names none; null when it is
 * no host.
 */
export function hostWithPort(text: string, scheme: Scheme): string | null {
  const parts = splitPort(text);
  return parts === null ? null : `${parts.name}:${parts.port ?? DEFAULT_PORT[scheme]}`;
}

/** A host and the port that it names, if any. */
export function splitPort(text: string): { name: string; port: string | null } | null {
  if (text.length > LONGEST_HOST) return null;
  const match = /^(\[[0-9A-Fa-f:.]+\]|[^\s:/?#@[\]\\]+)(?::(\d{0,5}))?$/.exec(text);
  if (match?.[1] === undefined) return null;
  const lower = match[1].toLowerCase();
  const name = lower.endsWith('.') ? lower.slice(0, -1) : lower;
  if (name === '') return null;
  // Go and WHATWG both read `host:` as a host without a port.
  const port = match[2] === undefined || match[2] === '' ? null : String(Number(match[2]));
  return { name, port };
}

/** The S3 service of AWS: its partition, and the region that the host names; null = the host that serves all of them. */
export interface AwsHost {
  partition: 'amazonaws.com' | 'amazonaws.com.cn';
  region: string | null;
}

const PARTITIONS = ['amazonaws.com.cn', 'amazonaws.com'] as const;

/**
 * Reads `s3.<region>.amazonaws.com` in its spellings. Null for every other host, names with an account or a bucket in them
 * included: what is before `s3` is another place.
 * @param host with a port; only 443 and 80 belong to AWS
 */
export function awsRegionOf(host: string): AwsHost | null {
  const parts = splitPort(host);
  if (parts === null || (parts.port !== '443' && parts.port !== '80')) return null;
  const partition = PARTITIONS.find((one) => parts.name.endsWith(`.${one}`));
  if (partition === undefined) return null;
  const labels = parts.name.slice(0, -partition.length - 1).split('.');
  const region = regionIn(labels);
  return region === undefined ? null : { partition, region };
}

/** `s3`, `s3-external-1`, `s3.<region>`, `s3-<region>`, `s3.dualstack.<region>`, `s3-fips.<region>`. */
function regionIn([service = '', ...others]: readonly string[]): string | null | undefined {
  const rest = others[0] === 'dualstack' ? others.slice(1) : others;
  if (service === 's3' || service === 's3-fips') {
    if (others.length === 0) return service === 's3' ? null : undefined;
    return rest.length === 1 && isRegion(rest[0]) ? rest[0] : undefined;
  }
  if (others.length > 0 || !service.startsWith('s3-')) return undefined;
  if (service === 's3-external-1') return 'us-east-1';
  const region = service.slice('s3-'.length);
  return isRegion(region) ? region : undefined;
}

function isRegion(label: string | undefined): label is string {
  return label !== undefined && label.length <= 32 && /^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/.test(label);
}
