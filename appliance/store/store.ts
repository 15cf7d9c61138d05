import { Worker } from "node:worker_threads";
import type { CodedError } from "../base/index.ts";
import { storeErrors } from "./errors.ts";
import { tasks } from "./operations/backup.ts";
import { operations } from "./operations/index.ts";
import type { Answer, Call, Failure } from "./protocol.ts";

type Operations = typeof operations & typeof tasks;
type Input<Name extends keyof Operations> = Parameters<Operations[Name]> extends [unknown, infer I] ? [input: I] : [];

/** Every operation as an async function: its promise is settled after the commit, never before. */
export type Store = {
  readonly [Name in keyof Operations]: (...input: Input<Name>) => Promise<Awaited<ReturnType<Operations[Name]>>>;
} & {
  /** Kept when the database's thread ends by itself: nothing can be stored any more. */
  readonly failed: Promise<CodedError>;
  /** Finishes what was asked, then closes the file. */
  close(): Promise<void>;
};

/**
 * Opens the store in a thread of its own, so that an fsync never stops the event loop.
 * `file` is created when absent. Rejects with STORE_* when it cannot be opened.
 */
export async function openStore(file: string): Promise<Store> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: { file } });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  let lastId = 0;
  const failed = Promise.withResolvers<CodedError>();
  let ended: CodedError | undefined;
  let closing = false;

  const end = (error: CodedError) => {
    ended ??= error;
    if (!closing) failed.resolve(ended);
    for (const call of waiting.values()) call.reject(ended);
    waiting.clear();
  };

  await new Promise<void>((resolve, reject) => {
    worker.once("message", (first: "ready" | Failure) => (first === "ready" ? resolve() : reject(toFault(first))));
    worker.once("error", reject);
  });
  worker.on("message", (answer: Answer) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("failure" in answer) call?.reject(toFault(answer.failure));
    else call?.resolve(answer.result);
  });
  worker.on("error", (error) => end(unavailable(String(error))));
  const exited = new Promise<void>((resolve) => {
    worker.on("exit", () => {
      end(unavailable("closed"));
      resolve();
    });
  });

  const call = (operation: Call["operation"], input: unknown) =>
    new Promise<unknown>((resolve, reject) => {
      if (ended !== undefined) return reject(ended);
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, operation, input } satisfies Call);
    });

  const names = Object.keys({ ...operations, ...tasks }) as Call["operation"][];
  return {
    ...Object.fromEntries(names.map((name) => [name, (input?: unknown) => call(name, input)])),
    failed: failed.promise,
    async close() {
      closing = true;
      worker.postMessage("close");
      await exited;
    },
  } as Store;
}

function toFault(failure: Failure) {
  return storeErrors.fault(failure.code, { details: failure.details });
}

function unavailable(reason: string) {
  return storeErrors.fault("STORE_UNAVAILABLE", { details: { reason } });
}
