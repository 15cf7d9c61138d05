import type { Cell } from "./model-stat.ts";

/** A comma is the standard's (RFC 4180); a French Excel opens a file into columns only with a semicolon. */
export type Separator = "," | ";";

/** Rows as CSV (RFC 4180), in UTF-8 with the mark by which Excel knows it. */
export async function* csv(
  rows: AsyncIterable<readonly Cell[]> | Iterable<readonly Cell[]>,
  separator: Separator,
): AsyncGenerator<string> {
  yield "\ufeff";
  for await (const row of rows) yield `${row.map((cell) => field(cell, separator)).join(separator)}\r\n`;
}

function field(cell: Cell, separator: Separator): string {
  if (cell === undefined) return "";
  if (typeof cell === "number") return String(cell);
  // A spreadsheet runs what begins like a formula, wherever the text came from.
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /["\r\n]/.test(text) || text.includes(separator) ? `"${text.replaceAll('"', '""')}"` : text;
}
