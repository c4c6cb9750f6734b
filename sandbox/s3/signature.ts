/** Signature version 4: was a request signed with the one pair of keys? */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { s3Error, type S3Call, type S3Reply } from './protocol.ts';

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
}

const FORM =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your key and signing method.';

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function spell(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Each name and value spelled as a signature spells it, in order. */
function canonicalQuery(query: string): string {
  return [...new URLSearchParams(query)]
    .map(([name, value]) => `${spell(name)}=${spell(value)}`)
    .sort()
    .join('&');
}

function canonicalRequest({ method, url, headers }: S3Call, signed: string): string {
  const [path = '', query = ''] = url.split('?', 2);
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name] ?? '').trim()}`);
  const content = String(headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD');
  return [method, path, canonicalQuery(query), ...lines, '', signed, content].join('\n');
}

/** The refusal of a request that was not signed with these keys, or null. Query signatures are not known here. */
export function refusal(call: S3Call, keys: Keys): S3Reply | null {
  const found = FORM.exec(call.headers.authorization ?? '');
  if (found === null) return s3Error(403, 'AccessDenied', 'Access Denied.');
  const [, id, day = '', region = '', signed = '', signature = ''] = found;
  if (id !== keys.accessKeyId) {
    const why = 'The AWS Access Key Id you provided does not exist in our records.';
    return s3Error(403, 'InvalidAccessKeyId', why);
  }
  const digest = createHash('sha256').update(canonicalRequest(call, signed)).digest('hex');
  const time = String(call.headers['x-amz-date'] ?? '');
  const text = ['AWS4-HMAC-SHA256', time, `${day}/${region}/s3/aws4_request`, digest].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${keys.secretAccessKey}`);
  return timingSafeEqual(hmac(key, text), Buffer.from(signature, 'hex'))
    ? null
    : s3Error(403, 'SignatureDoesNotMatch', MISMATCH);
}
