/**
 * On a workstation the settings of the cluster count, unless they are given: what `plan` shows is then what the CronJob
 * does. The order is flag, environment, the cluster's ConfigMap, default.
 */
import type { RawSettings } from './settings.ts';
import { SETTINGS, environmentName, type SettingFlag } from './table.ts';

/** What makes sense in the pod only, and what is about the output of one command. */
const OF_THE_POD = new Set<SettingFlag>(['ca-file', 'log-level', 'output', 'manifests', 'kubeconfig', 'context']);

/** Where the S3 server is may also be said in the words of the AWS SDK. Its keys are never taken from a cluster. */
const ENDPOINT_VARIABLES = ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'];

/**
 * Fills in what was not given.
 * @param given by flag or environment
 * @param data of the ConfigMap
 * @param place how the ConfigMap is called in the text of a problem
 */
export function withClusterSettings(
  given: RawSettings,
  data: Readonly<Record<string, string>>,
  place: string,
): RawSettings {
  const merged: RawSettings = { ...given };
  for (const { flag } of SETTINGS) {
    const value = data[environmentName(flag)];
    if (merged[flag] === undefined && value !== undefined && !OF_THE_POD.has(flag))
      merged[flag] = { value, from: `${environmentName(flag)} in ${place}` };
  }
  const endpoint = ENDPOINT_VARIABLES.map((name) => data[name] ?? '').find((value) => value !== '');
  if ((merged.endpoint?.value ?? '') === '' && endpoint !== undefined)
    merged.endpoint = { value: endpoint, from: `the S3 endpoint in ${place}` };
  return knownByBothNames(merged, data[environmentName('endpoint')] || endpoint);
}

/** Seen from outside the server has another name; the base credentials in the cluster go on using the one inside. */
function knownByBothNames(raw: RawSettings, inside: string | undefined): RawSettings {
  const url = URL.parse(inside ?? '');
  const outside = raw.endpoint;
  if (url === null || outside === undefined || outside.value === inside) return raw;
  const alias = `${url.hostname}:${url.port || (url.protocol === 'http:' ? '80' : '443')}`;
  const before = raw['endpoint-alias'] ?? { value: '', from: outside.from };
  return { ...raw, 'endpoint-alias': { ...before, value: `${before.value},${alias}` } };
}
