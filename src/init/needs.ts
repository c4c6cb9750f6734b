/** What each claim and each object of VolSync needs before the program can serve it, with the command (pure). */
import type { ClusterView, Destination, Source } from '../model.ts';
import { TIERS, claimKey } from '../naming.ts';
import { unsteeredBy } from '../plan/facts/steering.ts';
import { meaningOf } from '../reasons.ts';
import { isExcluded } from '../settings/scope.ts';
import type { Settings } from '../settings/settings.ts';

/** What is to be done, or why nothing can be. */
export interface Need {
  /** `<namespace>/<name>` */
  about: string;
  what: string;
}

export interface Needs {
  /** claims for which the label is all */
  label: readonly Need[];
  /** claims that nobody backs up: the label gives them a backup */
  bare: readonly Need[];
  /** destinations that are kept fresh with the adopt label */
  adopt: readonly Need[];
  /** sources of others: with the adopt label `backup` may trigger them, and locks of dead movers are removed */
  sources: readonly Need[];
  /** what cannot be helped, and why */
  helpless: readonly Need[];
  /** labelled already */
  ready: number;
}

/**
 * @param listed claims with a repository in the bucket, by key; empty where nobody could look
 */
export function needsOf(view: ClusterView, settings: Settings, listed: ReadonlySet<string>): Needs {
  const inScope = ({ namespace }: { namespace: string }): boolean => !isExcluded(namespace, settings);
  const destinations = [...view.destinations.values(), ...view.otherDestinations]
    .filter(inScope)
    .filter((one) => !one.managed);
  const sources = [...view.allSources.values()]
    .flat()
    .filter(inScope)
    .filter((one) => !one.managed);
  const unlabelled = [...view.otherClaims.values()].filter(inScope);
  const lost = unreachable(
    view,
    [...sources, ...destinations].map((one) => ({ ...one, secret: secretOf(one) })),
  );
  const isSeen = (one: Destination | Source): boolean =>
    !lost.some(({ about }) => about === `${one.namespace}/${one.name}`);
  const served = new Set([
    ...sources.filter(isSeen).map(claimKey),
    ...[...view.destinations.values()].filter(isSeen).map(claimKey),
    ...listed,
  ]);
  const lostClaims = new Set(sources.filter((one) => !isSeen(one)).map(claimKey));
  return {
    label: unlabelled
      .filter((one) => served.has(claimKey(one)))
      .map((one) => ({ about: claimKey(one), what: labelling(one) })),
    bare: unlabelled
      .filter((one) => !served.has(claimKey(one)) && !lostClaims.has(claimKey(one)))
      .map((one) => ({ about: claimKey(one), what: labelling(one) })),
    adopt: destinations
      .filter((one) => !one.adopted && isSeen(one) && whyNot(one, settings) === null)
      .map((one) => adoption('replicationdestination', one)),
    sources: sources
      .filter((one) => !one.adopted && one.mover === 'restic' && isSeen(one))
      .map((one) => adoption('replicationsource', one)),
    helpless: [
      ...destinations.flatMap((one) => helplessBy(one, whyNot(one, settings))),
      ...sources.filter(({ mover }) => mover !== 'restic').map(otherMover),
      ...lost,
    ],
    ready: [...view.claims.values()].filter(inScope).filter(({ tier }) => TIERS.includes(tier)).length,
  };
}

function secretOf(one: Destination | Source): string {
  return 'secret' in one ? one.secret : one.spec.repository;
}

function otherMover({ namespace, name }: Source): Need {
  return { about: `${namespace}/${name}`, what: 'the source does not use restic: it is left alone' };
}

function labelling({ namespace, claim }: { namespace: string; claim: string }): string {
  return `kubectl -n ${namespace} label --overwrite pvc ${claim} backup=hourly`;
}

function adoption(kind: string, { namespace, name }: Destination | Source): Need {
  return {
    about: `${namespace}/${name}`,
    what: `kubectl -n ${namespace} label ${kind} ${name} volsync-prewarm/adopt=true`,
  };
}

/** Why it could not be kept fresh even with the label. */
function whyNot(destination: Destination, settings: Settings): string | null {
  const reason = unsteeredBy({ ...destination, adopted: true }, settings);
  if (reason === null) return null;
  return `${reason}: ${meaningOf(reason).means}`;
}

function helplessBy({ namespace, name }: Destination, why: string | null): Need[] {
  return why === null ? [] : [{ about: `${namespace}/${name}`, what: why }];
}

/** What their Secrets say cannot be looked into, whatever the settings are. */
function unreachable(
  { places }: ClusterView,
  users: readonly { namespace: string; name: string; secret: string }[],
): Need[] {
  return users.flatMap(({ namespace, name, secret }) => {
    const place = places.get(`${namespace}/${secret}`);
    const about = `${namespace}/${name}`;
    if (place === undefined || place.state === 'ours') return [];
    if (place.state !== 'read') return [{ about, what: `its Secret ${secret}: ${place.message}` }];
    return place.address.backend === 's3'
      ? []
      : [{ about, what: `its repository ${place.shown} is not in S3: whether there is a backup cannot be seen` }];
  });
}
