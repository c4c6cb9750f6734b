/** yargs, told about the commands, their flags and the settings: it reads the words, and makes the help and the completion. */
import type { Argv } from 'yargs';
import { SETTINGS, type SettingDefinition } from '../src/settings/table.ts';
import { COMMANDS, FLAGS, definitionOf, type CommandName, type FlagDefinition } from './commands.ts';

const WIDTH = 118;

/** The words as they were read; `text` is help, version or a completion script, `complaint` what yargs cannot read. */
export interface Words {
  parsed: Record<string, unknown>;
  text: string;
  complaint: string | null;
}

/** Loads yargs, which takes a quarter of a start: what the CronJob calls has no flags, and does without it. */
export async function readWords(argv: readonly string[], version: string): Promise<Words> {
  const { default: yargs } = await import('yargs');
  const words: Words = { parsed: {}, text: '', complaint: null };
  const about = COMMAND_NAMES.find((name) => argv.includes(name)) ?? null;
  // yargs renders the help of every defined command on every call. Only help and completion need it.
  const isShown = argv.some((word) => ['--help', '-h', 'help', 'completion', COMPLETIONS].includes(word));
  const parser = describe(yargs(), { version, about, isShown });
  words.parsed = await parser.parseAsync([...argv], {}, (error, _argv, output) => {
    words.text = output;
    words.complaint = error?.message ?? null;
  });
  return words;
}

const COMMAND_NAMES = Object.keys(COMMANDS).filter((name): name is CommandName => Object.hasOwn(COMMANDS, name));

/** With which a completion script asks for the next words. */
export const COMPLETIONS = '--get-yargs-completions';

interface Wanted {
  version: string;
  /** the command that the help is about; null: all of them */
  about: CommandName | null;
  isShown: boolean;
}

function describe(made: Argv, { version, about, isShown }: Wanted): Argv {
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
    .wrap(WIDTH)
    .exitProcess(false)
    .parserConfiguration({
      'camel-case-expansion': false,
      'boolean-negation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
      'duplicate-arguments-array': false,
    })
    .epilogue(
      'Exit codes: 0 done; 1 something failed or is unknown; 2 wrong settings; 3 (run only) data is at risk, see --fail-on.\n' +
        'Verdicts and reasons: docs/reference. Shell completion: source <(volsync-prewarm completion)',
    );
  const shown = about === null ? COMMAND_NAMES : [about];
  for (const [line, what] of shown.flatMap((name) => definitionOf(name).examples)) parser.example(`$0 ${line}`, what);
  if (isShown) {
    parser.completion(
      'completion',
      'Print a script that completes commands, flags and the names of claims in bash or zsh',
    );
    for (const name of COMMAND_NAMES) addCommand(parser, name);
  }
  for (const [flag, definition] of Object.entries(FLAGS)) addFlag(parser, flag, definition);
  for (const setting of SETTINGS as readonly SettingDefinition[]) addSetting(parser, setting);
  return parser;
}

function addCommand(parser: Argv, name: CommandName): void {
  const { does, claim } = definitionOf(name);
  const argument = claim === 'no' ? '' : claim === 'one' ? ' <claim>' : ' [claim]';
  parser.command(`${name}${argument}`, does, (inner) =>
    claim === 'no'
      ? inner
      : inner.positional('claim', { type: 'string', describe: '<namespace>/<pvc>, or <pvc> with -n' }),
  );
}

function addFlag(parser: Argv, flag: string, { alias, value, describe: what, default: usual }: FlagDefinition): void {
  const of = COMMAND_NAMES.filter((name) => definitionOf(name).flags.some((one) => one === flag));
  parser.option(flag, {
    type: value === undefined ? 'boolean' : 'string',
    requiresArg: value !== undefined,
    group: 'This command line:',
    describe: `${what} (${of.join(', ')})`,
    ...(alias !== undefined && { alias }),
    ...(usual !== undefined && { defaultDescription: usual }),
  });
}

function addSetting(parser: Argv, setting: SettingDefinition): void {
  const choices = setting.values?.filter((one) => one !== '').join(', ');
  parser.option(setting.flag, {
    type: setting.boolean === true ? 'boolean' : 'string',
    requiresArg: setting.boolean !== true && setting.flag !== 'path-style',
    group: `${setting.group}:`,
    describe: choices === undefined ? setting.describe : `${setting.describe} [${choices}]`,
    defaultDescription: setting.default === '' ? 'none' : setting.default,
    ...(setting.alias !== undefined && { alias: setting.alias }),
  });
}
