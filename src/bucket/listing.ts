/**
 * Makes whole listings from pages that are not trusted. The SDK reads an HTML page with status 200 as an empty listing, and S3
 * servers have sent truncated pages without a token, repeated tokens, and answers for another prefix. Each of these
 * is an error here, so that only a well-formed, complete listing can say "nothing there".
 */
import type { ListingReason, Unknown } from '../model.ts';
import { inWords, messageOf, wordOf } from '../errors.ts';
import type { ListPage, Page } from './requests.ts';

export interface ListedObject {
  /** the key without the listing's prefix */
  name: string;
  /** bytes */
  size: number;
  at: number;
}

export interface Listing {
  state: 'listed';
  /** names of the level below the prefix, without slash; only of a delimited listing */
  folders: string[];
  objects: ListedObject[];
}

class NotBelieved extends Error {
  override name = 'NotBelieved' as const;
}

/**
 * Lists everything below a prefix.
 * @returns never rejects: every failure is an `unknown` with its reason
 */
export async function listAll(
  listPage: ListPage,
  where: { prefix: string; delimited: boolean },
  signal: AbortSignal,
): Promise<Listing | Unknown> {
  const listing: Listing = { state: 'listed', folders: [], objects: [] };
  const tokens = new Set<string>();
  let token: string | null = null;
  try {
    do {
      const page: Page = await listPage({ ...where, token }, signal);
      token = nextToken(page, tokens);
      collect(page, where, listing);
    } while (token !== null);
    return listing;
  } catch (error) {
    return { state: 'unknown', ...whyUnknown(error) };
  }
}

/** Checks that this is a page of a listing. Returns the token of the next page, or null at the end. */
function nextToken(page: Page, seen: Set<string>): string | null {
  const { IsTruncated: truncated, KeyCount: count, NextContinuationToken: token } = page;
  if (typeof truncated !== 'boolean' || typeof count !== 'number') {
    throw new NotBelieved(
      'the answer is not an S3 listing (no IsTruncated or KeyCount): is this the S3 port of the server?',
    );
  }
  const found = (page.Contents?.length ?? 0) + (page.CommonPrefixes?.length ?? 0);
  if (found < count) throw new NotBelieved(`the answer announces ${count} keys and holds ${found}`);
  if (!truncated) return null;
  if (token === undefined || token === '')
    throw new NotBelieved('the answer is truncated but has no token for the next page');
  if (seen.has(token)) throw new NotBelieved('the server sent the same page again');
  seen.add(token);
  return token;
}

function collect(page: Page, { prefix, delimited }: { prefix: string; delimited: boolean }, into: Listing): void {
  const isDeeper = (key: string): boolean => delimited && key.slice(prefix.length, -1).includes('/');
  for (const { Prefix: folder } of page.CommonPrefixes ?? []) {
    if (folder === undefined || !folder.startsWith(prefix) || !folder.endsWith('/')) {
      throw new NotBelieved('the answer has a folder outside the requested one');
    }
    if (isDeeper(folder)) throw new NotBelieved('the answer ignores the delimiter');
    into.folders.push(folder.slice(prefix.length, -1));
  }
  for (const { Key: key, Size: size, LastModified: at } of page.Contents ?? []) {
    if (key === undefined || !key.startsWith(prefix)) {
      throw new NotBelieved('the answer has a key outside the requested folder');
    }
    if (isDeeper(key)) throw new NotBelieved('the answer ignores the delimiter');
    const time = at?.getTime() ?? Number.NaN;
    // If such a key were skipped, it could be the only snapshot.
    if (size === undefined || Number.isNaN(time)) throw new NotBelieved('the answer has a key without size or time');
    into.objects.push({ name: key.slice(prefix.length), size, at: time });
  }
}

const NOT_CONFIGURED =
  'no S3 access is configured here: set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and --endpoint or AWS_REGION';

function whyUnknown(error: unknown): { reason: ListingReason; message: string } {
  if (error instanceof NotBelieved) return { reason: 'listing-incomplete', message: error.message };
  const status = statusOf(error);
  // An error with status 200: the body could not be read as the XML of a listing.
  if (status === 200)
    return { reason: 'listing-incomplete', message: 'the answer is not well-formed XML, or was cut off' };
  const first = messageOf(error).split('\n', 1)[0] ?? '';
  if (wordOf(error, 'name') === 'CredentialsProviderError' || first === 'Region is missing')
    return { reason: 'listing-failed', message: `${NOT_CONFIGURED} (${first})` };
  const code = status === null ? '' : ` (HTTP ${status})`;
  return { reason: 'listing-failed', message: `${inWords(error)}${code}` };
}

/** The HTTP status behind an error of the SDK. */
export function statusOf(error: unknown): number | null {
  const metadata: unknown = error instanceof Error ? Reflect.get(error, '$metadata') : null;
  const status: unknown =
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : null;
  return typeof status === 'number' ? status : null;
}
