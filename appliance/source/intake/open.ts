import { CodedError, type Logger } from "../../base/index.ts";
import type { ExamOpening, Store, WaitingMessage } from "../../store/index.ts";
import { decide, type Situation } from "./decide.ts";
import type { Environment } from "./identity.ts";
import { judge } from "./judge.ts";
import { type ReadingOptions, type ReceivedReport, readReceived, structureOf, studiesOf } from "./report.ts";

export interface OpenOptions extends ReadingOptions {
  readonly store: Pick<Store, "examOfStudy" | "messagesOfExam" | "documentDigests" | "openReport">;
  readonly environment: Environment;
  readonly now: () => Date;
  readonly log: Logger;
}

/** An exam may change while a report is being opened on it; the decision is then taken again, this often at most. */
const DECISIONS = 5;

/**
 * Opens one accepted message: decides what it makes of each exam it names, and applies it whole, once.
 * The decision is in `decide`; this loop only takes it again when an exam moved meanwhile.
 */
export async function openMessage(message: WaitingMessage, options: OpenOptions): Promise<void> {
  const received = readReceived(message, options);
  const { documentId, documentDigest } = received;
  for (let attempt = 1; ; attempt++) {
    const exams = await decideAll(received, options);
    try {
      const opened = { messageId: message.id, documentId, documentDigest, at: message.receivedAt, exams };
      await options.store.openReport(opened);
      options.log.info({ message: message.id, exams: exams.length }, "report opened");
      return;
    } catch (error) {
      const moved = error instanceof CodedError && error.code === "STORE_CONFLICT";
      if (!moved || attempt === DECISIONS) throw error;
    }
  }
}

async function decideAll(received: ReceivedReport, options: OpenOptions): Promise<ExamOpening[]> {
  const { store, environment } = options;
  const structure = structureOf(received.header) ?? "";
  const document = await familiarity(received, store);
  const openings: ExamOpening[] = [];
  for (const studyInstanceUID of studiesOf(received.header)) {
    const known = await store.examOfStudy({ structure, studyInstanceUID });
    const earlier = known === undefined ? [] : await store.messagesOfExam({ examId: known.id });
    const judgement = judge([...earlier.map((one) => readReceived(one, options)), received], environment);
    const at = options.now();
    openings.push(decide({ structure, studyInstanceUID, received, judgement, document, known, at }));
  }
  return openings;
}

async function familiarity(
  { documentId, documentDigest }: ReceivedReport,
  store: OpenOptions["store"],
): Promise<Situation["document"]> {
  const digests = await store.documentDigests({ documentId });
  if (digests.length === 0) return "new";
  const latest = digests.at(-1) as Uint8Array;
  return Buffer.compare(latest, documentDigest) === 0 ? "repeated" : "changed";
}
