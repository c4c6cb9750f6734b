import { describe, expect, it } from 'vitest';
import {
  isCopy,
  markerBody,
  parseMarker,
  rememberedMarker,
  timesByIndex,
  type MarkerLook,
} from '../../src/bucket-marker.ts';

const AT = Date.UTC(2026, 10, 21, 12);
const HOUR = 3_600_000;
const read = (objectAt: number, copied = false): MarkerLook => ({
  state: 'read',
  marker: { at: AT, copied },
  objectAt,
});

describe('the marker', () => {
  it.each([true, false])('reads back what it writes: copied %s', (copied) => {
    expect(parseMarker(markerBody({ at: AT, copied }))).toEqual({ at: AT, copied });
  });

  it('of version 0.1 is read', () => {
    const body = '{"markedBy":"volsync-prewarm","at":"2026-11-21T12:00:00.000Z"}\n';
    expect([markerBody({ at: AT, copied: false }), parseMarker(body)]).toEqual([body, { at: AT, copied: false }]);
  });

  it.each(['', '{}', 'garbage', '{"markedBy":"volsync-prewarm","at":"yesterday"}', '<html></html>'])(
    'is not %j',
    (text) => expect(parseMarker(text)).toBeNull(),
  );

  it('is a copy when its object is of another hour than it says, earlier or later', () => {
    expect([0, HOUR, -HOUR, HOUR + 1, -HOUR - 1].map((by) => isCopy(read(AT + by)))).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
    expect([isCopy(null), isCopy({ state: 'unreadable' }), isCopy({ state: 'failed' })]).toEqual([false, false, false]);
  });

  it('is remembered unless somebody has to look again', () => {
    const looks: MarkerLook[] = [
      read(AT),
      read(AT, true),
      read(AT + 2 * HOUR),
      { state: 'unreadable' },
      { state: 'failed' },
    ];
    const remembered = looks.map(rememberedMarker);
    expect(remembered).toEqual([
      '2026-11-21T12:00:00.000Z',
      '2026-11-21T12:00:00.000Z copied',
      null,
      'unreadable',
      null,
    ]);
    expect(remembered.map(timesByIndex)).toEqual([-Infinity, AT, -Infinity, -Infinity, -Infinity]);
  });
});
