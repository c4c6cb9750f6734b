/** Puts a rendered kustomization into the sandbox, as `kubectl apply -k` would. */
import { join } from 'node:path';
import type { Kube } from './kube/kube.ts';
import type { KubeObject } from './kube/objects.ts';
import { K8S, render } from './kustomize.ts';

/**
 * Applies an overlay of `k8s/overlays` (or any directory with a kustomization) in process. Existing objects are replaced, except
 * the index object, because the worker owns its entries. Returns the stored objects.
 */
export function install(kube: Kube, overlay: string): KubeObject[] {
  const directory = overlay.includes('/') ? overlay : join(K8S, 'overlays', overlay);
  return render(directory).map((object) => {
    const { namespace = '', name = '' } = object.metadata;
    const there = object.kind === 'ReplicationDestination' && kube.peek(object.kind, namespace, name) !== undefined;
    return there ? kube.patch(object.kind, namespace, name, object) : kube.apply(object);
  });
}
