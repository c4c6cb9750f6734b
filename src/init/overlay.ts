/** The files of an overlay for a cluster, as text (pure). */
import { environmentName } from '../settings/table.ts';
import type { Proposal } from './survey.ts';

export interface OverlayParts {
  proposals: readonly Proposal[];
  /** the path from the overlay to the directory `k8s` */
  k8s: string;
  /** a directory of k8s/overlays */
  overlay: string;
  components: readonly string[];
  /** as `docker pull` takes it */
  image: string;
}

/** By file name. */
export function overlayFiles({ proposals, k8s, overlay, components, image }: OverlayParts): Record<string, string> {
  const lines = proposals.map(
    ({ flag, value, seen }) => `  # ${seen}\n  ${environmentName(flag)}: ${JSON.stringify(value)}\n`,
  );
  const used = components.map((name) => `  - ${k8s}/components/${name}\n`).join('');
  return {
    'kustomization.yaml': `# Written by \`volsync-prewarm init\`. It begins with overlay ${overlay}; when \`volsync-prewarm readiness\` says what you expect, change
# ${overlay} to safe and apply it again: from then on no protected claim starts empty over its backup.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ${k8s}/overlays/${overlay}
${used === '' ? '' : `components:\n${used}`}images:
  - name: volsync-prewarm
${imageLines(image)}patches:
  - path: configmap.yaml
`,
    'configmap.yaml': `# What \`volsync-prewarm init\` saw, and where. Everything else is at its default: k8s/base/configmap.yaml.
apiVersion: v1
kind: ConfigMap
metadata:
  name: volsync-prewarm
  namespace: volsync-system
data:
${lines.join('')}`,
  };
}

/** `registry/name:tag` or `registry/name@digest`; a port in the registry is no tag. */
function imageLines(image: string): string {
  const [named = '', digest] = image.split('@');
  const colon = named.lastIndexOf(':');
  const [name, tag] =
    colon > named.lastIndexOf('/') ? [named.slice(0, colon), named.slice(colon + 1)] : [named, 'latest'];
  return `    newName: ${name}\n    ${digest === undefined ? `newTag: ${JSON.stringify(tag)}` : `digest: ${digest}`}\n`;
}
