/** The logger writes JSON lines synchronously: an asynchronous logger lost its last lines on SIGTERM (measured). */
import { pino, type Logger } from 'pino';
import { visibleJson } from '../src/report/layout.ts';

export type { Logger };

/**
 * Makes the logger.
 * @param stream 1 = stdout, 2 = stderr (when a document goes to stdout)
 */
export function createLogger(level: string, stream: 1 | 2): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // JSON escapes control characters up to U+001F alone: strangers' names are in these lines, and people read them.
      hooks: { streamWrite: visibleJson },
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: ['*.RESTIC_PASSWORD', '*.AWS_SECRET_ACCESS_KEY', '*.AWS_ACCESS_KEY_ID', 'data', '*.data'],
        remove: true,
      },
    },
    pino.destination({ fd: stream, sync: true }),
  );
}
