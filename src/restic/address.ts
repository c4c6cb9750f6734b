/**
 * Where a repository is: `RESTIC_REPOSITORY`, in every form that restic takes, read the way restic reads it (its
 * `location.Parse` and the S3 backend's `ParseConfig`).
 *
 * The text comes from Secrets of any namespace. It is capped in length and read by splitting, never by an expression that
 * can backtrack. What comes out never holds userinfo.
 */
import { awsRegionOf, hostWithPort } from './host.ts';

/** A repository in a bucket that speaks S3. */
export interface S3Address {
  backend: 's3';
  scheme: 'http' | 'https';
  /** lower case, always with a port; IPv6 in brackets */
  host: string;
  bucket: string;
  /** as restic cleans it: no slash at its end, no empty part inside; a slash in front is part of the name */
  path: string;
}

/** The other backends that restic knows. We know that they are there, and look into none of them. */
export const OTHER_BACKENDS = ['azure', 'b2', 'gs', 'local', 'rclone', 'rest', 'sftp', 'swift'] as const;
export interface OtherAddress {
  backend: (typeof OTHER_BACKENDS)[number];
  /** what follows the backend's name, without userinfo and without slashes at its end */
  rest: string;
}

/** restic itself could not open this address. */
export interface NoAddress {
  backend: 'none';
  problem: 'empty' | 'too-long' | 'no-backend' | 'no-bucket';
}

export type Address = S3Address | OtherAddress | NoAddress;

/** A host has at most 253 characters, an S3 key at most 1,024 bytes: what is longer is no address. */
export const LONGEST_ADDRESS = 2048;

/**
 * Reads `RESTIC_REPOSITORY`. Space and line ends around it are ignored: tools that write Secrets leave them there.
 * @returns never throws; what cannot be read is `none` with the problem
 */
export function parseAddress(text: string): Address {
  if (text.length > LONGEST_ADDRESS) return { backend: 'none', problem: 'too-long' };
  const trimmed = text.trim();
  if (trimmed === '') return { backend: 'none', problem: 'empty' };
  if (trimmed.startsWith('s3:')) return parseS3(trimmed.slice('s3:'.length));
  const colon = trimmed.indexOf(':');
  const name = OTHER_BACKENDS.find((one) => one === trimmed.slice(0, colon));
  if (name !== undefined) return { backend: name, rest: otherPlace(trimmed.slice(colon + 1)) };
  if (colon < 0 || isLocalPath(trimmed)) return { backend: 'local', rest: withoutEndSlashes(trimmed) };
  return { backend: 'none', problem: 'no-backend' };
}

function parseS3(text: string): S3Address | NoAddress {
  if (text.startsWith('http')) return parseS3Url(text);
  const [host, bucket, path] = cutTwice(text.startsWith('//') ? text.slice(2) : text);
  return s3Address('https', host, bucket, path);
}

/** A URL: Go's parser drops userinfo, query and fragment, and undoes percent-encoding in the path. */
function parseS3Url(text: string): S3Address | NoAddress {
  const scheme = ['http', 'https'].find((one) => text.startsWith(`${one}://`));
  if (scheme === undefined) return { backend: 'none', problem: 'no-bucket' };
  const [authority, bucket, path] = cutTwice(text.slice(scheme.length + 3).split(/[?#]/, 1)[0] ?? '');
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return s3Address(scheme === 'http' ? 'http' : 'https', host, decoded(bucket), decoded(path));
}

function s3Address(scheme: S3Address['scheme'], host: string, bucket: string, path: string): S3Address | NoAddress {
  const place = host.includes('@') ? null : hostWithPort(host, scheme);
  if (place === null || bucket === '') return { backend: 'none', problem: 'no-bucket' };
  return { backend: 's3', scheme, host: place, bucket, path: cleanPath(path) };
}

/** Host, bucket and what follows; only two slashes are looked for. */
function cutTwice(text: string): [string, string, string] {
  const first = text.indexOf('/');
  if (first < 0) return [text, '', ''];
  const second = text.indexOf('/', first + 1);
  if (second < 0) return [text.slice(0, first), text.slice(first + 1), ''];
  return [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Go's `path.Clean`, which restic applies to the path in the bucket: `bucket//a` is the folder `/a`, not `a`. */
function cleanPath(path: string): string {
  const rooted = path.startsWith('/');
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!rooted) kept.push('..');
  }
  return `${rooted && kept.length > 0 ? '/' : ''}${kept.join('/')}`;
}

/** Also `C:\backup`, which restic takes for a path although it has a colon. */
function isLocalPath(text: string): boolean {
  return /^(?:\.{0,2}[/\\]|[A-Za-z]:[/\\])/.test(text);
}

function otherPlace(text: string): string {
  return withoutEndSlashes(withoutUserinfo(text));
}

/** `rest:https://user:password@host/`: what stands between the scheme and the last `@` of the authority goes. */
function withoutUserinfo(text: string): string {
  const scheme = text.indexOf('://');
  if (scheme < 0) return text;
  const start = scheme + 3;
  return text.slice(0, start) + text.slice(endOfUserinfo(text, start));
}

/** Where the host begins. A password with a slash in it makes the authority end too early: its port is no number then. */
export function endOfUserinfo(text: string, start: number): number {
  const slash = text.indexOf('/', start);
  const authority = text.slice(start, slash < 0 ? text.length : slash);
  const inside = authority.lastIndexOf('@');
  if (inside >= 0) return start + inside + 1;
  const colon = authority.startsWith('[') ? authority.indexOf(']:') + 1 : authority.indexOf(':');
  const hasPort = colon <= 0 || /^\d*$/.test(authority.slice(colon + 1));
  const later = hasPort ? -1 : text.lastIndexOf('@');
  return later < 0 ? start : later + 1;
}

/** Slashes at the end go, one by one from behind; a lone slash stays. */
export function withoutEndSlashes(text: string): string {
  let end = text.length;
  while (end > 1 && text[end - 1] === '/') end -= 1;
  return text.slice(0, end);
}

/**
 * One text for one place, to compare and to remember: two addresses with the same key are the same repository. The region is
 * left out on AWS, where a bucket's name is unique across all of them. Null for what is no address.
 */
export function addressKey(address: Address): string | null {
  if (address.backend === 'none') return null;
  if (address.backend !== 's3') return `${address.backend}:${address.rest}`;
  const { host, bucket, path } = address;
  const aws = awsRegionOf(host);
  const where = aws === null ? host : aws.partition;
  return `s3:${where}/${bucket}${path === '' ? '' : `/${path}`}`;
}
