import { expect, test } from 'vitest';
import { AnswerReader, Unusual, type Answer } from '../../src/bucket/answer.ts';

/** What becomes of these bytes when they come in two parts: one for each place where they could be parted. */
function inParts(text: string, end: Error | null = null): (Answer | null)[] {
  const bytes = Buffer.from(text, 'latin1');
  return Array.from({ length: bytes.length - 1 }, (_, at) => {
    const reader = new AnswerReader();
    return reader.take(bytes.subarray(0, at + 1)) ?? reader.take(bytes.subarray(at + 1)) ?? reader.end(end);
  });
}

function read(text: string, end: Error | null = null): { status: number; body: string; cut: string | null } | null {
  const [first, ...others] = inParts(text, end);
  for (const other of others) expect(other).toEqual(first);
  return first ? { status: first.status, body: first.body.toString(), cut: first.cut?.message ?? null } : null;
}

test.each([
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', { status: 200, body: 'hello', cut: null }],
  ['no length, and the connection ends', 'HTTP/1.1 200 OK\r\n\r\nhello', { status: 200, body: 'hello', cut: null }],
  [
    'chunks',
    'HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n00002\r\nlo\r\n0\r\n\r\n',
    { status: 200, body: 'hello', cut: null },
  ],
  ['no content', 'HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n', { status: 204, body: '', cut: null }],
  ['an error', 'HTTP/1.1 503 Slow\r\ncontent-length:2\r\n\r\nno', { status: 503, body: 'no', cut: null }],
  [
    'a length that is not reached',
    'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello',
    { status: 200, body: 'hello', cut: 'the answer was cut' },
  ],
  [
    'chunks that break off',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n9\r\nlo',
    { status: 200, body: 'hel', cut: 'the answer was cut' },
  ],
  ['a head that is not complete', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n', null],
])('%s: read the same, wherever it is parted', (_, text, wanted) => {
  expect(read(text)).toEqual(wanted);
});

test('headers: lower case, without the space around them, several of one name in one', () => {
  const [answer] = inParts(
    'HTTP/1.1 200 OK\r\nDate:  today \r\nVia: a\r\nVia: b\r\n__proto__: c\r\nContent-Length: 0\r\n\r\n',
  );
  expect(Object.entries(answer?.headers ?? {})).toEqual([
    ['date', 'today'],
    ['via', 'a, b'],
    ['__proto__', 'c'],
    ['content-length', '0'],
  ]);
});

test('a body that an error ends is not whole, even where only its end says so', () => {
  expect(read('HTTP/1.1 200 OK\r\n\r\nhello', new Error('reset'))).toEqual({
    status: 200,
    body: 'hello',
    cut: 'reset',
  });
});

const OK = 'HTTP/1.1 200 OK\r\n';

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ['an older one', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['an answer before the answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['two lengths', `${OK}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
  ['a length and chunks', `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['a length that is none', `${OK}Content-Length: +5\r\n\r\nhello`],
  ['another encoding', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['more than was announced', `${OK}Content-Length: 5\r\n\r\nhello!`],
  ['more than the last chunk', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP`],
  ['trailers', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nExpires: x\r\n\r\n`],
  ['a chunk with an extension', `${OK}Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n`],
  ['a chunk that is longer than it says', `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n`],
  ['a size that has no end', `${OK}Transfer-Encoding: chunked\r\n\r\n${'0'.repeat(40)}`],
  ['a header in two lines', `${OK}Date: a\r\n b\r\nContent-Length: 0\r\n\r\n`],
  ['a header without a name', `${OK}: a\r\nContent-Length: 0\r\n\r\n`],
  ['a line that ends in half', `${OK}Date: a\nContent-Length: 3\r\nContent-Length: 0\r\n\r\n`],
  ['a control character', `${OK}ETag: a\rb\r\nContent-Length: 0\r\n\r\n`],
  ['a head without end', `${OK}${'A: b\r\n'.repeat(4000)}`],
])('%s: given up', (_, text) => {
  expect(() => {
    const reader = new AnswerReader();
    return reader.take(Buffer.from(text, 'latin1'));
  }).toThrow(Unusual);
});
