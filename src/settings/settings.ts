/** Settings as the rest of the program uses them: parsed once, all problems told at once. */
import type { MoverUser } from '../model.ts';
import { parseMoverUser } from '../mover-user.ts';
import { parseSelector, type Selector } from '../selector.ts';
import { parseDuration, parseQuantity } from '../units.ts';
import { SETTINGS, environmentName, type SettingFlag } from './table.ts';

export interface Settings {
  bucket: string;
  /** empty, or ends with a slash */
  prefix: string;
  /** null: AWS itself */
  endpoint: string | null;
  endpointAliases: readonly string[];
  pathStyle: boolean;
  caFile: string | null;
  credentialsSecret: string;
  includeNamespaces: readonly string[];
  excludeNamespaces: readonly string[];
  storageClass: string | null;
  snapshotClass: string | null;
  accessMode: string;
  /** a quantity; null = wait for the claim */
  defaultCapacity: string | null;
  cacheCapacity: string;
  mover: MoverUser | null;
  warm: 'all' | 'absent';
  maxWarmBytes: number | null;
  mode: 'sync' | 'create-only' | 'report';
  only: 'retrigger' | null;
  adopt: Selector | null;
  prune: boolean;
  acceptShrink: boolean;
  failOn: 'risk' | 'error';
  maxSyncing: number;
  maxSyncingBytes: number | null;
  /** milliseconds, like every duration here */
  quietPeriod: number;
  refreshInterval: number;
  deadline: number;
  concurrency: number;
  requestTimeout: number;
  logLevel: string;
  output: 'table' | 'json' | null;
}

/** Where a value came from: the words in a problem's text. */
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
  const problems: string[] = [];
  const read = reader(raw, problems);
  const endpoint = read('endpoint', emptyOr(parseEndpoint), 'a URL such as http://rustfs.example:9000');
  const settings: Settings = {
    bucket: read('bucket', parseBucket, 'the name of a bucket'),
    prefix: read('prefix', parsePrefix, 'a folder such as team-a/'),
    endpoint,
    endpointAliases: read('endpoint-alias', parseList, 'host[:port],…'),
    pathStyle: read('path-style', parseChoice('path-style'), 'auto, true or false') === 'auto' ? endpoint !== null : raw['path-style']?.value === 'true',
    caFile: read('ca-file', emptyOr(same), 'a file name'),
    credentialsSecret: read('credentials-secret', parseName, 'the name of a Secret'),
    includeNamespaces: read('include-namespaces', parseList, 'names,…'),
    excludeNamespaces: read('exclude-namespaces', parseList, 'names,…'),
    storageClass: read('storage-class', emptyOr(same), 'a name'),
    snapshotClass: read('snapshot-class', emptyOr(same), 'a name'),
    accessMode: read('access-mode', parseChoice('access-mode'), choices('access-mode')),
    defaultCapacity: read('default-capacity', parseCapacity, 'a quantity such as 10Gi, or none'),
    cacheCapacity: read('cache-capacity', quantityText, 'a quantity such as 1Gi'),
    mover: read('mover', emptyOr(parseMoverUser), 'uid:gid:fsGroup, three numbers'),
    warm: read('warm', parseChoice('warm'), choices('warm')),
    maxWarmBytes: read('max-warm-bytes', emptyOr(parsePositiveQuantity), 'a quantity such as 500Gi'),
    mode: read('mode', parseChoice('mode'), choices('mode')),
    only: read('only', emptyOr(parseChoice('only')), 'retrigger') as 'retrigger' | null,
    adopt: read('adopt', emptyOr(parseSelector), 'a label selector such as app=plex'),
    prune: read('prune', parseBoolean, 'true or false'),
    acceptShrink: read('accept-shrink', parseBoolean, 'true or false'),
    failOn: read('fail-on', parseChoice('fail-on'), choices('fail-on')),
    maxSyncing: read('max-syncing', parseCount(1000), 'a whole number from 1 to 1000'),
    maxSyncingBytes: read('max-syncing-bytes', emptyOr(parsePositiveQuantity), 'a quantity such as 100Gi'),
    quietPeriod: read('quiet-period', parseDuration, 'a duration such as 90s or 5m'),
    refreshInterval: read('refresh-interval', parseDuration, 'a duration such as 90s or 5m'),
    deadline: read('deadline', parsePositiveDuration, 'a duration such as 4m30s'),
    concurrency: read('concurrency', parseCount(256), 'a whole number from 1 to 256'),
    requestTimeout: read('request-timeout', parsePositiveDuration, 'a duration such as 60s'),
    logLevel: read('log-level', parseChoice('log-level'), choices('log-level')),
    output: read('output', emptyOr(parseChoice('output')), 'table or json') as 'table' | 'json' | null,
  };
  read('sources', parseChoice('sources'), choices('sources'));
  read('accept-retention', parseBoolean, 'true or false');
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

