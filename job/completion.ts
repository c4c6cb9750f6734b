/** What a shell is told when it asks for the names of claims: `explain <TAB>`, `backup -n media <TAB>`, `explain -n <TAB>`. */
import { isNamespaceName, refOf } from '../src/naming.ts';
import { parseSettings, type RawSettings } from '../src/settings/settings.ts';
import { SETTINGS, type SettingDefinition } from '../src/settings/table.ts';
import { FLAGS, definitionOf, isCommand, type FlagDefinition } from './commands.ts';
import type { Environment } from './environment.ts';
import { given } from './given.ts';
import { VERSION } from './version.ts';

/** A person waits for it after each TAB. */
const PATIENCE = 2_000;

interface Wanted {
  /** names of claims, or of namespaces */
  what: 'claim' | 'namespace';
  namespace: string | null;
  /** flags and their values, as far as they are typed */
  flags: Readonly<Record<string, string>>;
}

/**
 * Names from the cluster, where the word that is being typed is one; null: it is a command, a flag or another value. Never
 * rejects: without a cluster there are no names.
 * @param words as the shell gives them: the program, all words before, and the one that is being typed
 */
export async function namesFor(words: readonly string[], env: Environment): Promise<string[] | null> {
  const wanted = wantedBy(words);
  if (wanted === null) return null;
  try {
    const [{ connect }, { claimNames }] = await Promise.all([
      import('../src/cluster/connection.ts'),
      import('../src/cluster/claim-names.ts'),
    ]);
    const { kubeconfig, context } = parseSettings(placeIn(given(wanted.flags, env).raw));
    const userAgent = `volsync-prewarm/${VERSION}`;
    const connection = await connect({ concurrency: 2, requestTimeout: PATIENCE, userAgent, kubeconfig, context });
    const names = await claimNames(connection, wanted.namespace, AbortSignal.timeout(PATIENCE));
    await connection.close();
    return toldOf(names, wanted);
  } catch {
    return [];
  }
}

/** Only which cluster is asked: another setting that is wrong is for the command to say. */
function placeIn(raw: RawSettings): RawSettings {
  const { kubeconfig, context } = raw;
  return { ...(kubeconfig && { kubeconfig }), ...(context && { context }) };
}

function toldOf(names: readonly string[], { what, namespace }: Wanted): string[] {
  if (what === 'namespace') return [...new Set(names.map((name) => refOf(name).namespace))];
  return namespace === null ? [...names] : names.map((name) => refOf(name).claim);
}

function wantedBy(words: readonly string[]): Wanted | null {
  const { plain, flags, open } = typed(words.slice(1, -1));
  const [command, ...others] = plain;
  if (words.at(-1)?.startsWith('-') !== false || command === undefined || !isCommand(command)) return null;
  if (open === 'namespace') return { what: 'namespace', namespace: null, flags };
  if (open !== null || definitionOf(command).claim === 'no' || others.length > 0) return null;
  const namespace = flags['namespace'] ?? null;
  return { what: 'claim', namespace: namespace !== null && isNamespaceName(namespace) ? namespace : null, flags };
}

/** The words that are no flags, the flags with their values, and the flag whose value comes next. */
function typed(words: readonly string[]): { plain: string[]; flags: Record<string, string>; open: string | null } {
  const plain: string[] = [];
  const flags: Record<string, string> = {};
  let open: string | null = null;
  for (const word of words) {
    const [, name, value] = /^--?([a-zA-Z][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (open !== null) {
      flags[open] = word;
      open = null;
    } else if (name === undefined) plain.push(word);
    else {
      const flag = takesValue(name);
      if (flag !== null && value !== undefined) flags[flag] = value;
      else open = flag;
    }
  }
  return { plain, flags, open };
}

const DEFINITIONS: readonly (readonly [string, { alias?: string; isSwitch: boolean }])[] = [
  ...Object.entries<FlagDefinition>(FLAGS).map(
    ([flag, { alias, value }]) => [flag, { ...(alias && { alias }), isSwitch: value === undefined }] as const,
  ),
  ...(SETTINGS as readonly SettingDefinition[]).map(
    ({ flag, alias, boolean }) => [flag, { ...(alias && { alias }), isSwitch: boolean === true }] as const,
  ),
];

/** The full name of a flag that takes a value; null for a switch, and for what nobody knows. */
function takesValue(name: string): string | null {
  const found = DEFINITIONS.find(([flag, { alias }]) => flag === name || alias === name);
  return found === undefined || found[1].isSwitch ? null : found[0];
}
