/** Turns argv and environment into a command with parsed settings, or into a list of everything that is wrong with them. */
import type { Argv } from 'yargs';
import { regionOf } from './region.ts';
import { parseSettings, SettingsError, type RawSettings, type Settings } from '../src/settings/settings.ts';
import { isNamespaceName } from '../src/naming.ts';
import type { Environment } from './environment.ts';
import { ENVIRONMENT_PREFIX, SETTINGS, environmentName, type SettingDefinition } from '../src/settings/table.ts';

export const COMMANDS = {
  run: 'Keep restore points warm: look, decide, write, wait for the restores. The CronJob runs this',
  plan: 'Show what a run would do now, without writing anything',
  status: 'Show what is protected and what is not, and why; from the cluster and the index alone, without the bucket',
  explain: 'Explain one claim: the facts, where each was seen, and what the next run will do',
  readiness:
    'Tell what would become of every protected claim if it were created now; exit 1 if one would not come back',
  'mark-bucket':
    'Confirm that an empty bucket is the right one, by writing the marker that a run writes when it sees repositories',
  doctor:
    'Check bucket, cluster, clock, rights, policies, classes, index and credentials, and say what to do about each problem',
} as const;

export type CommandName = keyof typeof COMMANDS;

export type CommandLine =
  | {
      kind: 'command';
      command: CommandName;
      settings: Settings;
      /** what was given by flag or environment, to be completed by what the cluster has */
      raw: RawSettings;
      claim: string | null;
      warnings: string[];
    }
  /** help or version: the text to print */
  | { kind: 'text'; text: string }
  | { kind: 'problems'; problems: readonly string[] };

/**
 * Reads the command line.
 * @param argv without node and script
 * @param env only PREWARM_* and the AWS endpoint variables are read
 */
export async function parseCommandLine(
  argv: readonly string[],
  env: Environment,
  version: string,
): Promise<CommandLine> {
  let text = '';
  let complaint: string | null = null;
  let parsed: Record<string, unknown> = { _: argv };
  // What the CronJob calls has no flags, its settings come from the environment: a quarter of the start would go into nothing.
  if (!argv.every(isCommand)) {
    const { default: yargs } = await import('yargs');
    const parser = describe(
      yargs(),
      version,
      argv.some((word) => ['--help', '-h', 'help'].includes(word)),
    );
    parsed = await parser.parseAsync([...argv], {}, (error, _argv, output) => {
      text = output;
      complaint = error?.message ?? null;
    });
  }
  if (text !== '' && complaint === null) return { kind: 'text', text: `${text}\n` };
  const words = Array.isArray(parsed['_']) ? parsed['_'].map(String) : [];
  const [name = 'run', ...others] = words;
  // yargs keeps a command's positional arguments apart from the other words.
  const rest = typeof parsed['claim'] === 'string' ? [parsed['claim'], ...others] : others;
  const problems = [...unknownFlags(parsed), ...wrongSwitches(argv), ...wrongWords(name, rest)];
  const { raw, warnings } = gather(parsed, env);
  try {
    const settings = { ...parseSettings(raw), region: regionOf(env) };
    if (problems.length === 0 && complaint !== null) problems.push(inOurWords(complaint));
    if (problems.length === 0 && isCommand(name)) {
      const idle = name !== 'readiness' && parsed['manifests'] !== undefined;
      const unread = idle ? ['--manifests: only readiness reads it'] : [];
      const claim = rest[0] ?? null;
      return { kind: 'command', command: name, settings, raw, claim, warnings: [...warnings, ...unread] };
    }
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    problems.push(...error.problems);
  }
  return { kind: 'problems', problems };
}

