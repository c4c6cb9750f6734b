/** Loads only the requested command, so that `--help` starts without any client, and turns its failure into a message. */
import { messageOf } from '../src/errors.ts';
import { SettingsError, type Settings } from '../src/settings/settings.ts';
import { completed, isInPod } from './cluster-settings.ts';
import type { CommandLine } from './command-line.ts';
import type { Environment } from './environment.ts';
import { createLogger, type Logger } from './log.ts';
import { wrapped } from '../src/report/layout.ts';
import { widthOf } from './terminal.ts';

type Command = Extract<CommandLine, { kind: 'command' }>;

/** Runs a command to its exit code. Never rejects. */
export async function execute(line: Command, env: Environment): Promise<number> {
  const writesDocument = line.command !== 'run' || line.settings.output !== null;
  const log = createLogger(line.settings.logLevel, writesDocument ? 2 : 1);
  for (const warning of line.warnings) log.warn({ setting: warning }, 'setting has no effect');
  try {
    const settled = isInPod(env) ? line : await asInCluster(line, env);
    return await start(settled, env, log);
  } catch (error) {
    const problems = error instanceof SettingsError ? error.problems : [messageOf(error)];
    process.stderr.write(`volsync-prewarm ${line.command}:\n${problems.map((one) => `  ${one}\n`).join('')}`);
    return error instanceof SettingsError ? 2 : 1;
  }
}

/** On a workstation: with the settings that the CronJob has, which is said before anything else. */
async function asInCluster(line: Command, env: Environment): Promise<Command> {
  const { settings, told, server } = await completed(line.raw, env);
  tell(line, told);
  if (process.stderr.isTTY && writes(line.command, settings)) tell(line, placesOf(settings, server));
  return { ...line, settings };
}

function tell({ command }: Command, what: string): void {
  process.stderr.write(`${wrapped(`volsync-prewarm ${command}: ${what}`, widthOf(process.stderr), '  ')}\n`);
}

/** Whether it may change cluster or bucket. */
function writes(command: Command['command'], { mode }: Settings): boolean {
  return command === 'backup' || command === 'mark-bucket' || (command === 'run' && mode !== 'report');
}

/** Before the first write: which cluster and which bucket. A wrong context is noticed here, or too late. */
export function placesOf({ bucket, prefix, endpoint, context }: Settings, server: string | null): string {
  const cluster = `${server ?? 'the cluster (not reached)'}${context === null ? '' : ` (context ${context})`}`;
  return `writes to cluster ${cluster} and bucket ${bucket}/${prefix} at ${endpoint ?? 'AWS'}`;
}

async function start(line: Command, env: Environment, log: Logger): Promise<number> {
  const { settings, asked } = line;
  const claim = asked.claim ?? '';
  switch (line.command) {
    case 'run':
      return (await import('./commands/run.ts')).runCommand(settings, env, log);
    case 'plan':
      return (await import('./commands/plan.ts')).planCommand(settings, { env, log, scope: asked });
    case 'status':
      return (await import('./commands/status.ts')).statusCommand(settings, { log, asked });
    case 'snapshots':
      return (await import('./commands/snapshots.ts')).snapshotsCommand({ settings, claim }, env);
    case 'backup':
      return (await import('./commands/backup.ts')).backupCommand({ settings, asked: { ...asked, claim } }, env);
    case 'explain':
      return (await import('./commands/explain.ts')).explainCommand({ settings, claim }, env);
    case 'readiness':
      return (await import('./commands/readiness.ts')).readinessCommand(settings, asked);
    case 'init':
      return (await import('./commands/init.ts')).initCommand(settings, asked, env);
    case 'mark-bucket':
      return (await import('./commands/mark-bucket.ts')).markBucketCommand({ settings, asked }, env);
    case 'doctor':
      return (await import('./commands/doctor.ts')).doctorCommand(settings, env);
  }
}
