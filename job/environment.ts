/** The environment as a value that commands receive, so that a test can pass its own. */
export type Environment = Readonly<Record<string, string | undefined>>;
