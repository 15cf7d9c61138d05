import type { CodedError, Logger } from "../base/index.ts";
import type { Store, Traces } from "../store/index.ts";
import { viewerErrors } from "./errors.ts";
import { Rate } from "./rate.ts";
import { leftOutTraces, loginTraces, type Opened, openingTraces } from "./traces.ts";

export interface RecorderOptions {
  readonly store: Pick<Store, "keepTraces">;
  /** Told of each opening: for the metrics. */
  readonly onOpened?: ((reader: Opened["reader"], code: string | undefined) => void) | undefined;
  readonly now: () => Date;
  readonly log: Logger;
}

type Facts<Told> = Omit<Told, "at">;

/** Both reject with VIEWER_NOT_RECORDED when a professional would be let see what nobody could tell later. */
export interface Recorder {
  opened(opened: Facts<Opened>): Promise<void>;
  authenticated(
    event: "professional-login" | "professional-logout",
    facts: { readonly address: string; readonly professional: string | undefined; readonly fault?: CodedError },
  ): Promise<void>;
  /** Tells what it still has to tell. */
  close(): Promise<void>;
}

/** Refusals of a minute that are recorded of strangers, of one subscriber and in all: a flood must not fill the trail. */
const OF_ONE_PER_MINUTE = 30;
const IN_ALL_PER_MINUTE = 600;
const MINUTE_MS = 60_000;

/** Keeps what happened: in the trail, in the statistics, in the log. */
export function createRecorder({ store, onOpened, now, log }: RecorderOptions): Recorder {
  const ofOne = new Rate(OF_ONE_PER_MINUTE);
  const inAll = new Rate(IN_ALL_PER_MINUTE);
  let leftOut = { count: 0, address: "" };
  let minute: NodeJS.Timeout | undefined;

  /** Is it one refusal too many? What names a professional never is. */
  function isTooMuch({ address, professional, fault }: Pick<Opened, "address" | "professional" | "fault">): boolean {
    if (fault === undefined || professional !== undefined) return false;
    if (ofOne.count(address) === 0 && inAll.count("") === 0) return false;
    leftOut = { count: leftOut.count + 1, address };
    minute ??= setTimeout(() => void tellLeftOut(), MINUTE_MS).unref();
    return true;
  }

  async function tellLeftOut(): Promise<void> {
    clearTimeout(minute);
    minute = undefined;
    const told = leftOut;
    leftOut = { count: 0, address: "" };
    if (told.count > 0) await keep(leftOutTraces({ ...told, at: now() }));
  }

  /** False when it could not be kept. */
  async function keep(traces: Traces): Promise<boolean> {
    try {
      await store.keepTraces(traces);
      return true;
    } catch (error) {
      log.error({ error }, "an opening of a link was not recorded");
      return false;
    }
  }

  return {
    async opened(opened) {
      const { exam, fault, reader, address, milliseconds, professional } = opened;
      log.info(
        { address, reader, exam: exam?.examId, code: fault?.code, milliseconds: Math.round(milliseconds) },
        "link opened",
      );
      onOpened?.(reader, fault?.code);
      if (isTooMuch(opened)) return;
      const kept = await keep(openingTraces({ ...opened, at: now() }));
      if (!kept && fault === undefined && professional !== undefined) throw viewerErrors.fault("VIEWER_NOT_RECORDED");
    },
    async authenticated(event, facts) {
      const { address, fault } = facts;
      log.info({ address, code: fault?.code }, event);
      if (isTooMuch({ ...facts, fault })) return;
      const kept = await keep(loginTraces(event, { ...facts, at: now() }));
      if (!kept && fault === undefined && event === "professional-login")
        throw viewerErrors.fault("VIEWER_NOT_RECORDED");
    },
    close: tellLeftOut,
  };
}
