import { assert, asyncProperty, constantFrom, date, dictionary, oneof, string, tuple } from 'fast-check';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/transport';
import { SignatureV4 } from '@smithy/signature-v4';
import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { amzDateOf, encoded, signer } from '../../src/bucket/signature.ts';

const keys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };

test('the example of AWS: a bucket is listed', () => {
  const headers = [
    ['host', 'examplebucket.s3.amazonaws.com'],
    ['x-amz-content-sha256', hash('sha256', '')],
    ['x-amz-date', '20130524T000000Z'],
  ] as const;
  const request = {
    method: 'GET',
    path: '/',
    query: 'max-keys=2&prefix=J',
    headers,
    bodyHash: hash('sha256', ''),
  } as const;
  expect(signer(keys, 'us-east-1')(request, '20130524T000000Z')).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  );
});

const text = oneof(
  string({ maxLength: 20 }),
  string({ unit: 'grapheme', maxLength: 10 }),
  constantFrom('a b+ö', "!'()*", '%41', '~._-'),
);

test('any key, query, header and day: the signature is the one of the SDK', async () => {
  const sign = signer(keys, 'eu-west-1');
  const theirs = new SignatureV4({
    service: 's3',
    region: 'eu-west-1',
    credentials: keys,
    sha256: Sha256,
    uriEscapePath: false,
  });
  const days = date({ min: new Date('2024-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
  await assert(
    asyncProperty(
      constantFrom('GET', 'PUT'),
      text,
      dictionary(constantFrom('prefix', 'delimiter', 'continuation-token'), text),
      tuple(text, days),
      async (method, key, query, [body, at]) => {
        const path = `/bucket/${key.split('/').map(encoded).join('/')}`;
        const amzDate = amzDateOf(at);
        const bodyHash = hash('sha256', body);
        const headers = { host: 's3.test:9000', 'if-match': '"abc"', 'x-amz-content-sha256': bodyHash };
        const where = { method, protocol: 'http:', hostname: 's3.test', path };
        const signed = await theirs.sign(new HttpRequest({ ...where, headers, query }), { signingDate: at });
        const ours = sign(
          {
            method,
            path,
            query: Object.keys(query)
              .sort()
              .map((name) => `${encoded(name)}=${encoded(query[name] ?? '')}`)
              .join('&'),
            headers: Object.entries({ ...headers, 'x-amz-date': amzDate }),
            bodyHash,
          },
          amzDate,
        );
        expect({ amzDate, ours }).toEqual({
          amzDate: signed.headers['x-amz-date'],
          ours: signed.headers['authorization'],
        });
      },
    ),
  );
});
