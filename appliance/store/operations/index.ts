import { counts, heartbeat } from "./counts.ts";
import { timeline } from "./events.ts";
import { advanceExam, dueExams, exam, examOfStudy, exams, examsOfDocument, nextDue, openReport } from "./exams.ts";
import { messagesOfExam, reconsiderMessages, recordMessage, setMessageAside, waitingMessages } from "./messages.ts";
import { latestSubmission } from "./submissions.ts";

/**
 * Everything that can be asked of the database. Each function runs inside a transaction of the database's thread
 * (`worker.ts`) and is called from the rest of the box through `openStore` as an async function of the same name.
 */
export const operations = {
  advanceExam,
  counts,
  dueExams,
  exam,
  examOfStudy,
  exams,
  examsOfDocument,
  heartbeat,
  latestSubmission,
  messagesOfExam,
  nextDue,
  openReport,
  reconsiderMessages,
  recordMessage,
  setMessageAside,
  timeline,
  waitingMessages,
};
