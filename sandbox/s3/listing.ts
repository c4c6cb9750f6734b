/** ListObjectsV2: one page, and its XML. The caller supplies the objects. */

/** One object of a listing. */
export interface Listed {
  key: string;
  size: number;
  /** LastModified, milliseconds */
  at: number;
  etag: string;
}

/** What a client asked for; `after` is '' or the last key (or folder) that it has seen. */
export interface Asked {
  prefix: string;
  delimiter: string;
  after: string;
}

/** Lists objects, and with a delimiter folders (as their whole prefix), in byte order, beginning behind `after`. */
export type Lister = (asked: Asked) => Iterable<Listed | string>;

const MAX_KEYS = 1000;

/** Spells a text so that it can stand in XML. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

interface Page {
  objects: Listed[];
  folders: string[];
  /** '' on the last page */
  next: string;
}

function pageOf(entries: Iterable<Listed | string>, limit: number): Page {
  const page: Page = { objects: [], folders: [], next: '' };
  let last = '';
  for (const entry of entries) {
    if (page.objects.length + page.folders.length >= limit) return { ...page, next: last };
    if (typeof entry === 'string') page.folders.push(entry);
    else page.objects.push(entry);
    last = typeof entry === 'string' ? entry : entry.key;
  }
  return page;
}

function objectXml({ key, size, at, etag }: Listed, spell: (text: string) => string): string {
  const time = new Date(at).toISOString();
  return `<Contents><Key>${spell(key)}</Key><LastModified>${time}</LastModified><ETag>${escapeXml(etag)}</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
}

/** The XML that answers one `list-type=2` request; `query` holds the request's parameters. */
export function listObjectsXml(bucket: string, list: Lister, query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString();
  const limit = Math.min(Number(query.get('max-keys') ?? MAX_KEYS), MAX_KEYS);
  const page = pageOf(list({ prefix, delimiter, after }), limit);
  const encoded = query.get('encoding-type') === 'url';
  const spell = encoded ? (key: string) => encodeURIComponent(key).replaceAll('%2F', '/') : escapeXml;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Name>${bucket}</Name><Prefix>${spell(prefix)}</Prefix>`,
    delimiter === '' ? '' : `<Delimiter>${spell(delimiter)}</Delimiter>`,
    encoded ? '<EncodingType>url</EncodingType>' : '',
    `<KeyCount>${page.objects.length + page.folders.length}</KeyCount><MaxKeys>${limit}</MaxKeys>`,
    `<IsTruncated>${page.next !== ''}</IsTruncated>`,
    page.next === ''
      ? ''
      : `<NextContinuationToken>${Buffer.from(page.next).toString('base64url')}</NextContinuationToken>`,
    ...page.objects.map((object) => objectXml(object, spell)),
    ...page.folders.map((folder) => `<CommonPrefixes><Prefix>${spell(folder)}</Prefix></CommonPrefixes>`),
    '</ListBucketResult>',
  ].join('');
}
