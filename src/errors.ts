/** Reads a thrown value, which can be anything. */

/** The error's own sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Its name and the first line of its sentence: `AccessDenied: Access Denied.` */
export function inWords(error: unknown): string {
  return `${wordOf(error, 'name') ?? 'Error'}: ${messageOf(error).split('\n', 1)[0] ?? ''}`;
}

/** A string property of a thrown thing, such as `code` or `name`; null when there is none. */
export function wordOf(error: unknown, key: string): string | null {
  if (typeof error !== 'object' || error === null || !(key in error)) return null;
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' ? value : null;
}
