import type { storeErrors } from "./errors.ts";
import type { tasks } from "./operations/backup.ts";
import type { operations } from "./operations/index.ts";

/** What travels between the store's face and the database's thread. */
export interface Call {
  readonly id: number;
  readonly operation: keyof typeof operations | keyof typeof tasks;
  readonly input: unknown;
}

export interface Failure {
  readonly code: keyof typeof storeErrors.definitions;
  readonly details: Readonly<Record<string, string | number>>;
}

export type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly failure: Failure });
