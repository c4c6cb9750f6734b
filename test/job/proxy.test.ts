import { expect, test } from 'vitest';
import { proxyWarning } from '../../job/proxy.ts';

const PROXY = { HTTPS_PROXY: 'http://proxy:3128' };

test('C24: a proxy that S3 would go through is said, because S3 is asked directly', () => {
  expect(proxyWarning(PROXY, 'https://s3.example.org')).toBe(
    'HTTPS_PROXY: the S3 server s3.example.org is asked directly; proxies are not used for it (NO_PROXY ends this warning)',
  );
  expect(proxyWarning({ http_proxy: 'http://proxy:3128' }, 'http://rustfs:9000')).toMatch(/^http_proxy: /);
  expect(proxyWarning(PROXY, null)).toContain('s3.amazonaws.com');
});

test.each(['s3.example.org', '.example.org', 'example.org', '*', '*.example.org', 'a, s3.example.org:443'])(
  'NO_PROXY=%s exempts it',
  (list) => {
    expect(proxyWarning({ ...PROXY, NO_PROXY: list }, 'https://s3.example.org')).toBeNull();
  },
);

test('neither another kind of proxy nor one for the loopback is said', () => {
  expect(proxyWarning(PROXY, 'http://rustfs:9000')).toBeNull();
  expect(proxyWarning({ HTTP_PROXY: 'http://proxy:3128' }, 'http://127.0.0.1:9000')).toBeNull();
  expect(proxyWarning({ ...PROXY, NO_PROXY: 'ample.org' }, 'https://s3.example.org')).not.toBeNull();
});
