/** Proxy variables: S3 is always asked directly, and whoever has set one for it should know (C24). */
import type { Environment } from './environment.ts';

const AWS = 'https://s3.amazonaws.com';

/**
 * The warning for a proxy that would apply to the S3 server by the usual rules, or null.
 * @param endpoint of the S3 server; null: AWS itself
 */
export function proxyWarning(env: Environment, endpoint: string | null): string | null {
  const url = URL.parse(endpoint ?? AWS);
  if (url === null || isExempt(url.hostname, env['NO_PROXY'] ?? env['no_proxy'] ?? '')) return null;
  const names = url.protocol === 'http:' ? ['HTTP_PROXY', 'http_proxy'] : ['HTTPS_PROXY', 'https_proxy'];
  const name = [...names, 'ALL_PROXY', 'all_proxy'].find((one) => (env[one] ?? '') !== '');
  return name === undefined
    ? null
    : `${name}: the S3 server ${url.host} is asked directly; proxies are not used for it (NO_PROXY ends this warning)`;
}

/** As most programs read NO_PROXY: names between commas, each for itself and everything below it; `*` is everything. */
function isExempt(host: string, list: string): boolean {
  if (host === 'localhost' || host === '[::1]' || host.startsWith('127.')) return true;
  return list.split(',').some((entry) => {
    const name = entry
      .trim()
      .replace(/^\*?\./, '')
      .replace(/:\d+$/, '')
      .toLowerCase();
    return name === '*' || (name !== '' && (host === name || host.endsWith(`.${name}`)));
  });
}
