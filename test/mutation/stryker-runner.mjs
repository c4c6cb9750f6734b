/**
 * Stryker's test runner: its own for vitest, but what the dry run has found out is not asked again. Mutants of what is worked
 * out only while modules load get a start of vitest each.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { PluginKind, commonTokens, declareFactoryPlugin, tokens } from '@stryker-mutator/api/plugin';
import { MutantRunStatus } from '@stryker-mutator/api/test-runner';
import { strykerPlugins as stockPlugins } from '@stryker-mutator/vitest-runner';

/** As test/mutation/vitest-runner.ts leaves it in the sandbox. */
let found = null;
function dryRun() {
  if (found === null) {
    found = JSON.parse(readFileSync('dry-run.json', 'utf8'));
    for (const test of found.unsound) process.stderr.write(`not asked, since it fails when it runs again: ${test}\n`);
  }
  return found;
}

function createRunner(injector) {
  const runner = stockPlugins[0].factory(injector);
  const runByItself = runner.mutantRun.bind(runner);
  runner.mutantRun = async (options) => {
    const { kills, reached } = dryRun();
    const kill = kills[options.activeMutant.id];
    if (kill !== undefined) {
      const killedBy = [relative(process.cwd(), kill.test)];
      return { status: MutantRunStatus.Killed, killedBy, failureMessage: kill.message, nrOfTests: 1 };
    }
    if (reached[options.activeMutant.id] !== true) return runByItself(options);
    return { status: MutantRunStatus.Survived, nrOfTests: options.testFilter?.length ?? 0 };
  };
  return runner;
}
createRunner.inject = tokens(commonTokens.injector);

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'in-process', createRunner)];
