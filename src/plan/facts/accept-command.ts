/** The exact words with which a person accepts something about a claim. */
import { ANNOTATION, destinationName } from '../../naming.ts';
import type { Situation } from './situation.ts';

/** On the claim, or on the destination of one that carries no label. `--overwrite`: an earlier acceptance may still stand there. */
export function acceptCommand(
  {
    namespace,
    claim,
    claimObject,
    destination,
  }: Pick<Situation, 'namespace' | 'claim' | 'claimObject' | 'destination'>,
  accepted: string,
): string {
  const object =
    claimObject === null ? `replicationdestination/${destination?.name ?? destinationName(claim)}` : `pvc/${claim}`;
  return `kubectl annotate -n ${namespace} ${object} ${ANNOTATION.accept}=${accepted} --overwrite`;
}
