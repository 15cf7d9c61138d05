import type { CodedError } from "../../base/index.ts";
import { sourceErrors } from "../errors.ts";
import { checkIdentity, type Environment, type LocalIdentity } from "./identity.ts";
import { accessionsOf, type ReceivedReport, structureOf } from "./report.ts";

/** What the reports on one exam allow. */
export type Judgement =
  | { readonly kind: "clear"; readonly ipp: LocalIdentity; readonly reports: Reports; readonly accessions: Accessions }
  | {
      readonly kind: "doubtful";
      readonly faults: readonly CodedError[];
      readonly ipp?: LocalIdentity;
      readonly accessions: Accessions;
    }
  | { readonly kind: "not-for-dmp" };

/** Those that count, the latest last. */
type Reports = readonly [ReceivedReport, ...ReceivedReport[]];
type Accessions = readonly string[];

/**
 * Judges the reports on one exam, oldest first, before its study is looked for: when one comes in, and again before
 * anything is made of them, so that no retry and no later report gets round a doubt.
 *
 * A document sent again counts as last sent. The latest report speaks for the patient; all of them must name the same
 * one; a restriction on any of them holds the exam.
 */
export function judge(received: readonly ReceivedReport[], environment: Environment): Judgement {
  const reports = lastSent(received).filter(({ message }) => message.flags.destinationDmp !== false);
  const latest = reports.at(-1);
  if (latest === undefined) return { kind: "not-for-dmp" };
  const { ipp, faults: identity } = checkIdentity(latest.message, latest.header, environment);
  const accessions = [...new Set(reports.flatMap(({ header }) => accessionsOf(header)))];
  const faults = [
    ...disagreements(reports, latest),
    ...identity,
    ...gaps(latest, accessions),
    ...reports.flatMap(restrictions),
  ];
  if (faults.length > 0 || ipp === undefined) return { kind: "doubtful", faults, accessions, ...(ipp && { ipp }) };
  return { kind: "clear", ipp, accessions, reports: reports as [ReceivedReport, ...ReceivedReport[]] };
}

/** Each document as it was last sent, in the order of those sendings. */
function lastSent(received: readonly ReceivedReport[]): ReceivedReport[] {
  const last = new Map<string, ReceivedReport>();
  for (const report of received) {
    last.delete(report.documentId);
    last.set(report.documentId, report);
  }
  return [...last.values()];
}

/** Another report that names another patient: by the INS, or by local identifiers with none in common. */
function disagreements(reports: readonly ReceivedReport[], latest: ReceivedReport): CodedError[] {
  const ids = ({ header: { patient } }: ReceivedReport) =>
    patient.localIds.map(({ value, oid }) => `${value} (${oid})`);
  const ins = ({ header: { patient } }: ReceivedReport) => patient.ins?.matricule;
  const other = reports.find((report) => {
    const otherIns = ins(report) !== undefined && ins(latest) !== undefined && ins(report) !== ins(latest);
    const mine = ids(latest);
    const disjoint = mine.length > 0 && ids(report).length > 0 && !ids(report).some((id) => mine.includes(id));
    return otherIns || disjoint;
  });
  if (other === undefined) return [];
  const values = {
    first: [ins(other), ...ids(other)].join(" "),
    second: [ins(latest), ...ids(latest)].join(" "),
  };
  return [sourceErrors.fault("SOURCE_REPORTS_DISAGREE", { values })];
}

/** What the report must say besides the patient. */
function gaps({ header }: ReceivedReport, accessions: Accessions): CodedError[] {
  const faults: CodedError[] = [];
  if (structureOf(header) === undefined) faults.push(sourceErrors.fault("SOURCE_STRUCTURE_MISSING"));
  if (accessions.length === 0) faults.push(sourceErrors.fault("SOURCE_ACCESSION_MISSING"));
  for (const { studyInstanceUID, studyExtension } of header.serviceEvents) {
    if (studyExtension === undefined) continue;
    const values = { report: `${studyInstanceUID} ${studyExtension}` };
    faults.push(sourceErrors.fault("SOURCE_STUDY_EXTENSION", { values }));
  }
  return faults;
}

/** What asks for a person's decision, whatever the other reports say. */
function restrictions({ message, header }: ReceivedReport): CodedError[] {
  const faults: CodedError[] = [];
  if (message.flags.secretConnection === true) faults.push(sourceErrors.fault("SOURCE_SECRET_CONNECTION"));
  const level = header.confidentiality?.code ?? "N";
  if (level !== "N") faults.push(sourceErrors.fault("SOURCE_RESTRICTED", { details: { level } }));
  return faults;
}
