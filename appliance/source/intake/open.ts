import { isDeepStrictEqual } from "node:util";
import { CodedError, type Logger } from "../../base/index.ts";
import type { ExamOpening, Store, WaitingMessage } from "../../store/index.ts";
import { decide, type Situation } from "./decide.ts";
import type { Environment } from "./identity.ts";
import { judge } from "./judge.ts";
import type { ReportReader } from "./reader.ts";
import { type ReceivedReport, studiesOf } from "./report.ts";

export interface OpenOptions {
  readonly reader: Pick<ReportReader, "read">;
  readonly store: Pick<Store, "examOfStudy" | "examsOfDocument" | "messagesOfExam" | "openReport">;
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
  const received = await options.reader.read(message);
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
  // The exams that an earlier version of the document named are concerned, too.
  const former = await store.examsOfDocument({ documentId: received.documentId });
  const studies = new Set([...studiesOf(received.header), ...former.map((exam) => exam.studyInstanceUID)]);
  const openings: ExamOpening[] = [];
  for (const studyInstanceUID of studies) {
    const known = await store.examOfStudy({ studyInstanceUID });
    const messages = known === undefined ? [] : await store.messagesOfExam({ examId: known.id });
    const earlier = await Promise.all(messages.map((one) => options.reader.read(one)));
    const judgement = judge([...earlier, received], studyInstanceUID, environment);
    const document = familiarity(received, earlier);
    openings.push(decide({ studyInstanceUID, received, judgement, document, known, at: options.now() }));
  }
  return openings;
}

/** A document sent again says the same when its content, its flags, its patient and its sender are the same. */
function familiarity(received: ReceivedReport, earlier: readonly ReceivedReport[]): Situation["document"] {
  const former = earlier.findLast(({ documentId }) => documentId === received.documentId);
  if (former === undefined) return "new";
  const substance = ({ documentDigest, message: { flags, patient, sender, visit } }: ReceivedReport) => ({
    documentDigest: Buffer.from(documentDigest).toString("hex"),
    flags,
    patient,
    sender,
    visit,
  });
  return isDeepStrictEqual(substance(former), substance(received)) ? "repeated" : "changed";
}