type Reader = <T>(flag: SettingFlag, parse: (text: string) => T | null, wanted: string) => T;

/** Wraps null-means-empty parsers so that null can also mean "not readable". */
const EMPTY = Symbol('empty');

function reader(raw: RawSettings, problems: string[]): Reader {
  return (flag, parse, wanted) => {
    const given = raw[flag];
    const text = (given?.value ?? defaultOf(flag)).trim();
    const value = parse(text) as unknown;
    if (value === EMPTY) return null as never;
    if (value === null && !(flag === 'default-capacity' && text === 'none')) {
      problems.push(`${given?.from ?? `--${flag}`}: "${text}" is not ${wanted} (${environmentName(flag)} or --${flag})`);
    }
    return value as never;
  };
}

function defaultOf(flag: SettingFlag): string {
  return SETTINGS.find((one) => one.flag === flag)?.default ?? '';
}

function emptyOr<T>(parse: (text: string) => T | null): (text: string) => T | null {
  return (text) => (text === '' ? (EMPTY as never) : parse(text));
}

function valuesOf(flag: SettingFlag): readonly string[] {
  const definition = SETTINGS.find((one) => one.flag === flag);
  return definition !== undefined && 'values' in definition ? definition.values : [];
}

function choices(flag: SettingFlag): string {
  return `one of ${valuesOf(flag).join(', ')}`;
}

type ValuesOf<F extends SettingFlag> = Extract<(typeof SETTINGS)[number], { flag: F; values: readonly string[] }>['values'][number];

function parseChoice<F extends SettingFlag>(flag: F): (text: string) => ValuesOf<F> | null {
  return (text) => (valuesOf(flag).includes(text) ? (text as ValuesOf<F>) : null);
}

function same(text: string): string {
  return text;
}

function parseBucket(text: string): string | null {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(text) ? text : null;
}

function parsePrefix(text: string): string | null {
  const trimmed = text.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `${trimmed}/`;
}

function parseEndpoint(text: string): string | null {
  const url = URL.parse(text);
  const usable = url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '';
  return usable ? text.replace(/\/+$/, '') : null;
}

function parseName(text: string): string | null {
  return text.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text) ? text : null;
}

function parseList(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

function parseCapacity(text: string): string | null {
  return text === 'none' ? null : quantityText(text);
}

function quantityText(text: string): string | null {
  return parsePositiveQuantity(text) === null ? null : text;
}

function parsePositiveQuantity(text: string): number | null {
  const bytes = parseQuantity(text);
  return bytes !== null && bytes > 0 ? bytes : null;
}

function parsePositiveDuration(text: string): number | null {
  const millis = parseDuration(text);
  return millis !== null && millis > 0 ? millis : null;
}

function parseBoolean(text: string): boolean | null {
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : null;
}

function parseCount(max: number): (text: string) => number | null {
  return (text) => {
    const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return count >= 1 && count <= max ? count : null;
  };
}
