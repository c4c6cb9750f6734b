import { expect, it } from 'vitest';
import { parseSelector, type Selector } from '../src/selector.ts';

it.each<[string, Selector]>([
  ['app=plex', [{ key: 'app', operator: 'in', values: ['plex'] }]],
  ['app == plex', [{ key: 'app', operator: 'in', values: ['plex'] }]],
  ['app!=plex', [{ key: 'app', operator: 'notin', values: ['plex'] }]],
  ['app=', [{ key: 'app', operator: 'in', values: [''] }]],
  ['tier in ( a, b )', [{ key: 'tier', operator: 'in', values: ['a', 'b'] }]],
  ['tier  notin  (a)', [{ key: 'tier', operator: 'notin', values: ['a'] }]],
  ['example.org/app', [{ key: 'example.org/app', operator: 'exists', values: [] }]],
  ['! old', [{ key: 'old', operator: 'absent', values: [] }]],
  [
    'a-b.c=d_e, tier in (a,b) ,!old',
    [
      { key: 'a-b.c', operator: 'in', values: ['d_e'] },
      { key: 'tier', operator: 'in', values: ['a', 'b'] },
      { key: 'old', operator: 'absent', values: [] },
    ],
  ],
])('%j', (text, selector) => {
  expect(parseSelector(text)).toEqual(selector);
});

it.each([
  '',
  'app=plex,',
  'app in plex',
  'app in (a',
  'app in (a)b',
  'x y in (a)',
  'app=-plex',
  'app=plex-',
  'app=plex x',
  '-app',
  'app-',
  'x!old',
  '!',
])('%j is none', (text) => {
  expect(parseSelector(text)).toBeNull();
});
