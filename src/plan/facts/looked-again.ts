/** A claim's facts after a further look: into its repository, or at its Secrets. */
import type { ClusterView, Probe } from '../../model.ts';
import type { Settings } from '../../settings/settings.ts';
import { doubted } from './asked.ts';
import { changedFrom } from './changed.ts';
import { contentsOf } from './contents.ts';
import type { Situation } from './situation.ts';

/** The same claim after its repository was listed. */
export function withProbe(s: Situation, probe: Probe | null, settings: Settings): Situation {
  const probed = { ...s, probe };
  const contents = doubted(contentsOf(s.destination, probe, s.sync), probed, settings);
  return { ...probed, contents, changedFrom: changedFrom(probed) };
}

/** The same claim after its Secrets were read, and the pods that use it. */
export function withCredentials(
  s: Situation,
  { baseCredentials, repositoryCredentials, podUsers }: ClusterView,
  settings: Settings,
): Situation {
  const base = baseCredentials.get(s.namespace) ?? null;
  const credentials = repositoryCredentials.get(s.key) ?? null;
  const podUser = podUsers.get(s.key) ?? null;
  if (base === s.base && credentials === s.credentials && podUser === s.podUser) return s;
  const complete = { ...s, base, credentials, podUser };
  return { ...complete, contents: doubted(s.contents, complete, settings) };
}
