/** C01: sources that write where nobody looks. */
import { expect, test } from 'vitest';
import { repositoryChecks } from '../../src/doctor/repositories.ts';
import type { Check } from '../../src/doctor/check.ts';
import { clusterView, settings, source } from '../support/build.ts';
import { place } from '../support/place.ts';

const NEAR = 's3:http://rustfs.example:9000/volsync-backups/plex';

function checks(addresses: readonly string[], overrides: Parameters<typeof settings>[0] = {}): Check[] {
  const sources = addresses.map((_, i) => source({ name: `plex-${i}`, secret: `secret-${i}` }));
  const places = Object.fromEntries(addresses.map((address, i) => [`media/secret-${i}`, place(address)]));
  return repositoryChecks(clusterView({ destinations: [], sources, places }), settings(overrides));
}

test('C01: a source that writes to another server fails, with its address and the setting that has it looked at', () => {
  const far = 's3:https://user:geheim@far.example/b/plex';
  expect(checks([far])).toEqual([
    {
      check: 'source media/plex-0',
      state: 'failed',
      message: 'the source of media/plex-config writes to s3:https://***@far.example/b/plex, where runs do not look',
      todo: 'If it is the server that is listed: --endpoint-alias far.example:443. If it is another one: --allow-endpoints far.example:443, with the keys of that Secret.',
    },
  ]);
  expect(checks([far], { allowEndpoints: ['far.example:443'] })).toEqual([
    { check: 'repositories', state: 'ok', message: '1 sources write where runs look', todo: null },
  ]);
});

test.each([
  ['rest:http://nas:8000/plex', /^Runs read only S3, and this is rest/],
  ['', /^Give the Secret that the source names a RESTIC_REPOSITORY/],
])('%s fails, and what can be done is said', (address, todo) => {
  expect(checks([address])).toMatchObject([{ state: 'failed', todo: expect.stringMatching(todo) }]);
});

test('one of two repositories that nobody looks at is a warning: the other one is looked at', () => {
  expect(checks([NEAR, 'rest:http://nas:8000/plex'])).toMatchObject([
    {
      check: 'source media/plex-1',
      state: 'warning',
      message: expect.stringContaining('another repository of the claim'),
    },
  ]);
});

test('where everything is ours there is nothing to say', () => {
  expect(repositoryChecks(clusterView(), settings())).toMatchObject([{ state: 'ok' }]);
});
