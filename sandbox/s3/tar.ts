/** Reads a tar archive in memory: names up to 255 characters, plain files. */

export interface TarFile {
  name: string;
  body: Buffer;
  at: Date;
}

const BLOCK = 512;
const REGULAR = new Set(['0', '\0']);

function field(header: Buffer, from: number, length: number): string {
  const raw = header.subarray(from, from + length);
  const end = raw.indexOf(0);
  return raw.subarray(0, end === -1 ? length : end).toString();
}

/** The plain files of an (unzipped) archive, with their modification times. */
export function untar(archive: Buffer): TarFile[] {
  const files: TarFile[] = [];
  let longName: string | null = null;
  for (let offset = 0; offset + BLOCK <= archive.length;) {
    const header = archive.subarray(offset, offset + BLOCK);
    if (header[0] === 0) break;
    const size = Number.parseInt(field(header, 124, 12).trim() || '0', 8);
    const body = archive.subarray(offset + BLOCK, offset + BLOCK + size);
    const type = String.fromCharCode(header[156] ?? 0);
    const prefix = field(header, 257, 5) === 'ustar' && header[262] === 0 ? field(header, 345, 155) : '';
    const name: string = longName ?? (prefix === '' ? field(header, 0, 100) : `${prefix}/${field(header, 0, 100)}`);
    const at = new Date(Number.parseInt(field(header, 136, 12).trim() || '0', 8) * 1000);
    if (REGULAR.has(type)) files.push({ name, body: Buffer.from(body), at });
    longName = type === 'L' ? field(body, 0, body.length) : null; // GNU: the next entry's long name
    offset += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
