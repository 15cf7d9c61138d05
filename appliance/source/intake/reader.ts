import { Worker } from "node:worker_threads";
import { said } from "../../base/index.ts";
import type { Charset } from "../../hl7/index.ts";
import type { MessageKind } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import type { Examination } from "./examine.ts";
import type { Environment } from "./identity.ts";
import { type Answer, type Call, fromFault } from "./reader-protocol.ts";
import type { ReceivedMessage } from "./report.ts";

/** How the messages of this site are read; the same for the answer at the door and for every later step. */
export interface ReadingOptions {
  /** What an empty MSH-18 means for the sender at `address`. */
  readonly defaultCharset: (address: string) => Charset;
  /** IANA time zone of the site, for times without an offset. */
  readonly timeZone: string;
  readonly environment: Environment;
}

/** A message and who sent it. */
export interface SentMessage {
  readonly bytes: Uint8Array;
  /** Address of the sender. */
  readonly peer: string;
}

/** Reads messages in a thread of its own: one of 20 MB costs 150 ms, which no socket should wait for. */
export interface MessageReader {
  /** Rejects with SOURCE_INTERNAL when the fault is ours. */
  examine(message: SentMessage): Promise<Examination>;
  /** Reads a message that was accepted. Rejects with the coded error of what cannot be read. */
  read(message: SentMessage & { readonly kind: MessageKind }): Promise<ReceivedMessage>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

const THREAD = new URL("./reader-thread.ts", import.meta.url);

/** `threadFile` is asked for each time that a thread is started. */
export function createReader(options: ReadingOptions, threadFile: () => URL = () => THREAD): MessageReader {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  // At once: the first message should not wait for it.
  let thread: Worker | undefined = start();

  function start(): Worker {
    const worker = new Worker(threadFile());
    worker.unref();
    worker.on("message", (answer: Answer) => {
      waiting.get(answer.id)?.resolve(answer);
      waiting.delete(answer.id);
    });
    // What ended it is told to everyone who waits; the next message starts another, so that one that cannot start is
    // tried as often as there is something to read and no oftener.
    worker.on("error", () => {});
    worker.on("exit", () => {
      thread = undefined;
      for (const { reject } of waiting.values()) reject(sourceErrors.fault("SOURCE_INTERNAL", { where: "reader" }));
      waiting.clear();
    });
    return worker;
  }

  function call(task: Call["task"], { bytes, peer }: SentMessage): Promise<Answer> {
    const { defaultCharset, timeZone, environment } = options;
    const id = ++lastId;
    // A copy of the bytes alone: they may be a view of a larger buffer, and the copy can be given away.
    const copy = new Uint8Array(bytes);
    const settings = { defaultCharset: defaultCharset(peer), timeZone, environment };
    const message: Call = { id, task, bytes: copy, options: settings };
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      thread ??= start();
      thread.postMessage(message, [copy.buffer]);
    });
  }

  return {
    async examine(message) {
      const answer = await call("examine", message);
      if (!("examination" in answer)) throw unexpected(answer);
      const { refusal, ...examination } = answer.examination;
      return said({ ...examination, refusal: refusal && fromFault(refusal) });
    },
    async read(message) {
      const answer = await call(message.kind, message);
      if (!("received" in answer)) throw unexpected(answer);
      return answer.received;
    },
    async close() {
      await thread?.terminate();
    },
  };
}

function unexpected(answer: Answer): unknown {
  return "fault" in answer ? fromFault(answer.fault) : sourceErrors.fault("SOURCE_INTERNAL", { where: "reader" });
}
