/** The keys of the Secrets that restic and VolSync read. */

/** Keys of the base credentials; the repository credentials carry the first three and `RESTIC_REPOSITORY`. */
export const PASSWORD_KEY = 'RESTIC_PASSWORD';
export const CREDENTIAL_KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', PASSWORD_KEY] as const;
export const REPOSITORY_BASE_KEY = 'RESTIC_REPOSITORY_BASE';
export const REPOSITORY_KEY = 'RESTIC_REPOSITORY';

/** The keys of an S3 server, as a Secret gives them. */
export interface S3Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string | null;
  region: string | null;
}
