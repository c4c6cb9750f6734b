/** The time of a story: it begins when the story says, runs like any clock, and can be moved forward. */

export interface StoryClock {
  now: () => number;
  later: (millis: number) => void;
}

/** A clock that stood still would make a backup as old as the listing before it. */
export function storyClock(begins: string): StoryClock {
  let ahead = Date.parse(begins) - Date.now();
  return {
    now: () => Date.now() + ahead,
    later: (millis) => void (ahead += millis),
  };
}
