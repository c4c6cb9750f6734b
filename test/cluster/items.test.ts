import { array, assert, asyncProperty, integer, jsonValue, oneof, record, string } from 'fast-check';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { PageTooLong, readList } from '../../src/cluster/items.ts';
import { HOME_NAMESPACE } from '../../src/naming.ts';

/** Reads a text that arrives in chunks of these lengths, again and again from the first. */
async function read(text: string, lengths: readonly number[] = [16_384], most = Infinity) {
  const bytes = Buffer.from(text);
  const chunks: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const end = at + (lengths[turn % lengths.length] ?? 1);
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  const items: unknown[] = [];
  const answer = await readList(Readable.from(chunks), (item) => items.push(item), most);
  return { ...answer, items };
}

const WORDS = { apiVersion: 'volsync.backube/v1alpha1', kind: 'ReplicationDestination' };
const item = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...WORDS,
  metadata: { name },
  ...more,
});

/** As the API server writes it: what the list is stands in front of its items. */
function listOf(items: unknown[], more: Record<string, unknown> = {}): string {
  return JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata: { continue: 'next' }, items, ...more });
}

const many = Array.from({ length: 900 }, (_, index) => item(`claim-${index}`, { spec: { logs: 'x'.repeat(200) } }));

test('items come in their order, while the answer arrives, and the list comes without them', async () => {
  const text = listOf(many);
  const items: unknown[] = [];
  let atHalf = 0;
  async function* arriving() {
    for (let at = 0; at < text.length; at += 10_000) {
      if (at > text.length / 2) atHalf ||= items.length;
      yield Buffer.from(text.slice(at, at + 10_000));
    }
  }
  const { list, bytes } = await readList(Readable.from(arriving()), (one) => items.push(one));
  expect(items).toEqual(many);
  expect(list).toEqual({ kind: 'List', apiVersion: 'v1', metadata: { continue: 'next' }, items: [] });
  expect(bytes).toBe(text.length);
  expect(atHalf).toBeGreaterThan(300);
});

test.each<[string, unknown[]]>([
  ['metadata alone, as built-in kinds have it', many.map(({ metadata, spec }) => ({ metadata, spec }))],
  ['kind before apiVersion', many.map(({ metadata }) => ({ kind: 'Pod', apiVersion: 'v1', metadata }))],
  ['spec before metadata, which no API server writes', many.map(({ spec, metadata }) => ({ spec, metadata }))],
  ['items that begin in different ways', many.flatMap((one) => [one, { metadata: one['metadata'] }, { x: 1 }])],
  ['no items', []],
  ['null among them', [null, ...many, null]],
])('%s', async (_, items) => {
  expect((await read(listOf(items))).items).toEqual(items);
});

test('what looks like the next item, within one, is no cut', async () => {
  const inner = Array.from({ length: 500 }, (_, index) => item(`inner-${index}`));
  const nested = item('outer', { spec: { items: inner, list: { items: inner } } });
  const quoted = item('quoted', { spec: { text: JSON.stringify(inner) } });
  const items = [...many, nested, quoted, nested, ...many];
  expect((await read(listOf(items))).items).toEqual(items);
});

test('an `items` in front of the items is not the list', async () => {
  const text = JSON.stringify({ metadata: { about: { items: many } }, kind: 'List', items: [...many, item('last')] });
  expect((await read(text)).items).toEqual([...many, item('last')]);
});

test('an item that is longer than many pieces is read once it is whole', async () => {
  const items = [item('a'), item('large', { spec: { text: 'ü"},{'.repeat(400_000) } }), item('z')];
  expect((await read(listOf(items))).items).toEqual(items);
});

/** Who wrote which field of an item, as the API server tells it. */
const managed = (...texts: string[]): Record<string, unknown>[] =>
  texts.map((text) => ({ manager: text, operation: 'Update', fieldsV1: { 'f:spec': { [`f:${text}`]: {} } } }));
const owned = (name: string, managers: unknown[], namespace = 'media'): Record<string, unknown> =>
  item(name, { metadata: { name, namespace, annotations: { a: name }, managedFields: managers }, spec: { name } });
