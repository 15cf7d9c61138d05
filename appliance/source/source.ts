import type { Logger } from "../base/index.ts";
import type { Dmp } from "../dmp/index.ts";
import type { PacsGroup } from "../pacs/index.ts";
import type { Exam, Store } from "../store/index.ts";
import { type AdvanceOptions, advance, type Happening } from "./advance.ts";
import { Destination, type DestinationState } from "./destination.ts";
import { sourceErrors } from "./errors.ts";
import type { RetryDelays } from "./exam/delay.ts";
import { examStep } from "./exam/states.ts";
import { createAcceptor } from "./intake/accept.ts";
import type { Environment } from "./intake/identity.ts";
import { createOpener } from "./intake/opener.ts";
import { createReader, type ReadingOptions } from "./intake/reader.ts";
import type { SiteFacts } from "./manifest.ts";
import { prepareExam } from "./prepare.ts";
import { publishExam } from "./publish.ts";
import { faultsOf, waits } from "./scope.ts";
import { Stage } from "./stage.ts";

/** Studies looked for at a time: one association each, and a PACS has other work. */
const SEARCHES = 2;
const DAY_MS = 24 * 3600 * 1000;

export interface SourceOptions extends ReadingOptions {
  readonly store: Store;
  readonly pacs: PacsGroup;
  readonly dmp: Dmp;
  readonly site: SiteFacts;
  readonly environment: Environment;
  readonly delays: RetryDelays;
  /** Days during which an absent study is looked for. */
  readonly studyWaitDays: number;
  /** Publications at a time. */
  readonly publications: number;
  readonly now: () => Date;
  readonly log: Logger;
  /** Told of each step of an exam: for the metrics. */
  readonly onStep?: (event: string, code: string | undefined) => void;
}

/** The source function: takes reports, publishes the manifests of their studies. */
export interface Source {
  /** Takes one HL7 message, gives its acknowledgement. */
  accept(bytes: Buffer, peer: { readonly address: string }): Promise<Buffer>;
  start(): void;
  /** Finishes or interrupts what is in hand; all of it goes on from the store at the next start. */
  stop(): Promise<void>;
  /** A person asks for another try. Rejects with SOURCE_EXAM_UNKNOWN or SOURCE_NOTHING_TO_RETRY. */
  retry(examId: number): Promise<void>;
  /** How the outside systems are doing. */
  destinations(): { readonly name: string; readonly state: DestinationState }[];
}

export function createSource(settings: SourceOptions): Source {
  const options = { ...settings, reader: createReader(settings) };
  const { store, log, now } = options;
  // The breakers count elapsed time: a clock that is set back must not keep them open.
  const common = { delays: options.delays, now: () => performance.now() };
  const pacs = new Destination({ ...common, name: "PACS", faults: faultsOf.PACS, concurrency: SEARCHES });
  const dmp = new Destination({ ...common, name: "DMP", faults: faultsOf.DMP, concurrency: options.publications });
  const advancing: AdvanceOptions = { store, delays: options.delays, now };

  const record = async (exam: Exam, happening: Happening) => {
    await advance(exam, happening, advancing);
    const code = happening.fault?.code;
    options.onStep?.(happening.event, code);
    log.info({ exam: exam.id, event: happening.event, ...(code !== undefined && { code }) }, "exam advanced");
    if (happening.event === "prepared") publishing.wake();
  };

  const staging = { store, now, log, record, longestDelayMs: options.delays.longestMs };
  const searching = new Stage({
    state: "searching",
    ...staging,
    destination: pacs,
    work: async (exam, signal) => absentTooLong(await search(exam, signal), exam, options),
    failed: (_exam, fault) => ({ event: waits(fault) ? "fault" : "doubted", fault }),
  });
  const publishing = new Stage({
    state: "publishing",
    ...staging,
    destination: dmp,
    work: (exam, signal) => publishExam(exam, options, signal),
    failed: (_exam, fault) =>
      waits(fault) ? { event: "fault", fault } : { event: "refused", fault, settle: { state: "refused" } },
  });

  /** A search that asks the registry of an earlier submission goes by the DMP's breaker, and leaves it room again. */
  const registry: Pick<Dmp, "prepare" | "find"> = {
    ...options.dmp,
    find: (...question) => dmp.run(() => options.dmp.find(...question)).finally(() => publishing.wake()),
  };

  async function search(exam: Exam, signal: AbortSignal): Promise<Happening> {
    const found = await prepareExam(exam, { ...options, dmp: registry }, signal);
    if (found.event !== "registered") return found;
    const { entryUUID, ...rest } = found;
    return { ...rest, settle: { state: "accepted", entryUUID } };
  }

  /** What another version of the software could not read is tried again, once a start. */
  async function reconsider(): Promise<void> {
    try {
      if ((await store.reconsiderMessages()) > 0) opener.wake();
    } catch (error) {
      log.error({ error }, "messages set aside were not reconsidered");
    }
  }

  const opener = createOpener({ ...options, onOpened: () => searching.wake() });
  const accept = createAcceptor({ ...options, onAccepted: () => opener.wake() });

  return {
    accept,
    start() {
      void reconsider();
      for (const part of [opener, searching, publishing]) part.start();
    },
    async stop() {
      await Promise.all([opener, searching, publishing].map((part) => part.stop()));
      await options.reader.close();
    },
    async retry(id) {
      const exam = await store.exam({ id });
      if (exam === undefined) throw sourceErrors.fault("SOURCE_EXAM_UNKNOWN", { details: { exam: id } });
      if (examStep(exam.state, "retried") === undefined) {
        throw sourceErrors.fault("SOURCE_NOTHING_TO_RETRY", { details: { exam: id, state: exam.state } });
      }
      await record(exam, { event: "retried" });
      for (const stage of [searching, publishing]) stage.wake();
    },
    destinations: () => [pacs, dmp].map(({ name, state }) => ({ name, state })),
  };
}

/** A study that stays away for days is a matter for a person. */
function absentTooLong(happening: Happening, exam: Exam, options: SourceOptions): Happening {
  if (happening.event !== "absent") return happening;
  const waited = options.now().getTime() - exam.since.getTime();
  if (waited < options.studyWaitDays * DAY_MS) return happening;
  const fault = sourceErrors.fault("SOURCE_STUDY_NOT_FOUND", { details: { days: options.studyWaitDays } });
  return { event: "doubted", fault };
}
