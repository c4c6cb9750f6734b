'use strict';
// Preloaded into measured processes: on exit, what they used goes to the file that BENCH_USAGE names.
const { readFileSync, writeFileSync } = require('node:fs');

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  let peakKiB = maxRSS;
  try {
    // ru_maxrss is inherited from the process that forked; the high-water mark of the address space is not.
    peakKiB = Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? maxRSS);
  } catch {
    // no /proc: maxRSS it is
  }
  writeFileSync(process.env.BENCH_USAGE, JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, peakKiB }));
});
