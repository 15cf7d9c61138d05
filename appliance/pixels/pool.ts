import { Worker } from "node:worker_threads";
import { type CodedError, said } from "../base/index.ts";
import { fault } from "./errors.ts";
import { pixelsLimits } from "./limits.ts";
import type { Frame, FrameOptions, Task, Urgency } from "./model.ts";
import type { Answer, Failure, Request } from "./protocol.ts";
import { Room, URGENCIES } from "./room.ts";

export interface PoolOptions {
  /** Threads at most. */
  readonly workers: number;
  /** Milliseconds for one frame. */
  readonly frameMs: number;
  /** The thread's code. */
  readonly entry: URL;
}

interface Job {
  readonly request: Request;
  /** What the frame takes of the memory for those that wait. */
  readonly place: Disposable;
  settle(answer: Answer | CodedError): void;
}

/**
 * Threads that take one frame at a time. One that dies, or takes too long, is replaced when there is work for another; only the
 * frame that it had is lost. Frames that wait are read when there is room for them, and not before.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #waiting: Record<Urgency, Set<Job>> = { now: new Set(), soon: new Set(), background: new Set() };
  readonly #room = new Room(pixelsLimits.waitingBytes);
  /** Frames that were given and have not come back. */
  #given = 0;
  readonly #threads = new Set<Thread>();
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * Has the task done. The buffer of the frame is given away if the frame is all of it. Rejects with the reason of the signal, with
   * PIXELS_TOO_LARGE, PIXELS_BUSY or PIXELS_CLOSED, and the frame was not read; with what reading it fails of; with
   * PIXELS_WORKER_DIED or PIXELS_TOO_SLOW, and with what the task fails of.
   */
  async run(task: Task, frame: Frame, options: FrameOptions): Promise<Uint8Array<ArrayBuffer>> {
    options.signal?.throwIfAborted();
    if (this.#closed) throw fault("PIXELS_CLOSED");
    const limit = pixelsLimits.frameBytes;
    if (frame.length > limit) throw fault("PIXELS_TOO_LARGE", { details: { bytes: frame.length, limit } });
    if (this.#given === pixelsLimits.waitingFrames) throw fault("PIXELS_BUSY");
    this.#given += 1;
    try {
      using place = await this.#room.take(frame.length, options);
      const request = { task, frame: owned("read" in frame ? await frame.read() : frame) };
      return await this.#done(request, place, options);
    } finally {
      this.#given -= 1;
    }
  }

  /** Waits for a thread, and for what it answers. */
  async #done(
    request: Request,
    place: Disposable,
    { urgency, signal }: FrameOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    signal?.throwIfAborted();
    if (this.#closed) throw fault("PIXELS_CLOSED");
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
    const settle = (answer: Answer | CodedError) => {
      if (answer instanceof Error) reject(answer);
      else if ("result" in answer) resolve(answer.result);
      else reject(toFault(answer.failure));
    };
    const job: Job = { request, place, settle };
    // What is under way is finished unseen: it takes no longer than a new thread would need to begin.
    const abort = () => {
      this.#waiting[urgency].delete(job);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort);
    this.#waiting[urgency].add(job);
    this.#dispatch();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Ends the threads; what waits or is under way rejects with PIXELS_CLOSED. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#room.close(fault("PIXELS_CLOSED"));
    for (const urgency of URGENCIES) {
      for (const job of this.#waiting[urgency]) job.settle(fault("PIXELS_CLOSED"));
      this.#waiting[urgency].clear();
    }
    await Promise.all([...this.#threads].map((thread) => thread.end(fault("PIXELS_CLOSED"))));
  }

  #dispatch(): void {
    for (;;) {
      const urgency = URGENCIES.find((one) => this.#waiting[one].size > 0);
      if (urgency === undefined) return;
      const [job] = this.#waiting[urgency];
      const thread = this.#idle();
      if (job === undefined || thread === undefined) return;
      this.#waiting[urgency].delete(job);
      thread.begin(job);
      job.place[Symbol.dispose]();
    }
  }

  #idle(): Thread | undefined {
    for (const thread of this.#threads) if (thread.idle) return thread;
    if (this.#threads.size >= this.#options.workers) return undefined;
    const thread: Thread = new Thread(this.#options, {
      free: () => this.#dispatch(),
      gone: () => {
        this.#threads.delete(thread);
        if (!this.#closed) this.#dispatch();
      },
    });
    this.#threads.add(thread);
    return thread;
  }
}

/** One thread, and the frame that it has. */
class Thread {
  readonly #worker: Worker;
  readonly #frameMs: number;
  readonly #exited: Promise<void>;
  #job: Job | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ending = false;

  constructor({ entry, frameMs }: PoolOptions, { free, gone }: { free(): void; gone(): void }) {
    this.#frameMs = frameMs;
    const resourceLimits = { maxOldGenerationSizeMb: pixelsLimits.heapMb };
    // What a codec prints is nothing for the log, and it needs to know nothing of the box.
    this.#worker = new Worker(entry, { resourceLimits, env: {}, stdout: true, stderr: true });
    this.#worker.unref();
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.on("message", (answer: Answer) => {
      if (answer.heldBytes > pixelsLimits.heldBytes) this.#ending = true;
      this.#settle(answer);
      if (this.#ending) return void this.#worker.terminate();
      this.#timer = setTimeout(() => void this.end(fault("PIXELS_CLOSED")), pixelsLimits.idleMs).unref();
      free();
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    this.#worker.on("error", (cause) => {
      // It is gone, though it says so a little later: nothing may be given to it in between.
      this.#ending = true;
      this.#settle(fault("PIXELS_WORKER_DIED", { cause }));
    });
    this.#worker.on("exit", () => {
      this.#ending = true;
      this.#settle(fault("PIXELS_WORKER_DIED"));
      resolve();
      gone();
    });
  }

  get idle(): boolean {
    return this.#job === undefined && !this.#ending;
  }

  begin(job: Job): void {
    clearTimeout(this.#timer);
    this.#job = job;
    // While there is work, the process waits for it.
    this.#worker.ref();
    const seconds = Math.ceil(this.#frameMs / 1000);
    this.#timer = setTimeout(() => void this.end(fault("PIXELS_TOO_SLOW", { details: { seconds } })), this.#frameMs);
    const { request } = job;
    this.#worker.postMessage(request, [request.frame.buffer]);
  }

  async end(reason: CodedError): Promise<void> {
    this.#ending = true;
    this.#settle(reason);
    void this.#worker.terminate();
    await this.#exited;
  }

  #settle(answer: Answer | CodedError): void {
    clearTimeout(this.#timer);
    const job = this.#job;
    this.#job = undefined;
    this.#worker.unref();
    job?.settle(answer);
  }
}

function toFault({ code, where, details }: Failure): CodedError {
  return fault(code, said({ where, details }));
}

/** A buffer of several owners is copied. */
function owned(frame: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = frame;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(frame);
}
