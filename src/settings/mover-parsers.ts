/** Settings about movers: one line of text becomes the JSON that VolSync expects. Null: not readable. */
import { canonical } from '../mover-spec.ts';
import { parseObjectName, parseQuantityText } from './parsers.ts';

/** `requests.cpu=100m,limits.memory=1Gi` → a ResourceRequirements. Each name once; `cpu` and `memory` and whatever a node offers. */
export function parseResources(text: string): string | null {
  const resources: Record<string, Record<string, string>> = {};
  for (const one of text.split(',')) {
    const [, kind, name, value = ''] = /^\s*(requests|limits)\.([a-z0-9./-]+)=(\S+?)\s*$/.exec(one) ?? [];
    if (kind === undefined || name === undefined || parseQuantityText(value) === null) return null;
    const named = (resources[kind] ??= {});
    if (name in named) return null;
    named[name] = value;
  }
  return canonical(resources);
}

/** `secret/NAME/KEY` or `configmap/NAME/KEY` → a CustomCASpec. */
export function parseCustomCA(text: string): string | null {
  const [kind, name, key, ...rest] = text.split('/');
  if (rest.length > 0 || parseObjectName(name ?? '') === null || !/^[-._a-zA-Z0-9]{1,253}$/.test(key ?? ''))
    return null;
  if (kind === 'secret') return canonical({ secretName: name, key });
  return kind === 'configmap' ? canonical({ configMapName: name, key }) : null;
}
