import { type BreakerState, CodedError, type Logger, said } from "../base/index.ts";
import { type Dmp, isInForce } from "../dmp/index.ts";
import { createPacsGroup, type Pacs, type ReceivedNoteObject } from "../pacs/index.ts";
import type { AuditUser, Exam, Store } from "../store/index.ts";
import { sourceErrors } from "./errors.ts";
import { type AdvanceOptions, advance, type Happening } from "./exam/advance.ts";
import { type Decision, effectOf } from "./exam/decisions.ts";
import type { RetryDelays } from "./exam/delay.ts";
import { type ExamEvent, examStep } from "./exam/states.ts";
import { createAcceptor } from "./intake/accept.ts";
import type { Domains } from "./intake/domains.ts";
import type { Environment } from "./intake/identity.ts";
import { createNoteAcceptor } from "./intake/note.ts";
import { createOpener } from "./intake/opener.ts";
import { createReader, type ReadingOptions } from "./intake/reader.ts";
import { createLinks, type Links } from "./link/links.ts";
import { look } from "./look/look.ts";
import type { SiteFacts } from "./look/manifest.ts";
import { successorOf } from "./look/predecessor.ts";
import { fromStored } from "./look/submission.ts";
import { publishExam } from "./publish.ts";
import { createTools, type Tools } from "./tools/index.ts";
import type { Hours } from "./work/bounds.ts";
import { Crew } from "./work/crew.ts";
import { createNeighbours } from "./work/neighbours.ts";
import { waits } from "./work/scope.ts";
import { type Gate, Stage, type StageOptions } from "./work/stage.ts";

/** Studies looked for at a time: one association each, and a PACS has other work. */
const SEARCHES = 2;
/** Of those that nobody waits for. */
const CHECKS = 1;
/** An exam may move while a person decides on it; the decision is then applied again, this often at most. */
const DECISIONS = 5;
const DAY_MS = 24 * 3600 * 1000;
const HOUR_MS = 3600 * 1000;

export interface SourceOptions extends ReadingOptions {
  readonly store: Store;
  readonly pacs: readonly Pacs[];
  /** Those of each PACS. */
  readonly domains: readonly Domains[];
  readonly dmp: Dmp;
  /** Of the record, for the audit trail. */
  readonly recordAddress: string;
  readonly site: SiteFacts & { readonly contact?: string };
  /** Version of this software, for the archives that it exports. */
  readonly version: string;
  /** Of the box, where no archive goes. */
  readonly dataFolder: string;
  /** OID of this installation. */
  readonly installation: string;
  readonly environment: Environment;
  readonly delays: RetryDelays;
  /** Days during which an absent study is looked for. */
  readonly studyWaitDays: number;
  /** Hours after publication at which images that were added are looked for, each counted from the look before. */
  readonly recheckHours: readonly number[];
  /** Publications at a time. */
  readonly publications: number;
  readonly publicationsPerMinute: number;
  /** Of the day, when publications may start; always when absent. */
  readonly publicationHours?: Hours;
  /** How long a submission that was sent and not answered may still take effect, in milliseconds. */
  readonly answerGraceMs: number;
  /** When the box was restored from a backup, if it was. */
  readonly restoredAt?: Date;
  /** Assigning authority of the study UID in the record's references, where the record wants one. */
  readonly studyAuthority?: string;
  readonly now: () => Date;
  readonly log: Logger;
  /** Told of a study whose images must not be sent any more. */
  readonly onWithdrawal?: (studyInstanceUID: string) => void;
  /** Told of a study whose manifest has just come into the record. */
  readonly onPublication?: (studyInstanceUID: string) => void;
  /** Told of each step of an exam: for the metrics. */
  readonly onStep?: (event: string, code: string | undefined) => void;
}

