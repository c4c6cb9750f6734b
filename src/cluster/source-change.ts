/** Small changes of a source that is there, ours or adopted, as JSON merge patches. */
import type { Action } from '../decisions.ts';
import { ANNOTATION } from '../naming.ts';
import { sourcesPath } from './source.ts';

export interface SourceChange {
  path: string;
  /** carries the uid and resourceVersion that the decision was based on */
  value: Record<string, unknown>;
}

/** Somebody else's source: the word that has VolSync remove a lock, and that there is a backup. */
export function adoptedChange({
  namespace,
  name,
  existing,
  unlock,
  hasBackup,
}: Extract<Action, { kind: 'unlock-adopted' | 'note-backup' }>): SourceChange {
  return {
    path: `${sourcesPath(namespace)}/${name}`,
    value: {
      metadata: { ...existing, ...(hasBackup && { annotations: { [ANNOTATION.hasBackup]: 'true' } }) },
      ...(unlock !== null && { spec: { restic: { unlock } } }),
    },
  };
}

/** The trigger alone, so that it is the same on somebody else's source. */
export function triggerChange({
  namespace,
  of: { name, ...version },
  tag,
}: Extract<Action, { kind: 'request-backup' | 'release-source' }>): SourceChange {
  return {
    path: `${sourcesPath(namespace)}/${name}`,
    value: { metadata: version, spec: { trigger: { manual: tag } } },
  };
}
