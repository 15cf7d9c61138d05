import type { CodedError } from "../../base/index.ts";
import { sourceErrors } from "../errors.ts";
import { checkIdentity, type Environment, type IdentityFindings, type LocalIdentity, sameName } from "./identity.ts";
import { accessionsOf, identifierText, type ReceivedReport, type Reports, structureOf, studiesOf } from "./report.ts";

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

type Accessions = readonly string[];

/** A report with what was found of its patient. */
interface Examined extends ReceivedReport {
  readonly identity: IdentityFindings;
}

/**
 * Judges the reports on one exam, oldest first, before its study is looked for: when one comes in, and again before
 * anything is made of them, so that no retry and no later report gets round a doubt.
 *
 * A document sent again counts as last sent. What goes out is made of the reports for the DMP; what holds the exam is
 * looked for in all of them, since they speak of the same images: another patient, another structure, a restriction, a
 * report whose message and content contradict each other. The latest report speaks for the patient; the others give
 * their accession numbers when nothing is wrong with theirs.
 */
export function judge(
  received: readonly ReceivedReport[],
  studyInstanceUID: string,
  environment: Environment,
): Judgement {
  const all = received.map((report) => ({
    ...report,
    identity: checkIdentity(report.message, report.header, environment),
  }));
  const last = lastSent(all);
  const meant = last.filter(({ message }) => message.flags.destinationDmp !== false);
  if (meant.length === 0) return { kind: "not-for-dmp" };
  const naming = meant.filter(({ header }) => studiesOf(header).includes(studyInstanceUID));
  const latest = naming.at(-1);
  if (latest === undefined) {
    return { kind: "doubtful", faults: [sourceErrors.fault("SOURCE_STUDY_WITHDRAWN")], accessions: [] };
  }
  const usable = [...naming.slice(0, -1).filter(isUsable), latest] as const;
  const accessions = [...new Set(usable.flatMap(({ header }) => accessionsOf(header)))];
  const faults = [
    ...disagreements(all, latest),
    ...latest.identity.faults,
    ...last.filter((report) => report !== latest).flatMap(contradictions),
    ...gaps(latest, accessions),
    ...last.flatMap(restrictions),
  ];
  const { ipp } = latest.identity;
  if (faults.length > 0 || ipp === undefined) return { kind: "doubtful", faults, accessions, ...(ipp && { ipp }) };
  return { kind: "clear", ipp, accessions, reports: usable };
}

/** Each document as it was last sent, in the order of those sendings. */
function lastSent(received: readonly Examined[]): Examined[] {
  const last = new Map<string, Examined>();
  for (const report of received) {
    last.delete(report.documentId);
    last.set(report.documentId, report);
  }
  return [...last.values()];
}

/** Faults of an identity that a later report, qualified, makes up for. */
const superseded: ReadonlySet<string> = new Set(["SOURCE_INS_NOT_QUALIFIED"]);
/** Faults that say that message and report are about two patients: they hold the exam whichever report has them. */
const contradictory: ReadonlySet<string> = new Set(["SOURCE_INS_MISMATCH", "SOURCE_TRAITS_MISMATCH"]);

function isUsable({ identity }: Examined): boolean {
  return identity.faults.every(({ code }) => superseded.has(code));
}

function contradictions({ identity }: Examined): CodedError[] {
  return identity.faults.filter(({ code }) => contradictory.has(code));
}

/** Another report on these images that names another patient, or another structure. */
function disagreements(all: readonly Examined[], latest: Examined): CodedError[] {
  const faults: CodedError[] = [];
  const stranger = all.find((report) => isOtherPatient(report, latest));
  if (stranger !== undefined) {
    const values = { first: patientText(stranger), second: patientText(latest) };
    faults.push(sourceErrors.fault("SOURCE_REPORTS_DISAGREE", { values }));
  }
  // A report that names no structure says nothing here: it is a gap of its own when it is the latest.
  const structures = new Set(all.flatMap(({ header }) => structureOf(header) ?? []));
  if (structures.size > 1) {
    const values = { structures: [...structures].join(" ") };
    faults.push(sourceErrors.fault("SOURCE_STRUCTURES_DIFFER", { values }));
  }
  return faults;
}

/** By the INS, by local identifiers with none in common, or by strict traits. */
function isOtherPatient({ header: { patient: one } }: ReceivedReport, { header: { patient: other } }: ReceivedReport) {
  const differ = <T>(a: T | undefined, b: T | undefined, same: (a: T, b: T) => boolean) =>
    a !== undefined && b !== undefined && !same(a, b);
  const shared = one.localIds.some((a) => other.localIds.some((b) => a.value === b.value && a.oid === b.oid));
  return (
    differ(one.ins?.matricule, other.ins?.matricule, Object.is) ||
    (one.localIds.length > 0 && other.localIds.length > 0 && !shared) ||
    differ(one.birthDate, other.birthDate, Object.is) ||
    differ(one.birthName?.family, other.birthName?.family, sameName)
  );
}

function patientText({ header: { patient } }: ReceivedReport): string {
  const ids = [patient.ins?.matricule, ...patient.localIds.map(({ value }) => value)];
  return [...ids, patient.birthName?.family, patient.birthDate].filter((part) => part !== undefined).join(" ");
}

/** What the report must say besides the patient. */
function gaps({ header, message }: ReceivedReport, accessions: Accessions): CodedError[] {
  const faults: CodedError[] = [];
  if (structureOf(header) === undefined) faults.push(sourceErrors.fault("SOURCE_STRUCTURE_MISSING"));
  if (accessions.length === 0) faults.push(sourceErrors.fault("SOURCE_ACCESSION_MISSING"));
  for (const { studyInstanceUID, studyExtension } of header.serviceEvents) {
    if (studyExtension === undefined) continue;
    const values = { report: `${studyInstanceUID} ${studyExtension}` };
    faults.push(sourceErrors.fault("SOURCE_STUDY_EXTENSION", { values }));
  }
  const announced = message.transcription?.document;
  if (announced !== undefined && identifierText(announced) !== identifierText(header.id)) {
    const values = { message: identifierText(announced), report: identifierText(header.id) };
    faults.push(sourceErrors.fault("SOURCE_DOCUMENT_ID_MISMATCH", { where: "TXA-12", values }));
  }
  return faults;
}

/** What asks for a person's decision, whatever the other reports say. */
function restrictions({ message, header }: ReceivedReport): CodedError[] {
  const faults: CodedError[] = [];
  if (message.flags.secretConnection === true) faults.push(sourceErrors.fault("SOURCE_SECRET_CONNECTION"));
  // Exactly one code, and it is N: anything else, absent included, is not known to be shareable.
  const { confidentialityCodes: codes } = header;
  if (codes.length !== 1 || codes[0] !== "N") {
    faults.push(sourceErrors.fault("SOURCE_RESTRICTED", { details: { level: codes.join(" ") || "-" } }));
  }
  return faults;
}
