import { documentsOfExam, manifestTimes } from "./archive.ts";
import {
  appendAuditRecords,
  auditExportBroken,
  auditHashOf,
  auditHead,
  auditRecords,
  auditToExport,
  setAuditExported,
} from "./audit.ts";
import { auditSince, purgeAudit, verifyAudit } from "./audit-keeping.ts";
import { counts, heartbeat } from "./counts.ts";
import { timeline } from "./events.ts";
import { dueExams, exam, examOfStudy, exams, examsInRecord, examsOfDocuments, nextDue } from "./exams.ts";
import { importExam } from "./import.ts";
import { installation, setInstallation } from "./installation.ts";
import { advanceJob, cancelJob, job, jobRefusals, jobs, startJob } from "./jobs.ts";
import { examsOfMessage, messageFacts, messages, reconsiderMessage } from "./message-list.ts";
import {
  evidenceOfStudy,
  message,
  messagesEnding,
  messagesOfExam,
  messagesShown,
  reconsiderMessages,
  recordMessage,
  reportsSetAside,
  setMessageAside,
  waitingMessages,
} from "./messages.ts";
import { addStatistics, statistics } from "./statistics.ts";
import { advanceExam, openMessage } from "./steps.ts";
import { currentSubmission, latestSubmission, markAttempt } from "./submissions.ts";
import { keepTraces } from "./traces.ts";

/**
 * Everything that can be asked of the database. Each function runs inside a transaction of the database's thread
 * (`worker.ts`) and is called from the rest of the box through `openStore` as an async function of the same name.
 */
export const operations = {
  addStatistics,
  advanceExam,
  advanceJob,
  appendAuditRecords,
  auditExportBroken,
  auditHashOf,
  auditHead,
  auditRecords,
  auditSince,
  auditToExport,
  cancelJob,
  counts,
  currentSubmission,
  documentsOfExam,
  dueExams,
  evidenceOfStudy,
  exam,
  examOfStudy,
  exams,
  examsInRecord,
  examsOfDocuments,
  examsOfMessage,
  heartbeat,
  importExam,
  installation,
  job,
  jobRefusals,
  jobs,
  keepTraces,
  latestSubmission,
  manifestTimes,
  markAttempt,
  message,
  messageFacts,
  messages,
  messagesEnding,
  messagesOfExam,
  messagesShown,
  nextDue,
  openMessage,
  purgeAudit,
  reconsiderMessage,
  reconsiderMessages,
  recordMessage,
  reportsSetAside,
  setAuditExported,
  setInstallation,
  setMessageAside,
  startJob,
  statistics,
  timeline,
  verifyAudit,
  waitingMessages,
};
