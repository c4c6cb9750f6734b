/**
 * Whether a proxy of the environment may apply to an address. Node's agent, over which the SDK asks, knows the whole of the rules
 * (addresses, ranges, ports); here it is enough to be sure that none applies.
 */
const VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'] as const;

/** @returns false only when no variable names a proxy, or NO_PROXY clearly excepts this host */
export function isProxied({ hostname }: URL, env: Readonly<Record<string, string | undefined>>): boolean {
  const named = (name: string): string => env[name.toLowerCase()] || env[name] || '';
  if (VARIABLES.every((name) => named(name) === '')) return false;
  const excepted = named('NO_PROXY')
    .split(',')
    .map((one) => one.trim().toLowerCase());
  return !excepted.some((one) => one === '*' || one === hostname || (one.startsWith('.') && hostname.endsWith(one)));
}
