/** Checks the index that the policies read, and that base credentials point at this bucket. */
import type { BaseCredentials, ClusterView, Instant } from '../model.ts';
import { indexFindings } from '../plan/answers/findings.ts';
import { isMoved, movedMessage } from '../plan/fleet/moved.ts';
import { maskAddress } from '../restic/address-text.ts';
import { pointsAtListedBucket } from '../restic/listed-place.ts';
import { unlooked } from '../plan/facts/situation.ts';
import type { Reason } from '../reasons.ts';
import type { Settings } from '../settings/settings.ts';
import { cureOf, ok, spaces, wrong, type Check } from './check.ts';

/** What could not be listed at all. */
export function listChecks({ failures }: Pick<ClusterView, 'failures'>): Check[] {
  return failures.map(({ resource, namespace, message }) =>
    wrong(
      'unknown',
      namespace === null ? `list ${resource}` : `${resource} in ${namespace}`,
      message,
      'See the message.',
    ),
  );
}

/** Checks that the index exists, is of the bucket in the settings, and was written recently by a run that was free to write. */
export function indexChecks(view: ClusterView, settings: Settings, now: Instant): Check[] {
  if (isMoved(view.index, settings))
    return [wrong('failed', 'index', movedMessage(view.index, settings), cureOf('bucket-moved'))];
  const findings = indexFindings({ bucket: unlooked(now), cluster: view, now });
  if (findings.length > 0) {
    const state = view.index.lost ? 'failed' : 'warning';
    return findings.map(({ reason, about, message }) => wrong(state, `index ${about}`, message, cureOf(reason)));
  }
  const { generatedAt, entries } = view.index;
  if (generatedAt === null) return [];
  return [ok('index', `${entries.size} backups, as of ${new Date(generatedAt).toISOString()}`)];
}

/** @param view with the content of every base Secret */
export function credentialChecks(
  { baseCredentials }: Pick<ClusterView, 'baseCredentials'>,
  settings: Settings,
): Check[] {
  const problems = [...baseCredentials].flatMap(([namespace, { content }]) => {
    const problem = problemOf(content, settings);
    return problem === null ? [] : [{ namespace, ...problem }];
  });
  if (problems.length === 0) {
    const count = baseCredentials.size;
    const message = `${spaces(count)} ${settings.credentialsSecret}`;
    return [
      count > 0 ? ok('credentials', message) : wrong('warning', 'credentials', message, cureOf('credentials-missing')),
    ];
  }
  // A mistake is usually the same everywhere, so it is reported once, with all namespaces.
  return [...Map.groupBy(problems, ({ reason, message }) => `${reason} ${message}`).values()].flatMap(
    ([first, ...others]) => {
      if (first === undefined) return [];
      const { namespace, reason, state, message } = first;
      const check = `credentials in ${[namespace, ...others.map((one) => one.namespace)].join(', ')}`;
      return [wrong(state, check, message, cureOf(reason))];
    },
  );
}

function problemOf(
  content: BaseCredentials['content'],
  settings: Settings,
): { reason: Reason; state: 'failed' | 'unknown'; message: string } | null {
  if (content === null) return { reason: 'listing-failed', state: 'unknown', message: 'they could not be read' };
  const { missing, repositoryBase } = content;
  if (missing.length > 0)
    return { reason: 'credentials-incomplete', state: 'failed', message: `missing: ${missing.join(', ')}` };
  return pointsAtListedBucket(repositoryBase, settings)
    ? null
    : { reason: 'repository-mismatch', state: 'failed', message: `they point at ${maskAddress(repositoryBase)}` };
}
