/** Makes what a command works with: bucket, cluster, clock, signals. Loads the Kubernetes client at its first use. */
import { readFileSync } from 'node:fs';
import { openBucket, type Bucket } from '../src/bucket/bucket.ts';
import type { Cluster } from '../src/cluster/cluster.ts';
import type { Ports, Signals } from '../src/run.ts';
import { messageOf, wordOf } from '../src/errors.ts';
import { SettingsError, type Settings } from '../src/settings/settings.ts';
import type { Environment } from './environment.ts';
import { regionOf } from './region.ts';
import { VERSION } from './version.ts';

/** An API server answers in seconds, while a page of an S3 listing from spinning disks can take a minute. */
const KUBE_TIMEOUT = 30_000;

/** Opens the bucket that the settings name. @throws SettingsError when the CA file cannot be read */
export function wireBucket(settings: Settings, env: Environment): Bucket {
  const region = settings.region ?? regionOf(env) ?? (settings.endpoint === null ? null : 'us-east-1');
  return openBucket({ ...settings, region, ca: readCa(settings.caFile), env });
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
export function wireCluster(settings: Settings): () => Promise<Cluster> {
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
  });
}

/** Bucket and cluster as a run needs them. */
export function wirePorts(settings: Settings, env: Environment): Ports {
  return { bucket: wireBucket(settings, env), cluster: wireCluster(settings), now: Date.now };
}

/** What a command says that was interrupted: an answer that was cut short would only mislead. @returns its exit code */
export function saysInterrupted(command: string): 1 {
  process.stderr.write(`volsync-prewarm ${command}: interrupted before everything was looked at\n`);
  return 1;
}

/** How long a write that is under way at the deadline may still take before it is cut off. */
const AFTER_DEADLINE = 700;
/** After SIGTERM the current call may finish. The grace period of the pod is 20 s. */
const AFTER_SIGNAL = 10_000;

export interface Ends extends Signals {
  /** a person or the kubelet has ended it, and not the deadline */
  wasInterrupted: () => boolean;
}

/** The two ends of a run: the deadline, and SIGTERM or SIGINT. Timers do not keep the process alive. */
export function wireSignals(deadline: number): Ends {
  let interrupted = false;
  const stop = new AbortController();
  const hard = new AbortController();
  const end = (grace: number): void => {
    stop.abort();
    setTimeout(() => hard.abort(), grace).unref();
  };
  setTimeout(() => end(AFTER_DEADLINE), deadline).unref();
  const interrupt = (): void => {
    interrupted = true;
    end(AFTER_SIGNAL);
  };
  process.once('SIGTERM', interrupt);
  process.once('SIGINT', interrupt);
  return { stop: stop.signal, hard: hard.signal, wasInterrupted: () => interrupted };
}
