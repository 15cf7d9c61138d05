import type { CodedError } from "../../base/index.ts";
import type { Order } from "../../cda/index.ts";
import { sourceErrors } from "../errors.ts";
import { type Candidate, candidatesOf, type Domains } from "./domains.ts";
import { checkIdentity, type Environment, type IdentityFindings, type LocalIdentity } from "./identity.ts";
import { isOtherPatient, living, patientText } from "./living.ts";
import { orderFaults } from "./order.ts";
import {
  accessionsOf,
  identifierText,
  type ReceivedDeletion,
  type ReceivedOrder,
  type ReceivedReport,
  type Reports,
  structureOf,
  studiesOf,
} from "./report.ts";

/** What was received on one exam, each in the order in which it came. */
export interface Received {
  readonly reports: readonly (ReceivedReport | ReceivedDeletion)[];
  readonly orders: readonly ReceivedOrder[];
  /** A person keeps the exam out of the record. */
  readonly withheld: boolean;
}

/** What the reports on one exam allow. */
export type Judgement =
  | {
      readonly kind: "clear";
      readonly candidates: readonly Candidate[];
      readonly ipps: readonly LocalIdentity[];
      readonly reports: Reports;
      readonly accessions: Accessions;
      readonly certain: Certain;
    }
  | {
      readonly kind: "doubtful";
      readonly faults: readonly CodedError[];
      readonly ipps: readonly LocalIdentity[];
      readonly accessions: Accessions;
      readonly certain: Certain;
    }
  /** Nothing is doubted, and the reports are not to be shared without a person's decision. */
  | {
      readonly kind: "restricted";
      readonly faults: readonly CodedError[];
      readonly ipps: readonly LocalIdentity[];
      readonly accessions: Accessions;
    }
  /** The record should hold nothing of it; the fault says why. */
  | { readonly kind: "nothing"; readonly fault: CodedError };

type Accessions = readonly string[];

/** What no doubt about the rest holds up. */
export interface Certain {
  /** Why the reports must not be shared, whoever they are about. */
  readonly restrictions: readonly CodedError[];
  /** The reports that stand, when a deletion certainly ended another; undefined when none did. */
  readonly left: readonly ReceivedReport[] | undefined;
}

export interface JudgeOptions {
  readonly environment: Environment;
  readonly domains: readonly Domains[];
}

/** A report with what was found of its patient. */
interface Examined extends ReceivedReport {
  readonly identity: IdentityFindings;
}

/**
 * Judges what was received on one exam, before its study is looked for: when a message comes in, and again before
 * anything is made of it, so that no retry and no later report gets round a doubt.
 *
 * Of the reports count those that stand (`living`). What goes out is made of those for the DMP; what holds the exam is
 * looked for in all of them, since they speak of the same images: another patient, another structure, a restriction, a
 * report whose message and content contradict each other, an order that says otherwise. The latest report speaks for the
 * patient; the others give their accession numbers when nothing is wrong with theirs.
 */
export function judge(received: Received, studyInstanceUID: string, options: JudgeOptions): Judgement {
  if (received.withheld) return nothing("SOURCE_WITHHELD");
  const { reports, overtaken, deleted, faults: deletions } = living(received.reports, studyInstanceUID);
  const last = reports.map((report) => examined(report, options));
  const restricted = last.flatMap(restrictions);
  const certain = { restrictions: restricted, left: deleted && deletions.length === 0 ? reports : undefined };
  if (received.reports.length === 0) return doubtful([sourceErrors.fault("SOURCE_NO_REPORT")], certain);
  if (last.length === 0 && deletions.length === 0) {
    return nothing(deleted ? "SOURCE_REPORT_DELETED" : "SOURCE_STUDY_NO_LONGER_NAMED");
  }
  const meant = last.filter(({ message }) => message.flags.destinationDmp !== false);
  if (meant.length === 0 && deletions.length === 0) return nothing("SOURCE_NOT_FOR_DMP");
  const naming = meant.filter(({ header }) => studiesOf(header).includes(studyInstanceUID));
  const latest = naming.at(-1);
  if (latest === undefined) return withoutStudy(meant, deletions, certain);

  const all = [...overtaken.map((report) => examined(report, options)), ...last];
  const usable = [...naming.slice(0, -1).filter(isUsable), latest] as const;
  const orders = usable.flatMap(({ header }) => header.orders);
  const accessions = [...new Set(usable.flatMap(({ header }) => accessionsOf(header)))];
  const { ipps } = latest.identity;
  const { candidates, faults: unplaced } = candidatesOf(ipps, ordersWithAccession(orders), options.domains);
  const faults = [
    ...deletions,
    ...disagreements(all, latest),
    ...latest.identity.faults,
    ...last.filter((report) => report !== latest).flatMap(contradictions),
    ...gaps(latest, accessions),
    ...(accessions.length === 0 ? [] : unplaced),
    ...orderFaults(received.orders, studyInstanceUID, latest, accessions),
  ];
  if (faults.length > 0) return { kind: "doubtful", faults: [...faults, ...restricted], ipps, accessions, certain };
  if (restricted.length > 0) return { kind: "restricted", faults: restricted, ipps, accessions };
  return { kind: "clear", candidates, ipps, accessions, reports: usable, certain };
}

function nothing(code: Parameters<typeof sourceErrors.fault>[0]): Judgement {
  return { kind: "nothing", fault: sourceErrors.fault(code) };
}

/**
 * Reports stand, and none names the study any more. A replacement says so by replacing; a document merely sent again
 * should have named the same studies.
 */
function withoutStudy(meant: readonly Examined[], deletions: readonly CodedError[], certain: Certain): Judgement {
  const replaced = meant.every(({ message }) => message.action === "replace");
  if (deletions.length === 0 && replaced) return nothing("SOURCE_STUDY_NO_LONGER_NAMED");
  const faults = deletions.length > 0 ? deletions : [sourceErrors.fault("SOURCE_STUDY_WITHDRAWN")];
  return doubtful(faults, certain);
}

function doubtful(faults: readonly CodedError[], certain: Certain): Judgement {
  return { kind: "doubtful", faults, ipps: [], accessions: [], certain };
}

function examined(report: ReceivedReport, { environment }: JudgeOptions): Examined {
  return { ...report, identity: checkIdentity(report.message, report.header, environment) };
}

function ordersWithAccession(orders: readonly Order[]): Order[] {
  return orders.filter(({ accession }) => accession?.extension !== undefined);
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

/** What the report must say besides the patient. */
function gaps({ header, message }: ReceivedReport, accessions: Accessions): CodedError[] {
  const faults: CodedError[] = [];
  if (header.code.code !== message.documentType.code) {
    const values = { message: message.documentType.code, report: header.code.code };
    faults.push(sourceErrors.fault("SOURCE_DOCUMENT_TYPE_MISMATCH", { where: "OBR-4", values }));
  }
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
