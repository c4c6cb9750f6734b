/** `init`: looks at the cluster, writes an overlay for it, and tells what each claim needs. Nothing is written to the cluster. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RootListing } from '../../src/model.ts';
import { classesOf, serverVersion } from '../../src/cluster/checkup.ts';
import { claimKey } from '../../src/naming.ts';
import { needsOf } from '../../src/init/needs.ts';
import { needsText } from '../../src/init/needs-text.ts';
import { overlayFiles } from '../../src/init/overlay.ts';
import { surveyOf } from '../../src/init/survey.ts';
import { placesWanted } from '../../src/plan/facts/repositories-wanted.ts';
import { repositoriesOf } from '../../src/plan/facts/all-claims.ts';
import { unlooked } from '../../src/plan/facts/situation.ts';
import { SettingsError, type Settings } from '../../src/settings/settings.ts';
import type { Environment } from '../environment.ts';
import { bucketFor, clusterFor } from '../open.ts';
import { endsOf, saysInterrupted } from '../signals.ts';
import { widthOf } from '../terminal.ts';
import { VERSION } from '../version.ts';

interface Asked {
  dir: string;
  image: string | null;
  overlay: string;
  force: boolean;
}

/** A look into the bucket must not take longer than the rest. */
const PATIENCE = 20_000;

/**
 * @returns 0 when the files are written and everything could be seen; 1 when something could not, or files are there
 * @throws SettingsError when there is no such overlay
 */
export async function initCommand(settings: Settings, asked: Asked, env: Environment): Promise<number> {
  const k8s = manifestsFor(asked.overlay);
  const { stop, wasInterrupted } = endsOf(settings.deadline);
  const cluster = await clusterFor(settings)();
  const listed = await cluster.observe(stop);
  const [failure] = listed.failures;
  if (failure !== undefined && listed.namespaces.size === 0) {
    process.stderr.write(`volsync-prewarm init: the cluster could not be looked at: ${failure.message}\n`);
    return 1;
  }
  const [places, bases, classes, version, root] = await Promise.all([
    cluster.readPlaces(listed, placesWanted(listed, settings), stop),
    cluster.lookUp(listed, { bases: listed.baseCredentials.keys(), repositories: [] }, stop),
    classesOf(cluster.connection, stop),
    serverVersion(cluster.connection, stop),
    bucketFor({ ...settings, requestTimeout: Math.min(settings.requestTimeout, PATIENCE / 2) }, env).listRepositories(
      AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)]),
    ),
  ]);
  if (wasInterrupted()) return saysInterrupted('init');
  const view = { ...places, baseCredentials: bases.baseCredentials };
  const survey = surveyOf({ view, classes, bases: basesIn(view), settings });
  const fit = versionFit(version.state === 'known' ? version.value : null);
  const files = overlayFiles({
    proposals: survey.proposals,
    k8s: relative(resolve(asked.dir), k8s),
    overlay: asked.overlay,
    components: fit.components,
    image: asked.image ?? `registry.example.org/volsync-prewarm:${VERSION}`,
  });
  const there = Object.keys(files).filter((name) => existsSync(join(asked.dir, name)));
  if (there.length > 0 && !asked.force) {
    process.stderr.write(
      `volsync-prewarm init: ${there.map((name) => join(asked.dir, name)).join(' and ')} there already; nothing was written. Name another directory with --dir, or overwrite with --force\n`,
    );
    return 1;
  }
  mkdirSync(asked.dir, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(asked.dir, name), text);
  const unseen = [
    ...view.failures.map(({ resource, message }) => `${resource} could not be listed: ${message}`),
    ...unlisted(root, settings),
  ];
  const open = [
    ...survey.open,
    ...fit.open,
    ...(asked.image === null
      ? ['Build and push the image, and write its name into kustomization.yaml (or --image).']
      : []),
    ...(view.baseCredentials.size === 0
      ? [`No namespace has the Secret ${settings.credentialsSecret}: claims without a Secret of their own need it.`]
      : []),
  ];
  process.stdout.write(
    needsText(needsOf(view, settings, repositoriesIn(root)), {
      files: Object.keys(files).map((name) => join(asked.dir, name)),
      proposals: survey.proposals,
      open,
      unseen,
      dir: asked.dir,
      width: widthOf(process.stdout),
    }),
  );
  return view.failures.length > 0 ? 1 : 0;
}

/** Where the manifests of this program are: below the current directory or one above it, else beside the program. */
function manifestsFor(overlay: string): string {
  const from = [process.cwd(), dirname(fileURLToPath(import.meta.url))];
  for (const start of from) {
    for (let folder = start; ; folder = dirname(folder)) {
      if (existsSync(join(folder, 'k8s/overlays', overlay, 'kustomization.yaml'))) return join(folder, 'k8s');
      if (dirname(folder) === folder) break;
    }
  }
  throw new SettingsError([
    `--overlay: there is no k8s/overlays/${overlay} here or above: run init in a checkout of volsync-prewarm`,
  ]);
}

function basesIn({
  baseCredentials,
}: {
  baseCredentials: ReadonlyMap<string, { content: { repositoryBase: string } | null }>;
}): Map<string, string> {
  return new Map(
    [...baseCredentials].flatMap(([namespace, { content }]) =>
      content === null || content.repositoryBase === '' ? [] : [[namespace, content.repositoryBase] as const],
    ),
  );
}

/** Which API the policies need (k8s/README.md). */
function versionFit(version: string | null): { components: string[]; open: string[] } {
  const minor = /^v1\.(\d+)/.exec(version ?? '')?.[1];
  if (minor === undefined)
    return {
      components: [],
      open: ["The API server's version is not known: which overlay fits is in docs/admission.md."],
    };
  if (Number(minor) >= 36) return { components: [], open: [] };
  if (Number(minor) >= 34)
    return {
      components: ['v1beta1'],
      open: [
        `Kubernetes ${version}: the API server needs the feature gate MutatingAdmissionPolicy (k8s/components/v1beta1).`,
      ],
    };
  return {
    components: [],
    open: [`Kubernetes ${version}: use an overlay with Kyverno (--overlay safe-kyverno; docs/admission.md).`],
  };
}

function repositoriesIn(root: RootListing): Set<string> {
  return new Set([...repositoriesOf({ ...unlooked(0), root })].map(claimKey));
}

function unlisted(root: RootListing, { bucket }: Settings): string[] {
  return root.state === 'unknown'
    ? [`the bucket ${bucket} could not be listed from here (${root.message}): claims are told by the cluster alone`]
    : [];
}
