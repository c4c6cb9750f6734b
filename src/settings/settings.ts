/** Settings as the rest of the program uses them. They are parsed once, and all problems are reported together. */
import type { Instant } from '../model.ts';
import type { MoverUser } from '../mover-spec.ts';
import { parseMoverUser } from '../mover-user.ts';
import type { ListedPlace } from '../restic/listed-place.ts';
import { readRetain, type Retain } from '../retain.ts';
import { parseSelector, type Selector } from '../selector.ts';
import { parseDuration } from '../units.ts';
import { parseCustomCA, parseResources } from './mover-parsers.ts';
import {
  choice,
  count,
  parseBoolean,
  parseBucket,
  parseBytes,
  parseEndpoint,
  parseIndexTime,
  parseLabels,
  parseList,
  parseObjectName,
  parsePatterns,
  parsePositiveDuration,
  parsePrefix,
  parseQuantityText,
  parseSchedule,
  type Parser,
} from './parsers.ts';
import { CHOICES } from './choices.ts';
import { SETTINGS, environmentName, type SettingFlag } from './table.ts';

export interface Settings extends ListedPlace {
  pathStyle: boolean;
  caFile: string | null;
  /** null = as kubectl finds it */
  kubeconfig: string | null;
  context: string | null;
  credentialsSecret: string;
  includeNamespaces: readonly string[];
  excludeNamespaces: readonly string[];
  /** names and patterns; empty: none is made */
  createNamespaces: readonly string[];
  namespaceLabels: Readonly<Record<string, string>>;
  storageClass: string | null;
  snapshotClass: string | null;
  accessMode: string;
  /** a quantity; null = wait for the claim */
  defaultCapacity: string | null;
  cacheCapacity: string;
  cacheStorageClass: string | null;
  mover: MoverUser | null;
  /** a `moverResources` as JSON with sorted keys */
  moverResources: string | null;
  /** a `customCA` as JSON with sorted keys */
  customCA: string | null;
  sources: 'on' | 'off';
  /** cron lines; `M` stands for the claim's own minute */
  hourlySchedule: string;
  dailySchedule: string;
  hourlyRetain: Retain;
  dailyRetain: Retain;
  warm: 'all' | 'absent';
  maxWarmBytes: number | null;
  mode: 'sync' | 'create-only' | 'report';
  only: 'retrigger' | null;
  adopt: Selector | null;
  prune: boolean;
  /** the time of the index that a listing may overrule; `none`: there is no index */
  acceptedIndex: Instant | 'none' | null;
  /** whether that is the index of today; worked out when the index is seen */
  acceptShrink: boolean;
  stale: 'wait' | 'attach';
  failOn: 'risk' | 'error';
  maxSyncing: number;
  maxSyncingBytes: number | null;
  /** milliseconds, like every duration here */
  quietPeriod: number;
  refreshInterval: number;
  deadline: number;
  /** how long a run waits for claims that it has let in */
  settle: number;
  concurrency: number;
  requestTimeout: number;
  /** a directory of YAML; null = the cluster's claims */
  manifests: string | null;
  logLevel: string;
  output: (typeof CHOICES.output)[number] | null;
}

const SCHEDULE = "five fields of cron, with M for the claim's own minute, such as M * * * *";
const RETAIN = 'what restic shall keep, such as hourly=24,daily=7';

/** Where a value came from, as messages name it: a flag or a variable. */
export type RawSettings = Partial<Record<SettingFlag, { value: string; from: string }>>;

