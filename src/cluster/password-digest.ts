/**
 * The digest of a repository's password, as it stands in an annotation of our own Secret.
 *
 * Annotations travel further than the data of a Secret: `kubectl describe` prints them, and exporters and backup tools copy them.
 * People choose passwords that can be guessed, so the digest is scrypt with a salt: each guess costs as much as this call, and a
 * table made for one cluster is of no use in another. The salt is the uid of the namespace's base credentials, and so the digest
 * of one password is worked out once for all claims of a namespace. It is kept beside the digest, since the base may be made anew.
 */
import { scrypt } from 'node:crypto';

/** 8 MiB and some 20 ms for each guess: dear for somebody who guesses, and cheap enough for a pod with 96 MiB. */
const COST = { N: 8192, r: 8, p: 1 } as const;
const BYTES = 32;
/** The kind of digest, so that another one can follow. */
const KIND = 's1';
const FORM = /^s1:([^:]{1,64}):[0-9a-f]{64}$/;

export interface PasswordDigests {
  /** The annotation for this password. */
  make: (password: string, salt: string) => Promise<string>;
  /** Is the annotation one for this password? One that cannot be read is not. */
  matches: (annotation: string, password: string) => Promise<boolean>;
}

/** Remembers what it has worked out for the time of a run. One digest is worked out at a time: each needs its memory. */
export function passwordDigests(): PasswordDigests {
  const known = new Map<string, Promise<string>>();
  let last: Promise<unknown> = Promise.resolve();

  function make(password: string, salt: string): Promise<string> {
    const key = JSON.stringify([salt, password]);
    const before = last;
    const found = known.get(key) ?? before.then(() => digest(password, salt));
    known.set(key, found);
    last = found;
    return found;
  }

  async function matches(annotation: string, password: string): Promise<boolean> {
    const salt = FORM.exec(annotation)?.[1];
    return salt !== undefined && (await make(password, salt)) === annotation;
  }

  return { make, matches };
}

function digest(password: string, salt: string): Promise<string> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, BYTES, COST, (error, key) => {
      if (error === null) resolve(`${KIND}:${salt}:${key.toString('hex')}`);
      else reject(error);
    });
  });
}
