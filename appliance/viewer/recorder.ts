import type { CodedError, Logger } from "../base/index.ts";
import type { Store, Traces } from "../store/index.ts";
import { Rate } from "./rate.ts";
import { loginTraces, type Opened, openingTraces } from "./traces.ts";

export interface RecorderOptions {
  readonly store: Pick<Store, "keepTraces">;
  /** Told of each opening: for the metrics. */
  readonly onOpened?: ((reader: Opened["reader"], code: string | undefined) => void) | undefined;
  readonly now: () => Date;
  readonly log: Logger;
}

type Facts<Told> = Omit<Told, "at">;

export interface Recorder {
  opened(opened: Facts<Opened>): Promise<void>;
  authenticated(
    event: "professional-login" | "professional-logout",
    facts: { readonly address: string; readonly professional: string | undefined; readonly fault?: CodedError },
  ): Promise<void>;
}

/** Refusals of a minute that are recorded, whoever knocks: a flood of them must not fill the trail. */
const REFUSALS_PER_MINUTE = 120;

/** Keeps what happened: in the trail, in the statistics, in the log. */
export function createRecorder({ store, onOpened, now, log }: RecorderOptions): Recorder {
  const refusals = new Rate(REFUSALS_PER_MINUTE);

  /** What cannot be recorded is told: the visitor has his answer. */
  async function keep(traces: Traces, fault: CodedError | undefined): Promise<void> {
    if (fault !== undefined && refusals.count("") > 0) return;
    try {
      await store.keepTraces(traces);
    } catch (error) {
      log.error({ error }, "an opening of a link was not recorded");
    }
  }

  return {
    async opened({ exam, fault, reader, address, milliseconds, ...rest }) {
      const told = { ...rest, exam, fault, reader, address, milliseconds };
      log.info(
        { address, reader, exam: exam?.examId, code: fault?.code, milliseconds: Math.round(milliseconds) },
        "link opened",
      );
      onOpened?.(reader, fault?.code);
      await keep(openingTraces({ ...told, at: now() }), fault);
    },
    async authenticated(event, facts) {
      log.info({ address: facts.address, code: facts.fault?.code }, event);
      await keep(loginTraces(event, { ...facts, at: now() }), facts.fault);
    },
  };
}
