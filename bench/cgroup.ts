/** A new memory control group, if this machine allows it (version 1 or 2). */

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface MemoryGroup {
  /** Put before a command, so that it runs inside. */
  wrapper: string[];
  /** Peak memory of the group, MiB. */
  peakMiB: () => number;
  close: () => void;
}

interface Files {
  directory: string;
  limit: string;
  peak: string;
  /** what else has to be written so that the limit cannot be evaded into swap */
  swap: { file: string; value: string };
}

function filesHere(limitBytes: number): Files {
  const name = `prewarm-bench-${process.pid}`;
  const one: Files = {
    directory: join('/sys/fs/cgroup/memory', name),
    limit: 'memory.limit_in_bytes',
    peak: 'memory.max_usage_in_bytes',
    swap: { file: 'memory.memsw.limit_in_bytes', value: String(limitBytes) },
  };
  const two: Files = {
    directory: join('/sys/fs/cgroup', name),
    limit: 'memory.max',
    peak: 'memory.peak',
    swap: { file: 'memory.swap.max', value: '0' },
  };
  return existsSync('/sys/fs/cgroup/memory') ? one : two;
}

function create(files: Files, limitBytes: number): MemoryGroup {
  const { directory, limit, peak, swap } = files;
  mkdirSync(directory);
  try {
    writeFileSync(join(directory, limit), String(limitBytes));
    if (existsSync(join(directory, swap.file))) writeFileSync(join(directory, swap.file), swap.value);
  } catch (error) {
    rmdirSync(directory);
    throw error;
  }
  return {
    wrapper: ['/bin/sh', '-c', `echo $$ > ${join(directory, 'cgroup.procs')} && exec "$@"`, 'sh'],
    peakMiB: () => Number(readFileSync(join(directory, peak), 'utf8')) / 1024 ** 2,
    close: () => rmdirSync(directory),
  };
}

/** Makes a group with this limit. @returns the reason as a string where that is not possible */
export function memoryGroup(limitMiB: number): MemoryGroup | string {
  const limitBytes = limitMiB * 1024 ** 2;
  try {
    return create(filesHere(limitBytes), limitBytes);
  } catch (error) {
    return `no memory control group can be made: ${error instanceof Error ? error.message : String(error)}`;
  }
}
