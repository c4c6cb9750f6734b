/**
 * A page of ListObjectsV2 out of its XML, when it is exactly what S3 servers send. It looks for reasons to give up: whatever is
 * unusual about an answer, the SDK's own reader shall see it, and what it says counts. No regular expression runs over a whole
 * answer, so that no answer takes longer than its length.
 */
import type { Page } from './requests.ts';

/** Not what it should be; caught in this file. */
class Unusual extends Error {
  override name = 'Unusual' as const;
}

/** @returns null unless the answer is a plain listing in which every key that it announces was found */
export function readPage(xml: string): Page | null {
  try {
    return pageIn(xml);
  } catch (error) {
    if (error instanceof Unusual) return null;
    throw error;
  }
}

const SCALARS = ['KeyCount', 'IsTruncated', 'NextContinuationToken'] as const;

function pageIn(xml: string): Page {
  const folders: { Prefix: string }[] = [];
  const objects: ListedObject[] = [];
  const scalars = new Map<string, string>();
  for (const { name, inner } of elementsIn(rootOf(xml))) {
    if (name === 'CommonPrefixes') folders.push(folderIn(inner));
    else if (name === 'Contents') objects.push(objectIn(inner));
    else if (name === 'EncodingType' || scalars.has(name)) throw new Unusual();
    else scalars.set(name, wellFormed(inner));
  }
  const [count = '', truncated = '', token] = SCALARS.map((name) => scalars.get(name));
  if (!/^\d{1,6}$/.test(count) || Number(count) !== folders.length + objects.length) throw new Unusual();
  if (truncated !== 'true' && truncated !== 'false') throw new Unusual();
  return {
    IsTruncated: truncated === 'true',
    KeyCount: Number(count),
    NextContinuationToken: token === undefined ? undefined : textIn(token),
    CommonPrefixes: folders,
    Contents: objects,
  };
}

const ROOT = /^<ListBucketResult(?: xmlns=(?:"[^"<>&]{0,200}"|'[^'<>&]{0,200}'))?>$/;

/** What stands between the tags of the root element. */
function rootOf(xml: string): string {
  // Comments, CDATA, a document type.
  if (xml.includes('<!')) throw new Unusual();
  let from = skipSpace(xml, 0);
  if (xml.startsWith('<?xml', from)) from = skipSpace(xml, indexAfter(xml, '?>', from));
  const start = indexAfter(xml, '>', from);
  if (!ROOT.test(xml.slice(from, start))) throw new Unusual();
  const body = xml.trimEnd();
  if (!body.endsWith('</ListBucketResult>')) throw new Unusual();
  return body.slice(start, -'</ListBucketResult>'.length);
}

/** The elements of one level, in their order; between them is nothing but white space. */
function* elementsIn(xml: string): Generator<{ name: string; inner: string }> {
  for (let at = skipSpace(xml, 0); at < xml.length; at = skipSpace(xml, at)) {
    if (xml[at] !== '<') throw new Unusual();
    const open = indexAfter(xml, '>', at);
    const name = xml.slice(at + 1, open - 1);
    if (name.endsWith('/') && isName(name.slice(0, -1))) {
      yield { name: name.slice(0, -1), inner: '' };
      at = open;
      continue;
    }
    // Attributes, an end where none was opened, an instruction.
    if (!isName(name)) throw new Unusual();
    const close = xml.indexOf(`</${name}>`, open);
    if (close < 0) throw new Unusual();
    const inner = xml.slice(open, close);
    // An element within one of its own name would end too early.
    if (inner.includes(`<${name}`)) throw new Unusual();
    yield { name, inner };
    at = close + name.length + 3;
  }
}

/** What is not used must be well-formed all the same. */
function wellFormed(inner: string): string {
  if (inner.includes('<')) for (const element of elementsIn(inner)) wellFormed(element.inner);
  return inner;
}

function folderIn(xml: string): { Prefix: string } {
  const [prefix, ...others] = elementsIn(xml);
  if (prefix?.name !== 'Prefix' || others.length > 0) throw new Unusual();
  return { Prefix: textIn(prefix.inner) };
}

interface ListedObject {
  Key: string;
  Size: number;
  LastModified: Date;
}

function objectIn(xml: string): ListedObject {
  const found = new Map<string, string>();
  for (const { name, inner } of elementsIn(xml)) {
    if (found.has(name) && ['Key', 'Size', 'LastModified'].includes(name)) throw new Unusual();
    found.set(name, wellFormed(inner));
  }
  const [key, size = '', at = ''] = ['Key', 'Size', 'LastModified'].map((name) => found.get(name));
  if (key === undefined || !/^\d{1,15}$/.test(size) || !TIME.test(at)) throw new Unusual();
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) throw new Unusual();
  return { Key: textIn(key), Size: Number(size), LastModified: time };
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** An element's text. White space at its ends, or control characters in it, are the SDK's to judge. */
function textIn(xml: string): string {
  if (xml.includes('<') || xml !== xml.trim() || hasControls(xml)) throw new Unusual();
  if (!xml.includes('&')) return xml;
  return xml.replaceAll(/&([^;&]{0,10});?/g, (entity, name: string) => {
    const known = entity.endsWith(';') ? (ENTITIES[name] ?? characterOf(name)) : null;
    if (known === null) throw new Unusual();
    return known;
  });
}

/** `#38` or `#x26`; null for everything else. */
function characterOf(name: string): string | null {
  const code = /^#\d{1,7}$/.test(name)
    ? Number(name.slice(1))
    : /^#x[0-9a-fA-F]{1,6}$/.test(name)
      ? parseInt(name.slice(2), 16)
      : 0;
  // Beyond the first plane the SDK's reader gives another character.
  const isCharacter = code > 0 && code <= 0xff_ff && !(code >= 0xd8_00 && code <= 0xdf_ff);
  return isCharacter ? String.fromCodePoint(code) : null;
}

function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) < 32) return true;
  return false;
}

function isName(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9]{0,40}$/.test(text);
}

function skipSpace(xml: string, from: number): number {
  let at = from;
  while (at < xml.length && ' \t\r\n'.includes(xml.charAt(at))) at += 1;
  return at;
}

/** The place behind the next such text. */
function indexAfter(xml: string, text: string, from: number): number {
  const at = xml.indexOf(text, from);
  if (at < 0) throw new Unusual();
  return at + text.length;
}
