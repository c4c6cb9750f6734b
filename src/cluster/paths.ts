/** Where the objects of a claim stand in the API. */
import type { ClaimRef } from '../model.ts';
import { VOLSYNC_GROUP, destinationName, repositorySecretName } from '../naming.ts';

/** The Secrets of a namespace. */
export function secretsPath(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/secrets`;
}

/** The repository credentials of a claim. */
export function secretPath({ namespace, claim }: ClaimRef): string {
  return `${secretsPath(namespace)}/${repositorySecretName(claim)}`;
}

/** `<pvc>-restore` */
export function destinationPath({ namespace, claim }: ClaimRef): string {
  return namedDestinationPath(namespace, destinationName(claim));
}

/** A destination of any name. */
export function namedDestinationPath(namespace: string, name: string): string {
  return `/apis/${VOLSYNC_GROUP}/v1alpha1/namespaces/${namespace}/replicationdestinations/${name}`;
}
