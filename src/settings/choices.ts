/** The allowed values of settings that have only a few. */
export const CHOICES = {
  pathStyle: ['auto', 'true', 'false'],
  accessMode: ['ReadWriteOnce', 'ReadWriteMany', 'ReadWriteOncePod', 'ReadOnlyMany'],
  warm: ['all', 'absent'],
  mode: ['sync', 'create-only', 'report'],
  only: ['retrigger'],
  sources: ['on', 'off'],
  stale: ['wait', 'attach'],
  failOn: ['risk', 'error'],
  logLevel: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
  output: ['table', 'wide', 'json', 'yaml', 'name'],
} as const;
