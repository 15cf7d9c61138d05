/** What a command of `box` is, and what all of them use. */
import type { CallOptions, Method } from "../lib/local-api.ts";

/** Every option of every command; a command takes those that it names. */
export const options = {
  data: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean" },
  wait: { type: "boolean" },
  force: { type: "boolean" },
  during: { type: "string" },
  except: { type: "string" },
  code: { type: "string" },
  text: { type: "string" },
  pacs: { type: "boolean" },
  peer: { type: "string" },
  study: { type: "string" },
  way: { type: "string" },
  now: { type: "boolean" },
  history: { type: "boolean" },
  clear: { type: "boolean" },
  replace: { type: "boolean" },
  "passphrase-file": { type: "string" },
  patient: { type: "string" },
  professional: { type: "string" },
  document: { type: "string" },
  event: { type: "string" },
  failed: { type: "boolean" },
  from: { type: "string" },
  to: { type: "string" },
  limit: { type: "string" },
  csv: { type: "string" },
  xlsx: { type: "string" },
} as const;

export type OptionName = keyof typeof options;
export type Values = {
  readonly [Name in OptionName]?: (typeof options)[Name]["type"] extends "string" ? string : boolean;
};

export interface Context {
  /** What follows the command's name. */
  readonly args: readonly string[];
  readonly values: Values;
  /** Folder of the box's data. */
  readonly data: string;
  call(method: Method, path: string, options?: CallOptions): Promise<Buffer>;
  /** Prints the answer as lines, or as it is when asked for JSON. */
  show<Answer>(body: Buffer, lines: (answer: Answer) => string[]): Answer;
  print(text: string): void;
}

export interface Command {
  readonly name: string;
  /** Its arguments and options, after its name. */
  readonly usage: string;
  readonly help: string;
  readonly takes?: readonly OptionName[];
  /** Exit code 1 when it gives false: what was asked for was done, and the finding is bad. */
  run(context: Context): Promise<unknown>;
}

/** Thrown when a command is not called as it should be: exit code 2. */
export class UsageError extends Error {}

/** The number of a thing. */
export function number(text: string | undefined): string {
  if (text === undefined || !/^[1-9]\d{0,15}$/.test(text)) throw new UsageError("Il faut un numéro.");
  return text;
}

export function required(text: string | undefined, what: string): string {
  if (text === undefined || text === "") throw new UsageError(`Il manque : ${what}.`);
  return text;
}

/** A query string of what is said. */
export function query(parameters: Readonly<Record<string, string | boolean | undefined>>): string {
  const said = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return said.length === 0 ? "" : `?${new URLSearchParams(said.map(([name, value]) => [name, String(value)]))}`;
}

/** An instant as the site reads it. */
export function local(iso: string): string {
  return new Date(iso).toLocaleString("fr-FR");
}

/** Counts with their names. */
export function counted(counts: Readonly<Record<string, number>>, names: Readonly<Record<string, string>>): string {
  return Object.entries(names)
    .map(([key, name]) => `${counts[key] ?? 0} ${name}`)
    .join(", ");
}
