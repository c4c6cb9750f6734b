/** A CA and a server certificate for the loopback, made in memory at every start (X.509 by hand: Node cannot make one). */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

function der(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const hex = body.length.toString(16);
  const size = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 + size.length]), size, body]);
}

const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const truth = der(0x01, Buffer.from([0xff]));

const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');

function nameOf(text: string): Buffer {
  return sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(text)))));
}

function timeOf(date: Date): Buffer {
  return der(0x18, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [truth] : []), der(0x04, value));
}

const CA_EXTENSIONS = [
  extension('551d13', true, sequence(truth)), // basicConstraints: CA
  extension('551d0f', true, der(0x03, Buffer.from([0x01, 0x06]))), // keyUsage: keyCertSign, cRLSign
];

const SERVER_EXTENSIONS = [
  extension('551d13', true, sequence()),
  extension('551d0f', true, der(0x03, Buffer.from([0x07, 0x80]))), // keyUsage: digitalSignature
  extension('551d25', false, sequence(oid('2b06010505070301'))), // extendedKeyUsage: serverAuth
  extension('551d11', false, sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1])))),
];

interface Party {
  name: string;
  key: KeyObject;
}

function certificate(subject: { name: string; publicKey: KeyObject }, issuer: Party, extensions: Buffer[]): string {
  const day = 86_400_000;
  const now = Date.now();
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(15)]);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ECDSA_SHA256,
    nameOf(issuer.name),
    sequence(timeOf(new Date(now - day)), timeOf(new Date(now + 3650 * day))),
    nameOf(subject.name),
    subject.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, issuer.key);
  const whole = sequence(body, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

export interface ServerIdentity {
  /** PEM: what a client has to trust */
  ca: string;
  /** PEM */
  cert: string;
  /** PEM */
  key: string;
}

/** Makes a new CA and a certificate of it for `localhost` and `127.0.0.1`; all PEM. */
export function makeIdentity(): ServerIdentity {
  const ca = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const server = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const issuer = { name: 'sandbox CA', key: ca.privateKey };
  return {
    ca: certificate({ name: 'sandbox CA', publicKey: ca.publicKey }, issuer, CA_EXTENSIONS),
    cert: certificate({ name: 'sandbox', publicKey: server.publicKey }, issuer, SERVER_EXTENSIONS),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
