/**
 * The database's thread. Calls that are waiting together are committed together: one fsync for all of them, and
 * none is answered before it. Each call runs in its own savepoint, so that one that fails undoes itself alone.
 * A task runs beside them, in no transaction, and is answered when it ends.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { Database } from "better-sqlite3";
import { CodedError } from "../base/index.ts";
import { openDatabase } from "./database.ts";
import { storeErrors } from "./errors.ts";
import { tasks } from "./operations/backup.ts";
import { operations } from "./operations/index.ts";
import type { Answer, Call, Failure } from "./protocol.ts";

/** Calls committed together at most: bounds the time before the first of them is answered. */
const BATCH_CALLS = 256;

const port = parentPort as MessagePort;

try {
  const db = openDatabase((workerData as { file: string }).file);
  port.on("message", (first: Call | "close") => serve(db, first));
  port.postMessage("ready");
} catch (error) {
  port.postMessage(failure(error));
}

function serve(db: Database, first: Call | "close"): void {
  const batch: Call[] = [];
  let closing = false;
  for (let next: Call | "close" | undefined = first; next !== undefined; next = receive()) {
    if (next === "close") {
      closing = true;
      break;
    }
    if (isTask(next)) void runTask(db, next);
    else batch.push(next);
    if (batch.length === BATCH_CALLS) break;
  }
  for (const answer of commit(db, batch)) port.postMessage(answer);
  if (closing) {
    db.close();
    port.close();
  }
}

type Task = Call & { readonly operation: keyof typeof tasks };

function isTask(call: Call): call is Task {
  return call.operation in tasks;
}

/** Starts a task once the commit at hand is done. */
async function runTask(db: Database, { id, operation, input }: Task): Promise<void> {
  const task = tasks[operation] as (db: Database, input: unknown) => unknown;
  try {
    await new Promise(setImmediate);
    port.postMessage({ id, result: await task(db, input) } satisfies Answer);
  } catch (error) {
    port.postMessage({ id, failure: failure(error) } satisfies Answer);
  }
}

function receive(): Call | "close" | undefined {
  return receiveMessageOnPort(port)?.message as Call | "close" | undefined;
}

function commit(db: Database, batch: readonly Call[]): Answer[] {
  try {
    return db.transaction(() => batch.map((call) => perform(db, call))).immediate();
  } catch (error) {
    return batch.map((call) => ({ id: call.id, failure: failure(error) }));
  }
}

function perform(db: Database, call: Call): Answer {
  try {
    const operation = operations[call.operation as keyof typeof operations] as (
      db: Database,
      input: unknown,
    ) => unknown;
    return { id: call.id, result: db.transaction(() => operation(db, call.input))() };
  } catch (error) {
    // A statement that failed for want of disk has rolled back the whole transaction: nothing of the batch stands.
    if (!db.inTransaction) throw error;
    return { id: call.id, failure: failure(error) };
  }
}

function failure(error: unknown): Failure {
  const coded = error instanceof CodedError ? error : fromSqlite(error);
  return { code: coded.code as Failure["code"], details: coded.details };
}

function fromSqlite(error: unknown): CodedError {
  const code = String((error as { code?: unknown }).code ?? "");
  if (code === "SQLITE_BUSY") return storeErrors.fault("STORE_IN_USE");
  if (code === "SQLITE_FULL") return storeErrors.fault("STORE_FULL");
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") return storeErrors.fault("STORE_CORRUPT");
  const reason = code === "" ? String((error as Error).message ?? error) : code;
  return storeErrors.fault("STORE_UNAVAILABLE", { details: { reason } });
}
