import { CodedError, type Logger } from "../../base/index.ts";
import type { Store, StoredMessage } from "../../store/index.ts";
import { type OpenOptions, openMessage } from "./open.ts";

/** Messages read from the store at a time: they may be large. */
const PAGE = 8;
/** Rest before messages that could not be opened are tried again. */
const RETRY_MS = 30_000;

export interface OpenerOptions extends Omit<OpenOptions, "store"> {
  readonly store: OpenOptions["store"] & Pick<Store, "waitingMessages" | "setMessageAside">;
  readonly log: Logger;
  /** Exams may have become due. */
  readonly onOpened: () => void;
}

/**
 * Opens accepted messages one by one, in the order in which they came: what comes on one study is opened in order.
 * One that cannot be opened is set aside or waits, is told in the log, and does not hold up the others.
 */
export function createOpener(options: OpenerOptions): { start(): void; wake(): void; stop(): Promise<void> } {
  let stopped = false;
  let woken = false;
  let wakeUp: () => void = () => {};
  let loop: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (!stopped) {
      woken = false;
      const left = await openAll();
      if (!woken && !stopped) await sleep(left ? RETRY_MS : undefined);
    }
  }

  /** True when something could not be opened. */
  async function openAll(): Promise<boolean> {
    let failures = false;
    let after = 0;
    for (;;) {
      const page = await read(after);
      if (page === undefined) return true;
      for (const message of page) {
        if (stopped) return failures;
        if (!(await open(message))) failures = true;
        after = message.id;
      }
      if (page.length < PAGE) return failures;
    }
  }

  async function read(after: number): Promise<StoredMessage[] | undefined> {
    try {
      return await options.store.waitingMessages({ after, limit: PAGE });
    } catch (error) {
      options.log.error({ error }, "waiting messages could not be read");
      return undefined;
    }
  }

  async function open(message: StoredMessage): Promise<boolean> {
    try {
      await openMessage(message, options);
      options.onOpened();
      return true;
    } catch (error) {
      options.log.error({ message: message.id, error }, "message not opened");
      return setAside(message.id, error);
    }
  }

  /** What no other try will open leaves the way: a person sees it counted, another version reads it again. */
  async function setAside(id: number, error: unknown): Promise<boolean> {
    if (!(error instanceof CodedError) || error.retry === "later") return false;
    try {
      await options.store.setMessageAside({ id, code: error.code });
      return true;
    } catch {
      return false;
    }
  }

  function sleep(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    start() {
      loop = run();
    },
    wake() {
      woken = true;
      wakeUp();
    },
    async stop() {
      stopped = true;
      wakeUp();
      await loop;
    },
  };
}
