/** The environment as a value: commands are given it, and a test gives them its own. */
export type Environment = Readonly<Record<string, string | undefined>>;
