/** The commands: what each is for, what it takes beside the settings, and lines to copy. Help, completion and docs/reference follow it. */

/** Flags that belong to a command line and are no settings: no ConfigMap and no environment has them. */
export const FLAGS = {
  namespace: {
    alias: 'n',
    value: 'name',
    describe: 'Only the claims of this namespace; a claim may then be named without it',
  },
  'all-namespaces': { alias: 'A', describe: 'The claims of all namespaces, which is the default' },
  move: { describe: 'The repositories of the index are in the bucket of these settings now' },
  watch: { alias: 'w', describe: 'Go on looking, and show what changes' },
  wait: { describe: 'Wait until the backup has ended and the restore point holds it' },
  dir: { value: 'directory', describe: 'The directory to write the overlay into', default: 'k8s/examples/mine' },
  image: { value: 'image', describe: 'The container image that the overlay names' },
  overlay: { value: 'name', describe: 'The overlay of policies to begin with', default: 'observe' },
  force: { describe: 'Overwrite files that are there' },
  timeout: { value: 'duration', describe: 'How long to wait at most, such as 30m', default: '30m' },
} as const satisfies Record<string, FlagDefinition>;

export interface FlagDefinition {
  alias?: string;
  /** what the flag takes; without it the flag is a switch */
  value?: string;
  describe: string;
  default?: string;
}

export type FlagName = keyof typeof FLAGS;

export interface CommandDefinition {
  does: string;
  /** whether it takes a claim as its argument */
  claim: 'no' | 'one' | 'may';
  flags: readonly FlagName[];
  /** formats of --output; a table is the default everywhere */
  formats: readonly ('table' | 'wide' | 'json' | 'yaml' | 'name')[];
  examples: readonly (readonly [string, string])[];
}

const SCOPE: readonly FlagName[] = ['namespace', 'all-namespaces'];
const ALL = ['table', 'wide', 'json', 'yaml', 'name'] as const;
const DOCUMENT = ['table', 'json', 'yaml'] as const;

export const COMMANDS = {
  run: {
    does: 'Keep restore points warm: look, decide, write, wait for the restores. The CronJob runs this',
    claim: 'no',
    flags: [],
    formats: ALL,
    examples: [['run --mode report', 'A run that writes nothing']],
  },
  plan: {
    does: 'Show what a run would do now, without writing anything',
    claim: 'may',
    flags: SCOPE,
    formats: ALL,
    examples: [
      ['plan', 'What would happen now, as a table'],
      ['plan -n media -o json', 'The same for one namespace and for programs'],
    ],
  },
  status: {
    does: 'Show what is protected and what is not, and why; from the cluster and the index alone, without the bucket',
    claim: 'may',
    flags: [...SCOPE, 'watch'],
    formats: ALL,
    examples: [['status --watch', 'Is everything protected, and what is going on?']],
  },
  snapshots: {
    does: 'List the snapshots of one claim, which of them its restore point holds, and which a restore would take',
    claim: 'one',
    flags: SCOPE,
    formats: ALL,
    examples: [['snapshots media/plex-config', 'What could be restored?']],
  },
  backup: {
    does: 'Back up one claim now, by its own source; with --wait also renew its restore point and tell what it holds',
    claim: 'one',
    flags: [...SCOPE, 'wait', 'timeout'],
    formats: ['table'],
    examples: [
      ['backup media/plex-config --wait', 'Before you delete the app: save it, and have it ready to come back'],
    ],
  },
  explain: {
    does: 'Explain one claim: the facts, where each was seen, and what the next run will do',
    claim: 'one',
    flags: SCOPE,
    formats: DOCUMENT,
    examples: [['explain media/plex-config', 'Why this claim is not warm']],
  },
  readiness: {
    does: 'Tell what would become of every protected claim if it were created now; exit 1 if one would not come back',
    claim: 'may',
    flags: SCOPE,
    formats: ALL,
    examples: [['readiness --manifests ./rendered', 'Would the claims in Git come back?']],
  },
  init: {
    does: 'Look at the cluster and write an overlay for it, with a list of what each claim needs; nothing is written to the cluster',
    claim: 'no',
    flags: ['dir', 'image', 'overlay', 'force'],
    formats: ['table'],
    examples: [['init --dir ./prewarm', 'An overlay to begin with']],
  },
  'mark-bucket': {
    does: 'Confirm that an empty bucket is the right one, or that a copied one is complete, by writing the marker that a run writes when it sees repositories; with --move also that the repositories of the index are here now',
    claim: 'no',
    flags: ['move'],
    formats: ['table'],
    examples: [['mark-bucket --move', 'The repositories have moved to another bucket or server']],
  },
  doctor: {
    does: 'Check bucket, cluster, clock, rights, policies, classes, index and credentials, and say what to do about each problem',
    claim: 'no',
    flags: [],
    formats: DOCUMENT,
    examples: [],
  },
} as const satisfies Record<string, CommandDefinition>;

export type CommandName = keyof typeof COMMANDS;

/** What a command takes, as the type that all of them have. */
export function definitionOf(name: CommandName): CommandDefinition {
  return COMMANDS[name];
}

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}