const short = (name: string): Record<string, unknown> =>
  item(name, { metadata: { name, namespace: 'media', annotations: { a: name } }, spec: { name } });
const names = many.map((_, index) => `claim-${index}`);

test('who wrote which field is left out of the items that come in pieces', async () => {
  const { items } = await read(listOf(names.map((name) => owned(name, managed('kubectl', 'volsync')))));
  // What came with the end of the list is parsed as a whole.
  expect(items.slice(0, 500)).toEqual(names.slice(0, 500).map(short));
});

test('objects of our own namespace keep it: it says who else writes into the index', async () => {
  const items = names.map((name) => owned(name, managed('kubectl'), HOME_NAMESPACE));
  expect((await read(listOf(items))).items).toEqual(items);
});

test.each([
  ['brackets', 'x}]'],
  ['brackets and what could be a name', 'x}],"annotations":{"a":"theirs"},"y":["'],
  ['brackets and the words themselves', '}],"managedFields":['],
  ['brackets and numbers', '}],1,2'],
  ['a comma behind brackets', '}],'],
  ['an escape', '}]\\",'],
])('a text of somebody else’s with %s in it spoils nothing', async (_, text) => {
  const items = names.map((name) => owned(name, managed(text, 'volsync')));
  expect((await read(listOf(items))).items).toEqual(items);
});

test('a list within it spoils nothing', async () => {
  const managers = [{ manager: 'm', fieldsV1: { 'f:spec': [{ 'f:a': {} }], 'f:annotations': [{}] } }];
  const items = names.map((name) => owned(name, managers));
  expect((await read(listOf(items))).items).toEqual(items);
});

test('any list in any pieces gives what parsing it as a whole gives', async () => {
  const anItem = oneof(
    record({ metadata: record({ name: string() }), spec: jsonValue({ maxDepth: 4 }) }),
    jsonValue({ maxDepth: 2 }),
    jsonValue().map((spec) => item('one', { spec, nested: [item('two'), item('three', { spec })] })),
  );
  await assert(
    asyncProperty(
      array(anItem, { maxLength: 40 }),
      array(integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 }),
      integer({ min: 0, max: 70_000 }),
      async (items, lengths, padding) => {
        const text = listOf([item('padding', { spec: 'x'.repeat(padding) }), ...items]);
        const whole: { items: unknown[] } = JSON.parse(text);
        expect((await read(text, lengths)).items).toEqual(whole.items);
      },
    ),
    { numRuns: 150 },
  );
});

test.each([
  ['HTML', '<html></html>'],
  ['nothing', ''],
  ['a list that is cut behind an item', listOf(many).slice(0, -2)],
  ['a list that is cut within an item', listOf(many).slice(0, -500)],
  ['a list with a wrong comma', listOf(many).replace('},{', '},,{')],
  ['a list with text behind it', `${listOf(many)}x`],
])('%s is not JSON', async (_, text) => {
  await expect(read(text)).rejects.toBeInstanceOf(SyntaxError);
});

test('JSON that is no list is given as it is', async () => {
  expect(await read('{"kind":"Status"}')).toMatchObject({ list: { kind: 'Status' }, items: [] });
  expect(await read('{"kind":"SecretList","items":null}')).toMatchObject({ list: { items: null }, items: [] });
});

test('a connection that breaks off is an error, whatever has come', async () => {
  const broken = Readable.from([Buffer.from(listOf(many).slice(0, 150_000))]);
  broken.on('end', () => undefined);
  const half = new Readable({ read: () => undefined });
  half.push(listOf(many).slice(0, 150_000));
  const reading = readList(half, () => undefined);
  half.destroy();
  await expect(reading).rejects.toThrow('the answer was cut');
  await expect(readList(broken, () => undefined)).rejects.toBeInstanceOf(SyntaxError);
});

test('a page that is longer than it may be is not read to its end', async () => {
  await expect(read(listOf(many), [16_384], 100_000)).rejects.toBeInstanceOf(PageTooLong);
});
