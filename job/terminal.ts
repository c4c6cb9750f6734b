/** What is known of the place where a document is printed. */

/** The width of a terminal in characters. A file or a pipe has none: there every line is as long as it is. */
export function widthOf(out: { isTTY?: boolean; columns?: number }): number {
  return out.isTTY === true && out.columns !== undefined && out.columns > 0 ? out.columns : Number.POSITIVE_INFINITY;
}
