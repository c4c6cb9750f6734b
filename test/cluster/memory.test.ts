import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatMemory, parseMemory } from '../../src/cluster/memory.ts';
import { NO_MEMORY } from '../../src/memory.ts';
import { ANNOTATION } from '../../src/naming.ts';

const ALL: Record<string, string> = {
  [ANNOTATION.askedAt]: '2026-11-21T12:00:00.000Z',
  [ANNOTATION.baseVersion]: 'uid/7',
  [ANNOTATION.capacityFrom]: 'claim',
  [ANNOTATION.fresh]: 'uid-of-another-claim',
  [ANNOTATION.holdUntil]: '2026-11-21T12:30:00.000Z',
  [ANNOTATION.hungOnLarger]: 'uid-of-claim',
  [ANNOTATION.missedListings]: '2 2026-11-21T11:00:00.000Z',
  [ANNOTATION.mover]: '1000:1000:1001',
  [ANNOTATION.moverFrom]: 'source',
  [ANNOTATION.newestSnapshot]: 'cccccccc',
  [ANNOTATION.nextBackup]: '2026-11-21T13:07:00.000Z',
  [ANNOTATION.nudged]: '2026-11-21T11:59:00.000Z',
  [ANNOTATION.provenImages]: 'two=bbbbbbbb,one=aaaaaaaa',
  [ANNOTATION.restoreSize]: '5368709120',
  [ANNOTATION.secondTry]: 'bbbbbbbb',
  [ANNOTATION.suspectImage]: 'two',
  [ANNOTATION.suspectReason]: 'image-empty',
  [ANNOTATION.verifiedImage]: 'two',
  [ANNOTATION.verifiedSnapshot]: 'bbbbbbbb',
  [ANNOTATION.verifiedSnapshotAt]: '2026-11-21T10:00:00.000Z',
};

test('everything that a destination remembers is read back as it was written, in alphabetical order', () => {
  const written = formatMemory(parseMemory(ALL));
  expect(written).toEqual(ALL);
  expect(Object.keys(written)).toEqual(Object.keys(ALL).toSorted());
});

test('a destination without annotations remembers nothing, and nothing is written', () => {
  expect(parseMemory({})).toEqual(NO_MEMORY);
  expect(formatMemory(NO_MEMORY)).toEqual({});
});

test("the user's own word is read and never written", () => {
  const memory = parseMemory({ [ANNOTATION.classes]: 'fast, slow,' });
  expect(memory.classes).toEqual(['fast', 'slow']);
  expect(parseMemory({ [ANNOTATION.accept]: 'aaaaaaaa' })).toEqual({ ...NO_MEMORY, accept: 'aaaaaaaa' });
  expect(formatMemory(memory)).toEqual({});
});

test('what cannot be read is not remembered', () => {
  const garbage = Object.fromEntries(Object.keys(ALL).map((key) => [key, ' ']));
  expect(parseMemory(garbage)).toMatchObject({
    provenImages: [],
    restoreSize: null,
    askedAt: null,
    missed: null,
    mover: null,
    moverFrom: null,
  });
  expect(parseMemory({ [ANNOTATION.verifiedImage]: 'two' }).verified).toBeNull();
});

test('any annotations can be read, and what is written is read the same', () => {
  const key = fc.constantFrom(...Object.keys(ALL));
  fc.assert(
    fc.property(fc.dictionary(key, fc.oneof(fc.string(), fc.integer())), (annotations) => {
      const memory = parseMemory(annotations);
      expect({ ...parseMemory(formatMemory(memory)), classes: memory.classes }).toEqual(memory);
    }),
  );
});
