/**
 * The logger's face. What is behind it (`system/`) writes JSON lines and knows how to hash an identity;
 * a caller passes codes, counts, UIDs of our own making, and never a name, an INS, an IPP or a report.
 */
export interface Logger {
  debug(facts: Readonly<Record<string, unknown>>, message: string): void;
  info(facts: Readonly<Record<string, unknown>>, message: string): void;
  warn(facts: Readonly<Record<string, unknown>>, message: string): void;
  error(facts: Readonly<Record<string, unknown>>, message: string): void;
  child(facts: Readonly<Record<string, unknown>>): Logger;
}

/** Says nothing: for a library used alone and for tests. */
export const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silent,
};