/** The source function: takes reports, keeps the manifests of their studies true in the record. */
export interface Source {
  /** Takes one HL7 message, gives its acknowledgement. */
  accept(bytes: Buffer, peer: { readonly address: string }): Promise<Buffer>;
  /** Takes one rejection note of a PACS; resolves once it is kept. */
  acceptNote(received: ReceivedNoteObject): Promise<void>;
  start(): void;
  /** Finishes or interrupts what is in hand; all of it goes on from the store at the next start. */
  stop(): Promise<void>;
  /** A person asks for another try. Rejects with SOURCE_EXAM_UNKNOWN. */
  retry(examId: number, operator?: AuditUser): Promise<void>;
  /** A person decides. Rejects with SOURCE_EXAM_UNKNOWN, SOURCE_MESSAGE_UNKNOWN or SOURCE_NOTHING_TO_DECIDE. */
  decide(examId: number, decision: Decision, operator?: AuditUser): Promise<void>;
  /** A tool asks for a look at an exam; false when the exam is busy and will be looked at anyway. */
  ask(examId: number, event: Extract<ExamEvent, "resynced" | "readdressed">): Promise<boolean>;
  /** The operator's tools; their jobs run while the source does. */
  readonly tools: Tools;
  /** What the links of reports open. */
  readonly links: Links;
  /** How the outside systems are doing. */
  destinations(): { readonly name: string; readonly state: BreakerState }[];
}

