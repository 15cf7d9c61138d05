import type { PixelsCode } from "./errors.ts";
import type { Task } from "./model.ts";

/** What goes to a worker: one frame at a time, whose buffer goes with it. */
export interface Request {
  readonly task: Task;
  readonly frame: Uint8Array<ArrayBuffer>;
}

/** What comes back: the result, whose buffer comes with it, or why there is none; and how much memory the thread has taken. */
export type Answer = ({ readonly result: Uint8Array<ArrayBuffer> } | { readonly failure: Failure }) & {
  /** Bytes that are given back when the thread ends, if not before. */
  readonly heldBytes: number;
};

export interface Failure {
  readonly code: PixelsCode;
  readonly where: string | undefined;
  readonly details: Readonly<Record<string, string | number>>;
}
