/** `doctor`: bucket, cluster, clock, rights, policies, classes, index and credentials, each with what to do. */
import { classesOf, isAllowed, isInstalled, operatorsOf, serverVersion } from '../../src/cluster/checkup.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { policiesOf } from '../../src/cluster/policies.ts';
import { PATIENCE, examine, type Telling } from '../../src/doctor/examine.ts';
import type { Questions } from '../../src/doctor/table.ts';
import type { ClusterView } from '../../src/model.ts';
import { placesWanted } from '../../src/plan/facts/repositories-wanted.ts';
import { visible, wrapped } from '../../src/report/layout.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { Environment } from '../environment.ts';
import { widthOf } from '../terminal.ts';
import { bucketFor, clusterFor } from '../open.ts';
import { endsOf } from '../signals.ts';
import { print } from './document.ts';

/** @returns 0 when every check could be made and none failed, else 1 */
export async function doctorCommand(given: Settings, env: Environment): Promise<number> {
  const { stop } = endsOf(given.deadline);
  // If one attempt hangs, there must be time for a second one before the check gives up.
  const settings = { ...given, requestTimeout: Math.min(given.requestTimeout, PATIENCE / 2) };
  const isDocument = settings.output === 'json' || settings.output === 'yaml';
  const telling = isDocument ? SILENT : page(process.stdout);
  const checks = await examine(questions(settings, env), settings, { signal: stop, telling });
  if (isDocument)
    await print({ value: () => ({ kind: 'Checkup', version: 1, checks }), table: () => '' }, settings.output);
  return checks.some(({ state }) => state === 'failed' || state === 'unknown') ? 1 : 0;
}

/** The checks' questions, for the bucket and the cluster in the settings. */
function questions(settings: Settings, env: Environment): Questions {
  const open = clusterFor(settings);
  let opened: Cluster | null = null;
  const cluster = async (): Promise<Cluster> => (opened ??= await open());
  let observed: Promise<ClusterView> | null = null;
  const view = (signal: AbortSignal): Promise<ClusterView> =>
    (observed ??= cluster().then(({ observe }) => observe(signal)));
  return {
    root: (signal) => bucketFor(settings, env).look(signal),
    version: async (signal) => serverVersion((await cluster()).connection, signal),
    server: () => opened?.connection.server ?? '',
    skew: () => opened?.connection.clockSkew() ?? null,
    isInstalled: async (api, signal) => isInstalled((await cluster()).connection, api, signal),
    operators: async (signal) => operatorsOf((await cluster()).connection, signal),
    isAllowed: async (right, signal) => isAllowed((await cluster()).connection, right, signal),
    policies: async (signal) => policiesOf((await cluster()).connection, signal),
    classes: async (signal) => classesOf((await cluster()).connection, signal),
    view,
    viewWithBases: async (signal) => {
      const [{ lookUp }, seen] = await Promise.all([cluster(), view(signal)]);
      return lookUp(seen, { bases: seen.baseCredentials.keys(), repositories: [] }, signal);
    },
    viewWithPlaces: async (signal) => {
      const [{ readPlaces }, seen] = await Promise.all([cluster(), view(signal)]);
      return readPlaces(seen, placesWanted(seen, settings), signal);
    },
    now: Date.now,
  };
}

const SILENT: Telling = { waiting: () => undefined, told: () => undefined };

const MARKS = { ok: '✓', warning: '!', failed: '✗', unknown: '?' } as const;
const NAME_WIDTH = 24;
const INDENT = '   ';

/** Prints each row when its answer arrives. On a terminal, one line names the check that is still running. */
function page(out: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>): Telling {
  const width = widthOf(out);
  const clear = out.isTTY ? '\r\u001B[K' : '';
  return {
    waiting: (name) => void (out.isTTY && out.write(`${clear}…  ${name}`)),
    told: (checks) => {
      const lines = checks.map(({ check, state, message, todo }) => {
        const told = wrapped(visible(`${MARKS[state]}  ${check.padEnd(NAME_WIDTH)}  ${message}`), width, INDENT);
        const cure = todo === null ? '' : `\n${INDENT}${wrapped(visible(`→ ${todo}`), width - 3, `${INDENT}  `)}`;
        return `${told}${cure}\n`;
      });
      out.write(clear + lines.join(''));
    },
  };
}
