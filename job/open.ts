/** Opens what a command works with: bucket and cluster. The Kubernetes half is loaded when it is first needed. */
import { readFileSync } from 'node:fs';
import { openBucket, type Bucket } from '../src/bucket/bucket.ts';
import { openElsewhere } from '../src/bucket/elsewhere.ts';
import type { Cluster } from '../src/cluster/cluster.ts';
import type { Ports } from '../src/run-ports.ts';
import { messageOf, wordOf } from '../src/errors.ts';
import { SettingsError, type Settings } from '../src/settings/settings.ts';
import type { Environment } from './environment.ts';
import { regionOf } from './region.ts';
import { VERSION } from './version.ts';

/** An API server answers in seconds, while a page of an S3 listing from spinning disks can take a minute. */
const KUBE_TIMEOUT = 30_000;

/** Opens the bucket that the settings name. @throws SettingsError when the CA file cannot be read */
export function bucketFor(settings: Settings, env: Environment): Bucket {
  return openBucket(optionsOf(settings, env));
}

function optionsOf(settings: Settings, env: Environment): Settings & Parameters<typeof openBucket>[0] {
  const region = settings.region ?? regionOf(env) ?? (settings.endpoint === null ? null : 'us-east-1');
  return { ...settings, region, ca: readCa(settings.caFile), env };
}

function readCa(file: string | null): string | null {
  if (file === null) return null;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new SettingsError([`--ca-file: "${file}" cannot be read (${wordOf(error, 'code') ?? messageOf(error)})`]);
  }
}

/** A function that opens the cluster on first use and returns the same one after that. */
export function clusterFor(settings: Settings): () => Promise<Cluster> {
  let opened: Promise<Cluster> | null = null;
  return () => {
    opened ??= open(settings);
    return opened;
  };
}

async function open(settings: Settings): Promise<Cluster> {
  const { openCluster } = await import('../src/cluster/cluster.ts');
  return openCluster({
    credentialsSecret: settings.credentialsSecret,
    concurrency: settings.concurrency,
    requestTimeout: Math.min(settings.requestTimeout, KUBE_TIMEOUT),
    version: VERSION,
    kubeconfig: settings.kubeconfig,
    context: settings.context,
  });
}

/** Bucket and cluster as a run needs them. */
export function portsFor(settings: Settings, env: Environment): Ports {
  return {
    bucket: bucketFor(settings, env),
    elsewhere: openElsewhere(optionsOf(settings, env)),
    cluster: clusterFor(settings),
    now: Date.now,
  };
}