export function createSource(settings: SourceOptions): Source {
  const { store, log, now } = settings;
  const neighbours = createNeighbours({ ...settings, looks: SEARCHES + CHECKS });
  const { archives, pacs, registry } = neighbours;
  const options = { ...settings, pacs, dmp: registry, reader: createReader(settings) };
  const advancing: AdvanceOptions = {
    store,
    delays: settings.delays,
    rechecks: settings.recheckHours.map((hours) => hours * HOUR_MS),
    recordAddress: settings.recordAddress,
    now,
  };

  const wake = () => {
    for (const one of Object.values(stages)) one.wake();
  };
  const record = async (exam: Exam, happening: Happening) => {
    await advance(exam, happening, advancing);
    const code = happening.fault?.code;
    if (happening.submission?.kind === "withdraw" || happening.decision?.withheld === true) {
      settings.onWithdrawal?.(exam.studyInstanceUID);
    }
    if (happening.event === "published") settings.onPublication?.(exam.studyInstanceUID);
    settings.onStep?.(happening.event, code);
    log.info({ exam: exam.id, event: happening.event, ...(code !== undefined && { code }) }, "exam advanced");
    const next = examStep(exam.state, happening.event);
    if (next?.again === "now") stages[next.to]?.wake();
  };

  const inHand = new Set<number>();
  const stage = (state: Exam["state"], gate: Gate, rest: Pick<StageOptions, "work" | "failed">) => {
    const longestDelayMs = state === "published" ? Math.max(0, ...advancing.rechecks) : settings.delays.longestMs;
    return new Stage({ state, gate, inHand, onFree: wake, store, now, log, record, longestDelayMs, ...rest });
  };
  const looking: Pick<StageOptions, "work" | "failed"> = {
    work: async (exam, signal) => absentTooLong(await look(exam, options, signal), exam, settings),
    failed: (_exam, fault) => ({ event: waits(fault) ? "fault" : "doubted", fault }),
  };
  const searching = stage("searching", new Crew(SEARCHES, archives), looking);
  const checking = stage("checking", new Crew(CHECKS, archives), looking);
  const publishing = stage("publishing", neighbours.record, {
    work: (exam, signal) => publishExam(exam, settings, signal),
    failed: (_exam, fault) => ({ event: "fault", fault }),
  });
  const published = stage("published", open, {
    work: async () => ({ event: "due" }),
    failed: (_exam, fault) => ({ event: "due", fault }),
  });
  const stages: Partial<Record<Exam["state"], Stage>> = { searching, checking, publishing, published };

  /** What another version of the software could not read is tried again, once a start. */
  async function reconsider(): Promise<void> {
    try {
      if ((await store.reconsiderMessages()) > 0) opener.wake();
    } catch (error) {
      log.error({ error }, "messages set aside were not reconsidered");
    }
  }

  const opener = createOpener({ ...options, onOpened: wake });
  const accepting = { store, now, log, reader: options.reader, onAccepted: () => opener.wake() };
  const parts = [opener, ...Object.values(stages)];

  async function known(id: number): Promise<Exam> {
    const exam = await store.exam({ id });
    if (exam === undefined) throw sourceErrors.fault("SOURCE_EXAM_UNKNOWN", { details: { exam: id } });
    return exam;
  }

  /** Publishing anew what can still be read would show it twice. */
  async function requireGone(exam: Exam): Promise<void> {
    const current = await store.currentSubmission({ examId: exam.id });
    const held = current && fromStored(current);
    const entry = held && (await registry.find(held.documentUniqueId, held));
    const { signal } = new AbortController();
    const other = held && (await successorOf(exam, held, { ...settings, dmp: registry }, signal));
    if ((entry !== undefined && isInForce(entry)) || other !== undefined) {
      throw sourceErrors.fault("SOURCE_STILL_IN_RECORD");
    }
  }

  const accept = createAcceptor(accepting);
  /** Does what a person asked for on the exam as it is now, again when it moved meanwhile. */
  async function decided(id: number, decide: (exam: Exam) => Promise<Happening>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const exam = await known(id);
      try {
        return await record(exam, await decide(exam));
      } catch (error) {
        const moved = error instanceof CodedError && error.code === "STORE_CONFLICT";
        if (!moved || attempt === DECISIONS) throw error;
      }
    }
  }

  const retry: Source["retry"] = (id, operator) => decided(id, async () => said({ event: "retried", operator }));
  const ask: Source["ask"] = async (id, event) => {
    const exam = await known(id);
    if (examStep(exam.state, event) === undefined) return false;
    await record(exam, { event });
    return true;
  };
  const { site, version } = settings;
  const tools = createTools({
    ...options,
    ...{ accept, retry, ask, wake: () => opener.wake() },
    dmp: settings.dmp,
    archives: settings.pacs,
    publicAddress: site.publicAddress,
    dataFolder: settings.dataFolder,
    archive: {
      site: said({ name: site.name, identifier: settings.installation, contact: site.contact }),
      software: { name: site.manufacturer, version, manufacturer: site.manufacturer },
    },
  });

  /** Takes up the jobs that were interrupted. */
  async function resume(): Promise<void> {
    try {
      await tools.jobs.start();
    } catch (error) {
      log.error({ error }, "jobs were not taken up again");
    }
  }

  return {
    accept,
    acceptNote: createNoteAcceptor({ ...accepting, onRejected: settings.onWithdrawal }),
    start() {
      void reconsider();
      for (const part of parts) part.start();
      void resume();
    },
    async stop() {
      await tools.jobs.stop();
      await Promise.all(parts.map((part) => part.stop()));
      await options.reader.close();
    },
    retry,
    decide: (id, decision, operator) =>
      decided(id, async (exam) => {
        const messages = await store.messagesShown({ examId: id });
        if (decision.kind === "republish") await requireGone(exam);
        return said({
          ...{ event: "decided", facts: { ...decision }, operator },
          decision: effectOf(decision, exam, messages),
        });
      }),
    ask,
    tools,
    // A person waits: these questions take no turn among the searches, which may be thousands.
    links: createLinks({ ...options, pacs: createPacsGroup(settings.pacs) }),
    destinations: () => [...archives, neighbours.record].map(({ name, state }) => ({ name, state })),
  };
}

/** The gate of work that needs nobody. */
const open: Gate = { room: SEARCHES, opensAgainIn: undefined, run: (work) => work() };

/**
 * A study that stays away for days is a matter for a person. Days in which it was looked for: a clock that jumps ahead, or a
 * box that was off, is no waiting, and at least half of the looks that the days hold must have been made.
 */
function absentTooLong(
  happening: Happening,
  exam: Exam,
  options: Pick<SourceOptions, "now" | "studyWaitDays" | "delays">,
): Happening {
  if (happening.event !== "absent") return happening;
  const waited = options.now().getTime() - exam.since.getTime();
  const patience = options.studyWaitDays * DAY_MS;
  if (waited < patience || exam.attempts < patience / options.delays.longestMs / 2) return happening;
  const fault = sourceErrors.fault("SOURCE_STUDY_NOT_FOUND", { details: { days: options.studyWaitDays } });
  return { event: "doubted", fault };
}
