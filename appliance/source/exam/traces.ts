import {
  manifestSubmitted,
  messageRefused,
  noteReceived,
  operatorAction,
  orderReceived,
  reportReceived,
} from "../../audit/index.ts";
import type { CodedError } from "../../base/index.ts";
import type { ReportHeader } from "../../cda/index.ts";
import type { Submission } from "../../dmp/index.ts";
import type { StatisticKind } from "../../statistics/index.ts";
import type {
  AuditPatient,
  AuditUser,
  Exam,
  NewStatistic,
  StoredMessage,
  StoredSubmission,
  Traces,
} from "../../store/index.ts";
import { type ReceivedMessage, studiesOf } from "../intake/report.ts";
import type { Happening } from "./advance.ts";

/** What a message that is opened leaves in the audit trail and the statistics (DB.SO.43). */
export function openedTraces(received: ReceivedMessage, { receivedAt: at, peer: address }: StoredMessage): Traces {
  if (received.kind === "note") {
    const { sopInstanceUID, patientID, studies } = received.note;
    const record = noteReceived({
      at,
      peer: { id: address, address },
      patients: patientID === "" ? [] : [{ id: patientID }],
      studies: studies.map(({ studyInstanceUID }) => studyInstanceUID),
      documents: [sopInstanceUID],
      instances: studies.flatMap(({ series }) => series.flatMap(({ instances }) => instances)).length,
    });
    return { audit: [record], statistics: [statistic(at, "note-received")] };
  }
  const message = received.kind === "order" ? received.order : received.message;
  const common = {
    at,
    peer: { id: `${message.sendingApplication}|${message.sendingFacility}`, address },
    controlId: message.controlId,
    patients: message.patient.identifiers.map(({ value, authority }): AuditPatient => {
      return authority.oid === undefined ? { id: value } : { id: value, authority: authority.oid };
    }),
  };
  if (received.kind === "order") {
    const studies = received.order.orders.map(({ studyInstanceUID }) => studyInstanceUID);
    return { audit: [orderReceived({ ...common, studies })], statistics: [statistic(at, "order-received")] };
  }
  const { header, documentId } = received;
  const record = reportReceived({
    ...common,
    users: header === undefined ? [] : professionals(header),
    studies: header === undefined ? [] : studiesOf(header),
    documents: [documentId],
  });
  return { audit: [record], statistics: [statistic(at, "report-received")] };
}

/** What a message that is refused at the door leaves. */
export function refusedTraces(
  { sender, controlId, at, address }: { sender: string; controlId: string; at: Date; address: string },
  fault: CodedError,
): Traces {
  const record = messageRefused({ at, peer: { id: sender, address }, controlId, fault });
  return { audit: [record], statistics: [statistic(at, "message-refused", fault.code)] };
}

/** A submission as the auditor knows it. */
export type Sent = Pick<StoredSubmission, "kind" | "instanceCount"> &
  Pick<Submission, "documentUniqueId" | "submissionSetUniqueId" | "vihf">;

/** What a step of an exam leaves (DB.SO.44, DB.SO.45, DB.SO.87): publications, and what stands in their way. */
export function stepTraces(
  exam: Exam,
  { event, fault, facts, operator, sent }: Happening,
  at: Date,
  record: string,
): Traces {
  const audit = [];
  const statistics: NewStatistic[] = [];
  if (sent !== undefined) {
    audit.push(submitted(exam, sent, { at, fault, record }));
    statistics.push(
      statistic(at, counted[sent.kind], fault?.code, { structure: exam.structure, instances: sent.instanceCount }),
    );
  }
  if (asksThePacs.has(event)) statistics.push(statistic(at, "pacs-searched", undefined, destination(facts)));
  if (event === "doubted" || event === "refused") statistics.push(statistic(at, "exam-parked", fault?.code));
  if (event === "decided" || event === "retried") audit.push(decided(exam, event, facts, operator, at));
  return { audit, statistics };
}

const asksThePacs: ReadonlySet<string> = new Set(["absent", "gone", "unchanged", "prepared"]);
const counted = {
  provide: "manifest-published",
  replace: "manifest-replaced",
  withdraw: "manifest-deleted",
} as const;

function submitted(
  exam: Exam,
  { kind, instanceCount, documentUniqueId, submissionSetUniqueId, vihf }: Sent,
  { at, fault, record }: { at: Date; fault: CodedError | undefined; record: string },
) {
  const [id = "", , , authority = ""] = vihf.patientId.split("^");
  return manifestSubmitted({
    at,
    kind,
    peer: { id: record, address: new URL(record).hostname },
    submissionSet: submissionSetUniqueId,
    instances: instanceCount,
    patients: [{ id, authority: authority.split("&")[1] ?? "" }],
    users: [{ id: vihf.subject.id, name: vihf.subject.name }],
    studies: [exam.studyInstanceUID],
    documents: [documentUniqueId],
    fault,
  });
}

const decisions = {
  withhold: "exam-withdrawn",
  release: "exam-restored",
  republish: "exam-restored",
  "set-aside": "message-set-aside",
  "take-up": "message-restored",
} as const;

function decided(
  exam: Exam,
  event: "decided" | "retried",
  facts: Happening["facts"],
  operator: AuditUser | undefined,
  at: Date,
) {
  const kind = facts?.kind as keyof typeof decisions | undefined;
  const name = event === "retried" || kind === undefined ? "exam-retried" : decisions[kind];
  const { messageId } = facts ?? {};
  return operatorAction(name, {
    at,
    patients:
      exam.ipp === undefined ? [] : [{ id: exam.ipp, ...(exam.ippOid !== undefined && { authority: exam.ippOid }) }],
    users: operator === undefined ? [] : [operator],
    studies: [exam.studyInstanceUID],
    ...(typeof messageId === "number" && { facts: { message: messageId } }),
  });
}

function professionals({ legalAuthenticator, authors }: ReportHeader): AuditUser[] {
  const people = [legalAuthenticator, ...authors].flatMap((person) => {
    const id = person?.id?.extension;
    if (id === undefined) return [];
    const { name } = person ?? {};
    return [name === undefined ? { id } : { id, name: `${name.given} ${name.family}` }];
  });
  return [...new Map(people.map((person) => [person.id, person])).values()];
}

function destination(facts: Happening["facts"]): NewStatistic["facts"] {
  const { pacs, series, instances, modalities } = facts ?? {};
  return {
    ...(typeof pacs === "string" && { destination: pacs }),
    ...(typeof series === "number" && { series }),
    ...(typeof instances === "number" && { instances }),
    ...(Array.isArray(modalities) && { modalities: modalities as string[] }),
  };
}

function statistic(at: Date, kind: StatisticKind, code?: string, facts?: NewStatistic["facts"]): NewStatistic {
  return {
    at,
    kind,
    status: code === undefined ? "succes" : "erreur",
    ...(code !== undefined && { code }),
    ...(facts !== undefined && Object.keys(facts).length > 0 && { facts }),
  };
}