export class SettingsError extends Error {
  override name = 'SettingsError' as const;
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Parses all settings.
 * @param raw what was given, by flag; the table's defaults fill the rest
 * @throws SettingsError that lists every problem, each with the name under which the value was given
 */
export function parseSettings(raw: RawSettings): Settings {
  const { required, optional, list, textOf, problems } = reader(raw);
  const endpoint = optional('endpoint', parseEndpoint, 'a URL such as http://rustfs.example:9000');
  const pathStyle = required('path-style', choice(CHOICES.pathStyle), words(CHOICES.pathStyle));
  const capacity = required('default-capacity', parseCapacity, 'a quantity such as 10Gi, or none');
  const settings: Settings = {
    bucket: required('bucket', parseBucket, 'the name of a bucket'),
    prefix: parsePrefix(textOf('prefix')),
    endpoint,
    endpointAliases: list('endpoint-alias'),
    region: null,
    allowEndpoints: list('allow-endpoints'),
    pathStyle: pathStyle === 'auto' ? endpoint !== null : pathStyle === 'true',
    caFile: textOf('ca-file') || null,
    kubeconfig: textOf('kubeconfig') || null,
    context: textOf('context') || null,
    credentialsSecret: required('credentials-secret', parseObjectName, 'the name of a Secret'),
    includeNamespaces: list('include-namespaces'),
    excludeNamespaces: list('exclude-namespaces'),
    createNamespaces: required('create-namespaces', parsePatterns, 'names of namespaces,… (* allowed)'),
    namespaceLabels: required('namespace-labels', parseLabels, 'labels such as team=media,…'),
    storageClass: optional('storage-class', parseObjectName, 'the name of a StorageClass'),
    snapshotClass: optional('snapshot-class', parseObjectName, 'the name of a VolumeSnapshotClass'),
    accessMode: required('access-mode', choice(CHOICES.accessMode), words(CHOICES.accessMode)),
    defaultCapacity: capacity === 'none' ? null : capacity,
    cacheCapacity: required('cache-capacity', parseQuantityText, 'a quantity such as 1Gi'),
    cacheStorageClass: optional('cache-storage-class', parseObjectName, 'the name of a StorageClass'),
    moverResources: optional(
      'mover-resources',
      parseResources,
      'quantities such as requests.cpu=100m,limits.memory=1Gi',
    ),
    customCA: optional('custom-ca', parseCustomCA, 'secret/NAME/KEY or configmap/NAME/KEY'),
    mover: optional('mover', parseMoverUser, 'uid:gid:fsGroup, three numbers'),
    sources: required('sources', choice(CHOICES.sources), words(CHOICES.sources)),
    hourlySchedule: required('hourly-schedule', parseSchedule, SCHEDULE),
    dailySchedule: required('daily-schedule', parseSchedule, SCHEDULE),
    hourlyRetain: required('hourly-retain', readRetain, RETAIN),
    dailyRetain: required('daily-retain', readRetain, RETAIN),
    warm: required('warm', choice(CHOICES.warm), words(CHOICES.warm)),
    maxWarmBytes: optional('max-warm-bytes', parseBytes, 'a quantity such as 500Gi'),
    mode: required('mode', choice(CHOICES.mode), words(CHOICES.mode)),
    only: optional('only', choice(CHOICES.only), words(CHOICES.only)),
    adopt: optional('adopt', parseSelector, 'a label selector such as app=plex'),
    prune: required('prune', parseBoolean, 'true or false'),
    acceptedIndex: optional('accept-shrink', parseIndexTime, 'a time such as 2026-11-27T08:00:00.000Z, or none'),
    acceptShrink: false,
    stale: required('stale', choice(CHOICES.stale), words(CHOICES.stale)),
    failOn: required('fail-on', choice(CHOICES.failOn), words(CHOICES.failOn)),
    maxSyncing: required('max-syncing', count(100_000), 'a whole number from 1 to 100000'),
    maxSyncingBytes: optional('max-syncing-bytes', parseBytes, 'a quantity such as 100Gi'),
    quietPeriod: required('quiet-period', parseDuration, 'a duration such as 90s or 5m'),
    refreshInterval: required('refresh-interval', parseDuration, 'a duration such as 90s or 5m'),
    settle: required('settle', parseDuration, 'a duration such as 90s, or 0s'),
    deadline: required('deadline', parsePositiveDuration, 'a duration such as 4m30s'),
    concurrency: required('concurrency', count(256), 'a whole number from 1 to 256'),
    requestTimeout: required('request-timeout', parsePositiveDuration, 'a duration such as 60s'),
    manifests: textOf('manifests') || null,
    logLevel: required('log-level', choice(CHOICES.logLevel), words(CHOICES.logLevel)),
    output: optional('output', choice(CHOICES.output), words(CHOICES.output)),
  };
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

interface Reader {
  /** the value, or the default where the given one has a problem */
  required: <T>(flag: SettingFlag, parse: Parser<T>, wanted: string) => T;
  /** empty means null */
  optional: <T>(flag: SettingFlag, parse: Parser<T>, wanted: string) => T | null;
  /** any text is one */
  list: (flag: SettingFlag) => string[];
  textOf: (flag: SettingFlag) => string;
  problems: string[];
}

function reader(raw: RawSettings): Reader {
  const problems: string[] = [];

  const textOf = (flag: SettingFlag): string => (raw[flag]?.value ?? defaultOf(flag)).trim();
  const list = (flag: SettingFlag): string[] => parseList(textOf(flag));

  function read<T>(flag: SettingFlag, parse: Parser<T>, wanted: string): T | null {
    const text = textOf(flag);
    const value = parse(text);
    if (value === null)
      problems.push(
        `${raw[flag]?.from ?? `--${flag}`}: "${text}" is not ${wanted} (${environmentName(flag)} or --${flag})`,
      );
    return value;
  }

  function required<T>(flag: SettingFlag, parse: Parser<T>, wanted: string): T {
    const value = read(flag, parse, wanted) ?? parse(defaultOf(flag));
    if (value === null) throw new Error(`the default of --${flag} cannot be read`);
    return value;
  }

  function optional<T>(flag: SettingFlag, parse: Parser<T>, wanted: string): T | null {
    return textOf(flag) === '' ? null : read(flag, parse, wanted);
  }

  return { required, optional, list, textOf, problems };
}

function defaultOf(flag: SettingFlag): string {
  return SETTINGS.find((one) => one.flag === flag)?.default ?? '';
}

function words(choices: readonly string[]): string {
  return choices.length === 1 ? choices.join('') : `one of ${choices.join(', ')}`;
}

function parseCapacity(text: string): string | null {
  return text === 'none' ? text : parseQuantityText(text);
}
