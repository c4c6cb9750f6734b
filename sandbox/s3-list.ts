/**
 * ListObjectsV2 over the objects of a bucket. The emulator's own listing sorts by locale and makes page tokens of the last
 * key only, so that pages with folders repeat; and it sorts the whole bucket anew for every request.
 */

export interface Listed {
  key: string;
  contentLength: number;
  etag: string;
  lastModified: Date;
}

interface Page {
  objects: Listed[];
  prefixes: string[];
  next: string | null;
}

function escapeXml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** The index of the first key that is not smaller than the wanted one, in a list in byte order. */
export function lowerBound(sorted: readonly Listed[], wanted: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.key ?? '') < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Asked {
  prefix: string;
  delimiter: string;
  after: string;
  limit: number;
}

/** One page; `sorted` is the bucket in byte order. A folder is jumped over in one step. */
function pageOf(sorted: readonly Listed[], asked: Asked): Page {
  const { prefix, delimiter, after, limit } = asked;
  const page: Page = { objects: [], prefixes: [], next: null };
  let last = '';
  const end = lowerBound(sorted, `${prefix}\uffff`);
  let index = lowerBound(sorted, after > prefix ? `${after}\0` : prefix);
  if (delimiter !== '' && after.endsWith(delimiter) && after > prefix) index = lowerBound(sorted, `${after}\uffff`);
  while (index < end) {
    const item = sorted[index];
    if (item === undefined) break;
    if (page.objects.length + page.prefixes.length >= limit) {
      page.next = last;
      break;
    }
    const cut = delimiter === '' ? -1 : item.key.indexOf(delimiter, prefix.length);
    if (cut === -1) {
      page.objects.push(item);
      last = item.key;
      index += 1;
    } else {
      last = item.key.slice(0, cut + delimiter.length);
      page.prefixes.push(last);
      index = lowerBound(sorted, `${last}\uffff`);
    }
  }
  return page;
}

/** The XML of one page of `list-type=2`; `sorted` is the bucket in byte order, `query` the request's parameters. */
export function listObjectsXml(bucket: string, sorted: readonly Listed[], query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString();
  const limit = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
  const page = pageOf(sorted, { prefix, delimiter, after, limit });
  const spell =
    query.get('encoding-type') === 'url' ? (key: string) => encodeURIComponent(key).replaceAll('%2F', '/') : escapeXml;
  const objects = page.objects.map(
    ({ key, lastModified, etag, contentLength }) =>
      `<Contents><Key>${spell(key)}</Key><LastModified>${lastModified.toISOString()}</LastModified><ETag>${escapeXml(etag)}</ETag>` +
      `<Size>${contentLength}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
  );
  const prefixes = page.prefixes.map((key) => `<CommonPrefixes><Prefix>${spell(key)}</Prefix></CommonPrefixes>`);
  const next = page.next === null ? '' : Buffer.from(page.next).toString('base64url');
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Name>${bucket}</Name><Prefix>${spell(prefix)}</Prefix>`,
    delimiter === '' ? '' : `<Delimiter>${spell(delimiter)}</Delimiter>`,
    `<KeyCount>${objects.length + prefixes.length}</KeyCount><MaxKeys>${limit}</MaxKeys>`,
    `<IsTruncated>${page.next !== null}</IsTruncated>`,
    next === '' ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`,
    ...objects,
    ...prefixes,
    '</ListBucketResult>',
  ].join('');
}
