/** Completes a command line with the settings that the cluster's CronJob has, and says in one line where they came from. */
import { messageOf } from '../src/errors.ts';
import { withClusterSettings } from '../src/settings/from-cluster.ts';
import { parseSettings, type RawSettings, type Settings } from '../src/settings/settings.ts';
import type { Environment } from './environment.ts';
import { regionOf } from './region.ts';
import { VERSION } from './version.ts';

/** Settings must not take longer than the command that they are for. */
const PATIENCE = 5_000;

/** In a pod of the CronJob the ConfigMap is the environment already, and the worker has no right to read it. */
export function isInPod(env: Environment): boolean {
  return env['KUBERNETES_SERVICE_HOST'] !== undefined;
}

export interface Completed {
  settings: Settings;
  /** one line about where they came from */
  told: string;
  /** URL of the API server; null when there is none to connect to */
  server: string | null;
}

/**
 * The settings with those of the cluster filled in. Rejects only with SettingsError, for a value in the ConfigMap that
 * cannot be read.
 */
export async function completed(raw: RawSettings, env: Environment): Promise<Completed> {
  const { CONFIG_MAP, configMapData } = await import('../src/cluster/config-map.ts');
  const own = { ...parseSettings(raw), region: regionOf(env) };
  const builtIn = (why: string, server: string | null = null): Completed => ({
    settings: own,
    told: `settings: defaults${givenIn(raw)}; the cluster's ${CONFIG_MAP} ${why}`,
    server,
  });
  const { connect } = await import('../src/cluster/connection.ts');
  const connection = await connect({
    concurrency: 1,
    requestTimeout: PATIENCE,
    userAgent: `volsync-prewarm/${VERSION}`,
    kubeconfig: own.kubeconfig,
    context: own.context,
  }).catch((error: unknown) => messageOf(error));
  if (typeof connection === 'string') return builtIn(`cannot be read (${connection})`);
  const found = await configMapData(connection, AbortSignal.timeout(PATIENCE));
  const { server } = connection;
  await connection.close();
  if (found.state === 'unknown') return builtIn(`cannot be read (${found.message})`, server);
  if (found.value === null) return builtIn('does not exist', server);
  const settings = parseSettings(withClusterSettings(raw, found.value, CONFIG_MAP));
  const region = regionOf(env) ?? regionOf(found.value);
  const told = `settings: those of the cluster (${CONFIG_MAP})${givenIn(raw)}`;
  return { settings: { ...settings, region }, told, server };
}

function givenIn(raw: RawSettings): string {
  const names = Object.values(raw).map(({ from }) => from);
  return names.length === 0 ? '' : `, and as given: ${names.join(', ')}`;
}
