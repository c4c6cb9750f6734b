import { expect, test } from 'vitest';
import { columns, fitted, stacked, visible, visibleJson, wrapped } from '../../src/report/layout.ts';

test('R15: JSON says the same without what a terminal would obey', () => {
  const said = { name: 'a\u009b31mb\u0085c\u007fd\u202ee\nf' };
  const shown = visibleJson(JSON.stringify(said));
  expect(shown).toBe('{"name":"a\\u009b31mb\\u0085c\\u007fd\\u202ee\\nf"}');
  expect(JSON.parse(shown)).toEqual(said);
});

test('R15: what a terminal would obey is spelled out', () => {
  expect(visible('a\u001b[2Jb\nc\u009b\u202ed')).toBe('a\\u001b[2Jb\\u000ac\\u009b\\u202ed');
  expect(visible('plain, ümlaut, 漢字 →')).toBe('plain, ümlaut, 漢字 →');
});

test('a text is broken between words, and what follows the first line is indented', () => {
  expect(wrapped('one two three four', 9, '  ')).toBe('one two\n  three\n  four');
  expect(wrapped('a very unbreakable word', 8, '  ')).toBe('a very\n  unbrea\n  kable\n  word');
});

test('a line that is too long shows that something is missing', () => {
  expect([fitted('abcdef', 6), fitted('abcdef', 4)]).toEqual(['abcdef', 'abc…']);
});

const ROWS = [
  ['NAME', 'SIZE', 'WHY'],
  ['plex-config', '10Gi', 'because it was asked for'],
];

test('columns are as wide as they need where there is room', () => {
  expect(columns(ROWS)).toBe('NAME         SIZE  WHY\nplex-config  10Gi  because it was asked for\n');
});

test('N10: where there is less room, expendable columns go first, then the widest is cut', () => {
  expect(columns(ROWS, 40, [1])).toBe('NAME         WHY\nplex-config  because it was asked for\n');
  expect(columns(ROWS, 30, [1])).toBe('NAME         WHY\nplex-config  because it was a…\n');
});

test('N10: the widest column gives way, the first of equal ones, a left-out one never, and none below 8 characters', () => {
  expect(columns([['because it was asked for', 'plex']], 20)).toBe('because it wa…  plex\n');
  expect(columns([['abcdefghijkl', 'mnopqrstuvwx']], 25)).toBe('abcdefghij…  mnopqrstuvwx\n');
  expect(columns([['abcdefghijkl', 'mnopqrstuvwx']], 10, [0])).toBe('mnopqrstu…\n');
  expect(columns([['abcdefghijkl', 'mnopqrstuvwx']], 10)).toBe('abcdefg…  mnopqrs…\n');
});

test('N10: where nothing may be cut, cells get lines of their own', () => {
  expect(stacked([['', 'a fact that is long', 'where it was seen']], 22)).toBe(
    '    a fact that is\n    long\n    where it was seen\n',
  );
  expect(stacked(ROWS, 80)).toBe(columns(ROWS));
});