function describe(made: Argv, version: string, wantsHelp: boolean): Argv {
  const parser = made
    .scriptName('volsync-prewarm')
    .usage(
      '$0 <command> [settings]\n\nKeeps VolSync restore points warm, so that a claim that is created again starts with its data.\n' +
        'Every setting --some-flag can also be given as PREWARM_SOME_FLAG. S3 access follows AWS_ACCESS_KEY_ID,\n' +
        'AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL_S3; the cluster follows KUBECONFIG, or the pod it runs in.',
    )
    .version(version)
    .help()
    .alias('help', 'h')
    .wrap(118)
    .exitProcess(false)
    .parserConfiguration({
      'camel-case-expansion': false,
      'boolean-negation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
      'duplicate-arguments-array': false,
    })
    .example('$0 plan', 'What would happen now, as a table')
    .example('$0 plan --output json', 'The same for programs')
    .example('$0 run --mode report', 'A run that writes nothing')
    .example('$0 explain media/plex-config', 'Why this claim is not warm')
    .example('$0 readiness --manifests ./rendered', 'Would the claims in Git come back?')
    .epilogue(
      'Exit codes: 0 done; 1 something failed or is unknown; 2 wrong settings; 3 (run only) data is at risk, see --fail-on.\n' +
        'Verdicts and reasons: docs/reference.',
    );
  // yargs renders the help of every defined command on every call, a quarter of the start-up time. Only help needs it.
  for (const [name, text] of wantsHelp ? Object.entries(COMMANDS) : []) {
    const usage = name === 'explain' ? 'explain <claim>' : name;
    parser.command(name === 'run' ? ['run', '$0'] : usage, text, (inner) =>
      name === 'explain' ? inner.positional('claim', { type: 'string', describe: '<namespace>/<pvc>' }) : inner,
    );
  }
  for (const setting of SETTINGS as readonly SettingDefinition[]) {
    const reserved = setting.reserved === true ? ' (no effect yet)' : '';
    parser.option(setting.flag, {
      type: setting.boolean === true ? 'boolean' : 'string',
      requiresArg: setting.boolean !== true && setting.flag !== 'path-style',
      group: `${setting.group}:`,
      describe: setting.describe + reserved,
      defaultDescription: setting.default === '' ? 'none' : setting.default,
      ...(setting.values !== undefined && {
        describe: `${setting.describe}${reserved} [${setting.values.filter((one) => one !== '').join(', ')}]`,
      }),
    });
  }
  return parser;
}

const KNOWN = new Set<string>([...SETTINGS.map(({ flag }) => flag), '_', '$0', 'help', 'h', 'version', 'claim']);

function unknownFlags(parsed: Record<string, unknown>): string[] {
  return Object.keys(parsed)
    .filter((key) => !KNOWN.has(key))
    .map((key) => `${key.length === 1 ? '-' : '--'}${key}: unknown flag (volsync-prewarm --help lists all flags)`);
}

/** yargs would read any other word as false. */
function wrongSwitches(argv: readonly string[]): string[] {
  return (SETTINGS as readonly SettingDefinition[]).flatMap(({ flag, boolean }) =>
    argv
      .filter((word) => boolean === true && word.startsWith(`--${flag}=`) && !/=(true|false)$/.test(word))
      .map((word) => `--${flag}: "${word.slice(flag.length + 3)}" is not true or false`),
  );
}

function inOurWords(complaint: string): string {
  const flag = /^Not enough arguments following: (.+)$/.exec(complaint)?.[1];
  return flag === undefined ? complaint : `--${flag}: the value is missing`;
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

function wrongWords(name: string, rest: readonly string[]): string[] {
  if (!isCommand(name)) return [`${name}: unknown command; the commands are ${Object.keys(COMMANDS).join(', ')}`];
  if (name !== 'explain') return rest.length > 0 ? [`${rest.join(' ')}: ${name} takes no argument`] : [];
  const [, namespace] = /^([^/]+)\/[^/]+$/.exec(rest[0] ?? '') ?? [];
  if (namespace !== undefined && !isNamespaceName(namespace))
    return [`explain: ${namespace} is not a valid namespace name`];
  return rest.length === 1 && namespace !== undefined
    ? []
    : ['explain: name one claim, as in `volsync-prewarm explain media/plex-config`'];
}

/** A flag wins over the environment, which wins over the default. The endpoint may also come from the AWS SDK's variables. */
function gather(parsed: Record<string, unknown>, env: Environment): { raw: RawSettings; warnings: string[] } {
  const raw: RawSettings = {};
  for (const { flag } of SETTINGS) {
    const given = parsed[flag];
    const name = environmentName(flag);
    const inherited = env[name];
    if (given !== undefined)
      raw[flag] = {
        value:
          given === '' && flag === 'path-style'
            ? 'true'
            : `${typeof given === 'boolean' || typeof given === 'string' ? given : ''}`,
        from: `--${flag}`,
      };
    else if (inherited !== undefined) raw[flag] = { value: inherited, from: name };
  }
  for (const name of ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL']) {
    const value = env[name];
    if ((raw.endpoint === undefined || raw.endpoint.value === '') && value !== undefined && value !== '')
      raw.endpoint = { value, from: name };
  }
  const names = new Set(SETTINGS.map(({ flag }) => environmentName(flag)));
  const unknown = Object.keys(env).filter((name) => name.startsWith(ENVIRONMENT_PREFIX) && !names.has(name));
  return {
    raw,
    warnings: [...unknown.map((name) => `${name}: unknown setting, ignored`), ...withoutEffect(raw)],
  };
}

function withoutEffect(raw: RawSettings): string[] {
  return SETTINGS.flatMap((setting) => {
    const given = raw[setting.flag];
    const reserved = 'reserved' in setting && given !== undefined && given.value !== setting.default;
    return reserved ? [`${given.from}: has no effect in this version`] : [];
  });
}
