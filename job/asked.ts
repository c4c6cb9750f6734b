/** What one command line asks for beside the settings: a claim, a namespace, and the flags of the command. */
import { isNamespaceName } from '../src/naming.ts';
import { nearest } from '../src/nearest.ts';
import { parsePositiveDuration } from '../src/settings/parsers.ts';
import { SETTINGS, type SettingDefinition } from '../src/settings/table.ts';
import { COMMANDS, FLAGS, definitionOf, isCommand, type CommandName, type FlagName } from './commands.ts';

export interface Asked {
  /** `<namespace>/<pvc>` */
  claim: string | null;
  /** only claims of this namespace; null: all */
  namespace: string | null;
  watch: boolean;
  dir: string;
  image: string | null;
  overlay: string;
  force: boolean;
  wait: boolean;
  /** milliseconds */
  timeout: number;
  /** the repositories of the index are in another bucket now */
  move: boolean;
}

/** Reads what was asked, and tells everything that is wrong with it. */
export function askedOf(
  name: string,
  rest: readonly string[],
  parsed: Readonly<Record<string, unknown>>,
): { asked: Asked; problems: string[] } {
  const text = (flag: FlagName): string | null => {
    const value = parsed[flag];
    return typeof value === 'string' ? value : null;
  };
  const namespace = text('namespace');
  const timeout = parsePositiveDuration(text('timeout') ?? FLAGS.timeout.default);
  const asked: Asked = {
    claim: claimIn(rest[0] ?? null, namespace),
    namespace,
    watch: parsed['watch'] === true,
    dir: text('dir') ?? FLAGS.dir.default,
    image: text('image'),
    overlay: text('overlay') ?? FLAGS.overlay.default,
    force: parsed['force'] === true,
    wait: parsed['wait'] === true,
    timeout: timeout ?? 0,
    move: parsed['move'] === true,
  };
  const problems = [...unknownFlags(parsed), ...wrongWords(name, rest, asked)];
  if (namespace !== null && !isNamespaceName(namespace))
    problems.push(`-n: ${namespace} is not a valid namespace name`);
  if (namespace !== null && parsed['all-namespaces'] === true) problems.push('-n and -A: give one of them');
  if (timeout === null) problems.push(`--timeout: "${text('timeout') ?? ''}" is not a duration such as 30m`);
  if (isCommand(name)) problems.push(...idleFlags(name, parsed));
  return { asked, problems };
}

function claimIn(word: string | null, namespace: string | null): string | null {
  if (word === null || word.includes('/') || namespace === null) return word;
  return `${namespace}/${word}`;
}

/** Short names stand beside the long ones in what yargs has read. */
const ALIASES = new Set<string>(
  [...Object.values(FLAGS), ...(SETTINGS as readonly SettingDefinition[])].flatMap((one) =>
    'alias' in one ? (one.alias ?? []) : [],
  ),
);
const LONG: readonly string[] = [...SETTINGS.map(({ flag }) => flag), ...Object.keys(FLAGS), 'help', 'version'];
const KNOWN = new Set<string>([...LONG, ...ALIASES, '_', '$0', 'h', 'claim', 'completion']);

function unknownFlags(parsed: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(parsed)
    .filter((key) => !KNOWN.has(key))
    .map((key) => {
      const meant = key.length === 1 ? [] : nearest(key, LONG).map((one) => `--${one}`);
      return `${key.length === 1 ? '-' : '--'}${key}: unknown flag${didYouMean(meant)} (volsync-prewarm --help lists all flags)`;
    });
}

function didYouMean(meant: readonly string[]): string {
  return meant.length === 0 ? '' : `; did you mean ${meant.join(' or ')}?`;
}

/** A flag of another command would be ignored without a word. */
function idleFlags(name: CommandName, parsed: Readonly<Record<string, unknown>>): string[] {
  const { flags } = definitionOf(name);
  return Object.keys(FLAGS)
    .filter((flag) => parsed[flag] !== undefined && !flags.some((one) => one === flag))
    .map((flag) => `--${flag}: ${name} does not take it (${takersOf(flag).join(', ')} does)`);
}

function takersOf(flag: string): string[] {
  return Object.keys(COMMANDS).filter(
    (name) => isCommand(name) && definitionOf(name).flags.some((one) => one === flag),
  );
}

function wrongWords(name: string, rest: readonly string[], { claim }: Asked): string[] {
  if (!isCommand(name)) {
    const [meant, all] = [didYouMean(nearest(name, Object.keys(COMMANDS))), Object.keys(COMMANDS).join(', ')];
    if (name === '') return [`no command is named; the commands are ${all}`];
    return [`${name}: unknown command${meant === '' ? '; the' : `${meant} The`} commands are ${all}`];
  }
  const takes = definitionOf(name).claim;
  if (takes === 'no') return rest.length > 0 ? [`${rest.join(' ')}: ${name} takes no argument`] : [];
  if (claim === null && takes === 'may') return [];
  const [, namespace] = /^([^/]+)\/[^/]+$/.exec(claim ?? '') ?? [];
  if (rest.length !== 1 || namespace === undefined)
    return [
      `${name}: name one claim, as in \`volsync-prewarm ${name} media/plex-config\`, or plex-config with -n media`,
    ];
  return isNamespaceName(namespace) ? [] : [`${name}: ${namespace} is not a valid namespace name`];
}

/** yargs would read any other word as false. */
export function wrongSwitches(argv: readonly string[]): string[] {
  const switches = [
    ...(SETTINGS as readonly SettingDefinition[]).flatMap(({ flag, boolean }) => (boolean === true ? [flag] : [])),
    ...Object.entries(FLAGS).flatMap(([flag, one]) => ('value' in one ? [] : [flag])),
  ];
  return switches.flatMap((flag) =>
    argv
      .filter((word) => word.startsWith(`--${flag}=`) && !/=(true|false)$/.test(word))
      .map((word) => `--${flag}: "${word.slice(flag.length + 3)}" is not true or false`),
  );
}
