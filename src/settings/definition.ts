/** What the table of settings says of one. */
export interface SettingDefinition {
  flag: string;
  group: 'Bucket' | 'Cluster' | 'Namespaces' | 'Restore points' | 'Backups' | 'What may be done' | 'Pace' | 'Output';
  default: string;
  /** one letter */
  alias?: string;
  /** true: a switch, `--flag` means `true` */
  boolean?: true;
  values?: readonly string[];
  describe: string;
}
