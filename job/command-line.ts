/** Turns argv and environment into a command with parsed settings, or into a list of everything that is wrong with them. */
import { parseSettings, SettingsError, type RawSettings, type Settings } from '../src/settings/settings.ts';
import { askedOf, wrongSwitches, type Asked } from './asked.ts';
import { definitionOf, isCommand, type CommandName } from './commands.ts';
import type { Environment } from './environment.ts';
import { given } from './given.ts';
import { namesFor } from './completion.ts';
import { COMPLETIONS, readWords, type Words } from './parser.ts';
import { regionOf } from './region.ts';

export type CommandLine =
  | {
      kind: 'command';
      command: CommandName;
      settings: Settings;
      /** what was given by flag or environment, to be completed by what the cluster has */
      raw: RawSettings;
      asked: Asked;
      warnings: string[];
    }
  /** help or version: the text to print */
  | { kind: 'text'; text: string }
  | { kind: 'problems'; problems: readonly string[] };

/**
 * Reads the command line. Without any word it is the help.
 * @param argv without node and script
 * @param env only PREWARM_* and the AWS endpoint variables are read
 */
export async function parseCommandLine(
  argv: readonly string[],
  env: Environment,
  version: string,
): Promise<CommandLine> {
  const names = argv[0] === COMPLETIONS ? await namesFor(argv.slice(1), env) : null;
  if (names !== null) return { kind: 'text', text: names.map((name) => `${name}\n`).join('') };
  const { parsed, text, complaint } = await wordsOf(argv, version);
  if (text !== '' && complaint === null) return { kind: 'text', text: `${text}\n` };
  const found = Array.isArray(parsed['_']) ? parsed['_'].map(String) : [];
  const [name = '', ...others] = found;
  // yargs keeps a command's positional arguments apart from the other words.
  const rest = typeof parsed['claim'] === 'string' ? [parsed['claim'], ...others] : others;
  const { asked, problems: wrong } = askedOf(name, rest, parsed);
  const problems = [...wrong, ...wrongSwitches(argv)];
  const { raw, warnings } = given(parsed, env);
  try {
    const settings = { ...parseSettings(raw), region: regionOf(env) };
    if (problems.length === 0 && complaint !== null) problems.push(inOurWords(complaint));
    if (problems.length === 0 && isCommand(name)) {
      const idle = name !== 'readiness' && parsed['manifests'] !== undefined;
      const unread = [...(idle ? ['--manifests: only readiness reads it'] : []), ...wrongFormat(name, settings, raw)];
      return { kind: 'command', command: name, settings, raw, asked, warnings: [...warnings, ...unread] };
    }
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    problems.push(...error.problems);
  }
  return { kind: 'problems', problems };
}

function wordsOf(argv: readonly string[], version: string): Words | Promise<Words> {
  if (argv.length === 0) return readWords(['--help'], version);
  // What the CronJob calls has no flags, its settings come from the environment: a quarter of the start would go into nothing.
  return argv.every(isCommand) ? { parsed: { _: argv }, text: '', complaint: null } : readWords(argv, version);
}

/** One environment serves all commands, so a format that this one does not have is worth a word only when it was given by hand. */
function wrongFormat(name: CommandName, { output }: Settings, raw: RawSettings): string[] {
  const { formats } = definitionOf(name);
  const isGiven = raw.output?.from === '--output';
  return output === null || !isGiven || formats.includes(output)
    ? []
    : [`--output ${output}: ${name} has ${formats.join(', ')}`];
}

function inOurWords(complaint: string): string {
  const flag = /^Not enough arguments following: (.+)$/.exec(complaint)?.[1];
  return flag === undefined ? complaint : `${flag.length === 1 ? '-' : '--'}${flag}: the value is missing`;
}
