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
  /** accepted, so that one ConfigMap works with several versions, but without effect in this one */
  reserved?: true;
}
