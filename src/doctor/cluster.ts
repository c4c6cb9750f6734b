/** Checks what a run needs of the cluster: clock, APIs, rights, and VolSync itself. */
import type { Answer, Operator } from '../cluster/checkup.ts';
import type { Right } from '../cluster/rights.ts';
import type { Instant } from '../model.ts';
import { cureOf, ok, wrong, type Check } from './check.ts';

/** The worker computes ages in the bucket with its own clock. Half a minute of difference does no harm. */
const MOST_SKEW = 30_000;

/** @param skew the API server's clock minus ours, in milliseconds */
export function clockCheck(skew: Instant | null): Check {
  if (skew === null) return { check: 'clock', state: 'warning', message: 'the API server sends no time', todo: null };
  const seconds = Math.abs(Math.round(skew / 1000));
  if (Math.abs(skew) <= MOST_SKEW) return ok('clock', `within ${seconds} s of the API server's`);
  const message = `${seconds} s ${skew > 0 ? 'behind' : 'ahead of'} the API server's`;
  return wrong('failed', 'clock', message, 'Synchronise the clocks (NTP).');
}

/** What it means when an API is missing. */
const MISSING: Readonly<Record<string, [message: string, todo: string]>> = {
  volumesnapshots: [
    'the cluster has no VolumeSnapshots: the snapshot CRDs are not installed',
    cureOf('snapshots-missing'),
  ],
  volumepopulators: [
    'the cluster has no VolumePopulators: VolSync cannot register as one, and claims with a reference may hang',
    'Install the VolumePopulator CRD (kubernetes-csi/volume-data-source-validator), then restart VolSync.',
  ],
};
const NO_VOLSYNC: [message: string, todo: string] = [
  'the cluster has no ReplicationDestinations: VolSync is not installed',
  cureOf('volsync-missing'),
];

/** Judges whether an API that a run needs is served. */
export function apiCheck(resource: string, found: Answer<boolean>): Check {
  if (found.state === 'unknown') return wrong('unknown', resource, found.message, 'See the message.');
  if (found.value) return ok(resource, 'installed');
  return wrong('failed', resource, ...(MISSING[resource] ?? NO_VOLSYNC));
}

/** Judges the answers to `rights`, in their order. */
export function rightsChecks(rights: readonly Right[], answers: readonly Answer<boolean>[]): Check[] {
  const denied = rights.flatMap((right, index): Check[] => {
    const found = answers[index];
    const check = `right: ${right.verb} ${right.resource}`;
    if (found === undefined || found.state === 'unknown')
      return [wrong('unknown', check, found?.message ?? 'this was not checked', 'See the message.')];
    return found.value ? [] : [wrong('failed', check, `denied; it is for: ${right.why}`, 'Apply k8s/base/rbac.yaml.')];
  });
  return denied.length > 0 ? denied : [ok('rights', `the account of this check has all ${rights.length}`)];
}

const OLDEST_VOLSYNC = [0, 11] as const;
/** VolSync keeps the last 1024 bytes of a mover's log. The line that names the snapshot was lost with 40 (measured). */
const USUAL_LOG_BYTES = 1024;
/** The line was lost with the last 2 lines (measured); a log of a restore has a few dozen. */
const SAFE_LOG_LINES = 100;

const LOG_CURE = 'Remove the variable from the Deployment of the VolSync operator, or raise its value.';

/** VolSync's version, and whether it keeps enough of a mover's log to prove what an image holds. */
export function operatorChecks(found: Answer<readonly Operator[]>): Check[] {
  const check = 'VolSync';
  if (found.state === 'unknown')
    return [wrong('warning', check, found.message, 'Run doctor with a kubeconfig that may list Deployments.')];
  if (found.value.length === 0) {
    const message =
      'no Deployment has the label app.kubernetes.io/name=volsync, so version and log settings are unknown';
    return [wrong('warning', check, message, 'Check that the VolSync operator runs.')];
  }
  return found.value.flatMap(operatorCheck);
}

function operatorCheck({ name, version, environment }: Operator): Check[] {
  const log = logCheck(`log of movers`, environment);
  const check = `VolSync ${name}`;
  if (version === null) {
    return [
      wrong('warning', check, 'neither image nor label shows the version', 'VolSync 0.11 or newer is needed.'),
      log,
    ];
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major === OLDEST_VOLSYNC[0] && minor < OLDEST_VOLSYNC[1];
  return [isOld ? wrong('failed', check, `version ${version}`, cureOf('volsync-missing')) : ok(check, version), log];
}

function logCheck(check: string, environment: Operator['environment']): Check {
  const bytes = wholeNumber(environment['MOVER_LOG_MAX_BYTES']);
  const lines = wholeNumber(environment['MOVER_LOG_TAIL_LINES']);
  if (bytes === 0) {
    const message = 'MOVER_LOG_MAX_BYTES=0: VolSync keeps no log, so nothing proves which snapshot an image holds';
    return wrong('failed', check, message, LOG_CURE);
  }
  if (bytes !== null && bytes < USUAL_LOG_BYTES) {
    const message = `MOVER_LOG_MAX_BYTES=${bytes}: the line that names the restored snapshot may be cut off`;
    return wrong('warning', check, message, LOG_CURE);
  }
  if (lines !== null && lines < SAFE_LOG_LINES) {
    const message = `MOVER_LOG_TAIL_LINES=${lines}: the line that names the restored snapshot may be cut off`;
    return wrong('warning', check, message, LOG_CURE);
  }
  return ok(check, 'long enough to contain the line that names the restored snapshot');
}

/** Null for what is not set, or not a whole number from 0 up (-1 means all lines). */
function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : null;
}
