import { CodedError, type Logger } from "../../base/index.ts";
import type { ExamOpening, Store, WaitingMessage } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import { decide } from "./decide.ts";
import type { Environment } from "./identity.ts";
import { judge, parkedBy } from "./judge.ts";
import { type ReadingOptions, readReceived, structureOf, studiesOf } from "./report.ts";

export interface OpenOptions extends ReadingOptions {
  readonly store: Pick<Store, "examOfStudy" | "documentDigests" | "openReport">;
  readonly environment: Environment;
  readonly now: () => Date;
  readonly log: Logger;
}

/** An exam may change while a report is being opened on it; the decision is then taken again, this often at most. */
const DECISIONS = 5;

/**
 * Opens one accepted message: decides what it makes of each exam it names, and applies it whole, once.
 * The decision is in `decide`; this loop only takes it again when the exam moved meanwhile.
 */
export async function openMessage(message: WaitingMessage, options: OpenOptions): Promise<void> {
  const received = readReceived(message, options);
  const { documentId, documentDigest, header } = received;
  const start = judge(received, options.environment);
  const structure = structureOf(header) ?? "";
  for (let attempt = 1; ; attempt++) {
    const digests = await options.store.documentDigests({ documentId });
    const repeated = digests.some((digest) => Buffer.compare(digest, documentDigest) === 0);
    const reused = digests.length > 0 && !repeated;
    const exams: ExamOpening[] = [];
    for (const studyInstanceUID of studiesOf(header)) {
      const known = await options.store.examOfStudy({ structure, studyInstanceUID });
      const opening = { start: reused ? parkedBy([sourceErrors.fault("SOURCE_REPORT_ID_REUSED")]) : start, repeated };
      exams.push(decide({ ...opening, structure, studyInstanceUID, received, known, at: options.now() }));
    }
    try {
      await options.store.openReport({
        messageId: message.id,
        documentId,
        documentDigest,
        at: message.receivedAt,
        exams,
      });
      options.log.info({ message: message.id, exams: exams.length }, "report opened");
      return;
    } catch (error) {
      const moved = error instanceof CodedError && error.code === "STORE_CONFLICT";
      if (!moved || attempt === DECISIONS) throw error;
    }
  }
}
