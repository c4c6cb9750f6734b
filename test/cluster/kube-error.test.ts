import { expect, it } from 'vitest';
import { errorOfAnswer, errorOfTransport } from '../../src/cluster/kube-error.ts';

const coded = (code: string, message = 'connect'): Error => Object.assign(new Error(message), { code });

it.each<[string, unknown, string, string]>([
  ['the parser’s words', new SyntaxError('"c2VjcmV0" is not valid'), 'failed', 'the answer is not JSON'],
  ['the end of its time', new DOMException('aborted', 'TimeoutError'), 'unreachable', 'no answer in time'],
  ['a code', coded('ECONNREFUSED'), 'unreachable', 'the API server cannot be reached (ECONNREFUSED)'],
  [
    'the code of its cause',
    new Error('fetch failed', { cause: coded('ENOTFOUND') }),
    'unreachable',
    'the API server cannot be reached (ENOTFOUND)',
  ],
  [
    'the words of its cause',
    new Error('fetch failed', { cause: new Error('other side closed') }),
    'unreachable',
    'the API server cannot be reached (other side closed)',
  ],
  ['its own words', new Error('cut'), 'unreachable', 'the API server cannot be reached (cut)'],
  ['no error at all', 'gone', 'unreachable', 'the API server cannot be reached (gone)'],
])('a request without an answer is told by %s', (_, cause, kind, told) => {
  const error = errorOfTransport(cause, 'GET /api');
  expect([error.kind, error.status, error.message]).toEqual([kind, null, `GET /api: ${told}`]);
  // What could not be read may be a Secret.
  expect(error.cause).toBe(cause instanceof SyntaxError ? undefined : cause);
});

it.each<[number, string, string, string]>([
  [401, '{"message":"Unauthorized"}', 'unauthorized', 'Unauthorized'],
  [403, '{"message":"no","reason":"Forbidden"}', 'forbidden', 'no'],
  [403, '{"message":"no","details":{"causes":[{"reason":"NamespaceTerminating"}]}}', 'absent', 'no'],
  [404, '{"message":"not found"}', 'absent', 'not found'],
  [409, '{"message":"modified"}', 'conflict', 'modified'],
  [422, ' not a Status ', 'rejected', 'not a Status'],
  [500, `<html>${'x'.repeat(200)}`, 'failed', `<html>${'x'.repeat(114)}`],
  [503, '', 'failed', 'no message'],
])('an answer with status %i: %s', (status, text, kind, told) => {
  const error = errorOfAnswer(status, text, 'GET /api');
  expect([error.kind, error.status, error.message]).toEqual([kind, status, `GET /api: ${told} (HTTP ${status})`]);
});
