/** The settings as they were given: a flag wins over the environment. What is not given comes from the cluster, or is the default. */
import type { RawSettings } from '../src/settings/settings.ts';
import { ENVIRONMENT_PREFIX, SETTINGS, environmentName } from '../src/settings/table.ts';
import type { Environment } from './environment.ts';

/** Settings by flag and by variable, with warnings about variables that nobody knows. The endpoint may also come from the AWS SDK's variables. */
export function given(
  parsed: Readonly<Record<string, unknown>>,
  env: Environment,
): { raw: RawSettings; warnings: string[] } {
  const raw: RawSettings = {};
  for (const { flag } of SETTINGS) {
    const value = parsed[flag];
    const name = environmentName(flag);
    const inherited = env[name];
    if (value !== undefined) raw[flag] = { value: textOf(flag, value), from: `--${flag}` };
    else if (inherited !== undefined) raw[flag] = { value: inherited, from: name };
  }
  for (const name of ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL']) {
    const value = env[name];
    if ((raw.endpoint === undefined || raw.endpoint.value === '') && value !== undefined && value !== '')
      raw.endpoint = { value, from: name };
  }
  const names = new Set(SETTINGS.map(({ flag }) => environmentName(flag)));
  const unknown = Object.keys(env).filter((name) => name.startsWith(ENVIRONMENT_PREFIX) && !names.has(name));
  return { raw, warnings: unknown.map((name) => `${name}: unknown setting, ignored`) };
}

function textOf(flag: string, value: unknown): string {
  if (value === '' && flag === 'path-style') return 'true';
  return `${typeof value === 'boolean' || typeof value === 'string' ? value : ''}`;
}
