/** Lines that say how long a lane has been preparing, and with what. */

/** Makes the printer of a lane's lines, each with the seconds since now. */
export function progressOf(lane: string): (line: string) => void {
  const started = Date.now();
  return (line) => {
    const seconds = String(Math.round((Date.now() - started) / 1000)).padStart(4);
    process.stderr.write(`${lane} lane ${seconds} s  ${line}\n`);
  };
}
