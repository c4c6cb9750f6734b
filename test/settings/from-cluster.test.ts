import { expect, test } from 'vitest';
import { withClusterSettings } from '../../src/settings/from-cluster.ts';
import { parseSettings } from '../../src/settings/settings.ts';

const PLACE = 'ConfigMap volsync-system/volsync-prewarm';

test('N8: what was given wins, what the cluster says fills the rest, and the defaults come last', () => {
  const raw = withClusterSettings(
    { bucket: { value: 'mine', from: '--bucket' } },
    { PREWARM_BUCKET: 'theirs', PREWARM_DEFAULT_CAPACITY: 'none' },
    PLACE,
  );

  expect(parseSettings(raw)).toMatchObject({ bucket: 'mine', defaultCapacity: null, maxSyncing: 4 });
});

test('N8: neither keys nor what only makes sense in the pod come from the cluster', () => {
  const data = {
    AWS_ACCESS_KEY_ID: 'k',
    AWS_SECRET_ACCESS_KEY: 's',
    PREWARM_CA_FILE: '/ca.pem',
    PREWARM_LOG_LEVEL: 'trace',
  };

  expect(withClusterSettings({}, data, PLACE)).toEqual({});
});

test('N8: a server that has another name outside is still the one that the base credentials name', () => {
  const given = { endpoint: { value: 'https://s3.example.org', from: '--endpoint' } };
  const settings = parseSettings(
    withClusterSettings(
      given,
      { PREWARM_ENDPOINT: 'http://rustfs.storage.svc:9000', PREWARM_ENDPOINT_ALIAS: 'a' },
      PLACE,
    ),
  );

  expect(settings).toMatchObject({
    endpoint: 'https://s3.example.org',
    endpointAliases: ['a', 'rustfs.storage.svc:9000'],
  });
});

test('N8: the endpoint may be told by the variables of the AWS SDK', () => {
  const raw = withClusterSettings({}, { PREWARM_ENDPOINT: '', AWS_ENDPOINT_URL_S3: 'http://rustfs:9000' }, PLACE);

  expect(parseSettings(raw).endpoint).toBe('http://rustfs:9000');
});

test('N8: a wrong value names the ConfigMap that it stands in', () => {
  const raw = withClusterSettings({}, { PREWARM_DEADLINE: 'soon' }, PLACE);

  expect(() => parseSettings(raw)).toThrow(`PREWARM_DEADLINE in ${PLACE}: "soon" is not`);
});
