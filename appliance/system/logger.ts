import { pino } from "pino";
import { CodedError, type Logger } from "../base/index.ts";

/**
 * The technical log: one JSON line an event, on standard output or to `write`. Errors are reduced to their code, their
 * place and their message, which never hold an identity; anything else thrown is reduced to its kind and its stack.
 */
export function createLogger(options: {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly write?: (line: string) => void;
}): Logger {
  const settings = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: describe },
  };
  return options.write === undefined ? pino(settings) : pino(settings, { write: options.write });
}

function describe(error: unknown): unknown {
  if (error instanceof CodedError) {
    return { ...error.toJSON(), ...(error.cause !== undefined && { cause: kindOf(error.cause) }) };
  }
  return error instanceof Error ? { kind: kindOf(error), stack: framesOf(error) } : typeof error;
}

/** Where it was thrown, without the message that stands before. */
function framesOf({ stack = "" }: Error): string {
  return stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .join("\n");
}

/** The class and system code of what was thrown: its message may quote what it was working on. */
function kindOf(cause: unknown): string {
  if (cause instanceof CodedError) return cause.code;
  if (!(cause instanceof Error)) return typeof cause;
  return (cause as NodeJS.ErrnoException).code ?? cause.name;
}
