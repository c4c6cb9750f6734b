/** Which namespaces are in scope, by --include-namespaces and --exclude-namespaces, and which are made. Nothing else reads these. */
import type { Settings } from './settings.ts';

/** Excluded by name or pattern, or not among the included ones. */
export function isExcluded(
  namespace: string,
  settings: Pick<Settings, 'includeNamespaces' | 'excludeNamespaces'>,
): boolean {
  const named = (patterns: readonly string[]): boolean => patterns.some((pattern) => isNamed(namespace, pattern));
  return (
    named(settings.excludeNamespaces) || (settings.includeNamespaces.length > 0 && !named(settings.includeNamespaces))
  );
}

/** Missing namespaces of these names are made. An excluded one never is. */
export function isToBeCreated(
  namespace: string,
  settings: Pick<Settings, 'includeNamespaces' | 'excludeNamespaces' | 'createNamespaces'>,
): boolean {
  return settings.createNamespaces.some((pattern) => isNamed(namespace, pattern)) && !isExcluded(namespace, settings);
}

/** Called for every claim, so a plain name is compared without a pattern. */
function isNamed(namespace: string, pattern: string): boolean {
  if (!pattern.includes('*')) return namespace === pattern;
  const parts = pattern.split('*').map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join('.*')}$`).test(namespace);
}
