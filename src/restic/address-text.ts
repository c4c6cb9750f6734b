/** Addresses as people may see them: without userinfo, query and control characters, and limited in length. */
import { LONGEST_ADDRESS, endOfUserinfo, withoutEndSlashes, type Address } from './address.ts';

const LONGEST_SHOWN = 256;

/**
 * A repository's address as it was written, for a person to read. Userinfo becomes `***`; query and fragment go; control
 * characters are escaped. Of what is too long for an address only the backend's name is shown: where it was cut, nobody can say
 * any more what was userinfo.
 */
export function maskAddress(text: string): string {
  if (text.length > LONGEST_ADDRESS) return `${/^[a-z0-9]{1,8}:/.exec(text)?.[0] ?? ''}…`;
  const plain = printable(withMask(text.trim().replace(/[?#][^]*/, '')));
  return plain.length > LONGEST_SHOWN ? `${plain.slice(0, LONGEST_SHOWN)}…` : plain;
}

/** Userinfo is looked for behind `://`, else behind the backend's name (`sftp:user@host:/path`). */
function withMask(text: string): string {
  const scheme = text.indexOf('://');
  const start = scheme >= 0 ? scheme + 3 : text.indexOf(':') + 1;
  const end = endOfUserinfo(text, start);
  return end === start ? text : `${text.slice(0, start)}***@${text.slice(end)}`;
}

/** Control characters and what turns the direction of text are shown as escapes. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`);
}

/** An address that was parsed, as restic would write it. */
export function formatAddress(address: Address): string {
  if (address.backend === 'none') return `no address (${address.problem})`;
  if (address.backend !== 's3') return maskAddress(`${address.backend}:${address.rest}`);
  const { scheme, host, bucket, path } = address;
  return maskAddress(`s3:${scheme}://${host}/${bucket}${path === '' ? '' : `/${path}`}`);
}

/** An address from a Secret without the space, line ends and slashes that tools leave around it; one that is too long is cut. */
export function trimAddress(text: string): string {
  return withoutEndSlashes(text.slice(0, LONGEST_ADDRESS + 1).trim());
}
