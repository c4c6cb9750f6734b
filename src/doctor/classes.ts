/** Checks that a snapshot can be taken of every volume that holds a restore point. */
import type { Answer, Classes, VolumeClass } from '../cluster/checkup.ts';
import type { ClusterView } from '../model.ts';
import type { Settings } from '../settings/settings.ts';
import { ok, wrong, type Check } from './check.ts';

/** Checks the class of --storage-class or the cluster's default, and the snapshot class for each class that claims use. */
export function classChecks(
  { storage, snapshot }: Classes,
  view: Pick<ClusterView, 'claims'>,
  named: Pick<Settings, 'storageClass' | 'snapshotClass'>,
): Check[] {
  const unread = [...unreadable('StorageClass', storage), ...unreadable('VolumeSnapshotClass', snapshot)];
  if (storage.state === 'unknown' || snapshot.state === 'unknown') return unread;
  const usual = usualClass(storage.value, named.storageClass);
  const used = classesInUse(storage.value, view, usual.class);
  return [usual.check, ...snapshotChecks(used, snapshot.value, named.snapshotClass)];
}

/** The worker's account has no right to read classes, since runs never need them. */
function unreadable(kind: string, found: Answer<unknown>): Check[] {
  return found.state === 'unknown'
    ? [wrong('warning', kind, found.message, 'Run doctor with a kubeconfig that may list classes.')]
    : [];
}

/** The class of a restore point when nothing shows the class of its claim. */
function usualClass(
  classes: readonly VolumeClass[],
  wanted: string | null,
): { check: Check; class: VolumeClass | null } {
  const check = 'StorageClass';
  if (wanted !== null) {
    const found = classes.find(({ name }) => name === wanted) ?? null;
    return {
      check: found === null ? wrong('failed', check, `${wanted} does not exist`, thereAre(classes)) : ok(check, wanted),
      class: found,
    };
  }
  const defaults = classes.filter(({ isDefault }) => isDefault);
  // If several classes are the default, Kubernetes takes the newest.
  const newest = defaults.toSorted((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0) || (a.name < b.name ? -1 : 1))[0];
  if (newest === undefined)
    return { check: wrong('failed', check, 'there is no default', 'Set --storage-class.'), class: null };
  if (defaults.length === 1) return { check: ok(check, `default: ${newest.name}`), class: newest };
  const message = `${defaults.length} are marked as default (${namesOf(defaults)}); Kubernetes takes the newest, ${newest.name}`;
  return {
    check: wrong('warning', check, message, 'Mark only one as default, or set --storage-class.'),
    class: newest,
  };
}

/** The classes of protected claims, and the one that claims without a class get. */
function classesInUse(
  classes: readonly VolumeClass[],
  { claims }: Pick<ClusterView, 'claims'>,
  usual: VolumeClass | null,
): VolumeClass[] {
  const names = new Set([...claims.values()].map(({ storageClass }) => storageClass ?? usual?.name ?? ''));
  if (usual !== null) names.add(usual.name);
  return classes.filter(({ name }) => names.has(name));
}

/** A driver needs a snapshot class of its own. Without --snapshot-class that must be the one marked as default. */
function snapshotChecks(used: readonly VolumeClass[], classes: readonly VolumeClass[], wanted: string | null): Check[] {
  const check = 'VolumeSnapshotClass';
  const byName = classes.find(({ name }) => name === wanted);
  if (wanted !== null && byName === undefined)
    return [wrong('failed', check, `${wanted} does not exist`, thereAre(classes))];
  const checks = [...Map.groupBy(used, ({ driver }) => driver)].map(([driver, of]): Check => {
    const about = `StorageClass ${namesOf(of)} (driver ${driver})`;
    if (byName !== undefined) {
      return byName.driver === driver
        ? ok(check, byName.name)
        : wrong(
            'failed',
            check,
            `${byName.name} belongs to driver ${byName.driver}, and ${about} needs a class of its own driver`,
            forDriver(classes, driver),
          );
    }
    const defaults = classes.filter((one) => one.isDefault && one.driver === driver);
    if (defaults.length === 1) return ok(check, `default: ${namesOf(defaults)}`);
    if (defaults.length > 1)
      return wrong(
        'failed',
        check,
        `${about} has ${defaults.length} defaults (${namesOf(defaults)}): no snapshot is made`,
        'Mark only one as default, or set --snapshot-class.',
      );
    return wrong('failed', check, `there is no default for ${about}`, forDriver(classes, driver));
  });
  return checks.length > 0
    ? checks
    : [wrong('warning', check, 'no StorageClass is in use yet', 'Run doctor again when there is a claim.')];
}

function forDriver(classes: readonly VolumeClass[], driver: string): string {
  const fitting = classes.filter((one) => one.driver === driver);
  return fitting.length === 0
    ? `Create a VolumeSnapshotClass for driver ${driver}.`
    : `Mark one as default, or set --snapshot-class, to one of: ${namesOf(fitting)}.`;
}

function thereAre(classes: readonly VolumeClass[]): string {
  return `There are: ${namesOf(classes) || 'none'}.`;
}

function namesOf(classes: readonly VolumeClass[]): string {
  return classes.map(({ name }) => name).join(', ');
}
