import { said } from "../../base/index.ts";
import { countOf, type FoundStudy, type PacsGroup } from "../../pacs/index.ts";
import type { AuditPatient, Exam, Store } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import { type HistoryOptions, historyOf } from "../intake/history.ts";
import { type JudgeOptions, judge, type Received } from "../intake/judge.ts";
import { latestOf, type ReceivedReport } from "../intake/report.ts";
import { rejectsWhole, withoutRejected } from "../look/content.ts";
import { mismatch } from "../look/match.ts";

/** What the link of a report says it is about (RAD-106 and `idCDA`). */
export interface ExamLink {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID?: string;
  /** The number, alone or after the OID of its authority and a dot: both are in use. */
  readonly accessionNumber: string;
  /** `root` or `root^extension` of the CDA. */
  readonly documentId: string;
}

/** An exam that its link names rightly, by the archive. */
export interface KnownExam {
  readonly examId: number;
  readonly structure: string;
  readonly patients: readonly AuditPatient[];
}

/** An exam that its link may open, and its images as the PACS lists them now. */
export interface LinkedExam extends KnownExam {
  /** Without the images that were rejected. */
  readonly study: FoundStudy;
}

/**
 * Both reject with SOURCE_LINK_INCOHERENT whatever does not match (`details.why` is for the trail alone): who asks must not
 * learn which studies there are.
 */
export interface Links {
  /** Asks the archive only. */
  find(link: ExamLink): Promise<KnownExam>;
  /** Asks the PACS about a link that the archive knows. Rejects with SOURCE_LINK_NO_IMAGES and PACS_*, too. */
  open(link: ExamLink, signal: AbortSignal): Promise<LinkedExam>;
}

interface LinkOptions extends HistoryOptions, JudgeOptions {
  readonly store: HistoryOptions["store"] & Pick<Store, "examOfStudy" | "documentsOfExam">;
  readonly pacs: Pick<PacsGroup, "findStudy">;
}

/** No exam has it: what is asked about an unknown study costs what a known one does. */
const NOBODY = 0;

/**
 * A link opens what the box would publish now, by the very rules of publication: a report that stands, names the study and
 * the accession number, and is not held back (`judge`); images that the PACS files under that patient and that number.
 */
export function createLinks(options: LinkOptions): Links {
  const { store, pacs } = options;

  /** By the index alone: one study, one list of documents, whoever is asked for. */
  async function known({ studyInstanceUID, accessionNumber, documentId }: ExamLink): Promise<Exam> {
    const exam = await store.examOfStudy({ studyInstanceUID });
    const documents = await store.documentsOfExam({ examId: exam?.id ?? NOBODY });
    if (exam === undefined) throw incoherent("study");
    if (!documents.includes(documentId)) throw incoherent("document");
    if (!exam.accessions.some((one) => mayMean(accessionNumber, one))) throw incoherent("accession");
    return exam;
  }

  async function archived(link: ExamLink) {
    const exam = await known(link);
    const { id: examId, structure, studyInstanceUID } = exam;
    const { notes, ...history } = await historyOf({ studyInstanceUID, exam }, options);
    const imported = (await store.messagesOfExam({ examId, all: true })).length === 0;
    const standing = imported ? importedOf(exam, link) : reportedOf(history, link, options);
    if (standing.numbers.length === 0) throw incoherent("accession");
    return { facts: { examId, structure, patients: standing.patients }, standing, notes };
  }

  return {
    find: async (link) => (await archived(link)).facts,
    async open(link, signal) {
      const { facts, standing, notes } = await archived(link);
      const { studyInstanceUID, seriesInstanceUID } = link;
      const { among } = standing;
      const found = await pacs.findStudy(studyInstanceUID, { signal, ...(among !== undefined && { among }) });
      if (found === undefined) throw sourceErrors.fault("SOURCE_LINK_NO_IMAGES");
      const why = standing.disagrees(found);
      if (why !== undefined) throw incoherent(why);
      // A report on two exams names the numbers of both.
      if (!standing.numbers.includes(found.accessionNumber)) throw incoherent("SOURCE_ACCESSION_MISMATCH");
      const study = withoutRejected(found, notes);
      if (countOf(study) === 0 || rejectsWhole(notes, studyInstanceUID)) {
        throw sourceErrors.fault("SOURCE_LINK_NO_IMAGES");
      }
      const named = study.series.some((one) => one.seriesInstanceUID === seriesInstanceUID);
      if (seriesInstanceUID !== undefined && !named) throw incoherent("series");
      return { ...facts, study };
    },
  };
}

/** What stands of an exam in the archive, to be compared with the PACS. */
interface Standing {
  readonly patients: readonly AuditPatient[];
  /** The accession numbers that the link can mean. */
  readonly numbers: readonly string[];
  /** Names of the PACS that may hold the study; all of them when absent. */
  readonly among?: readonly string[];
  /** Why the images are not those of this patient. */
  disagrees(study: FoundStudy): string | undefined;
}

function reportedOf(history: Received, link: ExamLink, options: JudgeOptions): Standing {
  const judgement = judge(history, link.studyInstanceUID, options);
  if (judgement.kind === "nothing") throw incoherent(judgement.fault.code);
  if (judgement.kind !== "clear") throw incoherent(judgement.faults[0]?.code ?? judgement.kind);
  const { reports, candidates } = judgement;
  const report = reports.find(({ documentId }) => documentId === link.documentId);
  if (report === undefined) throw incoherent("replaced");
  const { ins } = latestOf(reports).header.patient;
  return {
    patients: ins === undefined ? [] : [{ id: ins.matricule, authority: ins.oid }],
    numbers: numbersOf(report, link),
    among: candidates.map(({ pacs }) => pacs),
    disagrees: (study) => mismatch(candidates, study)?.code,
  };
}

/** Another box published it: the messages stayed there, and what the record holds of it is in force. */
function importedOf(exam: Exam, { accessionNumber }: ExamLink): Standing {
  const { ipp, ippOid, accessions } = exam;
  if (exam.record !== "present" || exam.withheld) throw incoherent("withdrawn");
  return {
    patients: ipp === undefined ? [] : [said({ id: ipp, authority: ippOid })],
    numbers: accessions.filter((one) => mayMean(accessionNumber, one)),
    // As of a report: the same number of another authority is another patient's.
    disagrees: ({ patientID, patientIDIssuerOID: issuer = ippOid }) =>
      patientID === ipp && (ippOid === undefined || issuer === ippOid) ? undefined : "SOURCE_IPP_MISMATCH",
  };
}

/** True for the number itself, and for one after the OID of an authority: whose it is, the report would say. */
function mayMean(given: string, number: string): boolean {
  return given === number || given.endsWith(`.${number}`);
}

/** The accession numbers of the report that the link's can mean. */
function numbersOf({ header }: ReceivedReport, { accessionNumber: given }: ExamLink): string[] {
  return header.orders.flatMap(({ accession }) => {
    const number = accession?.extension;
    if (accession === undefined || number === undefined) return [];
    return given === number || given === `${accession.root}.${number}` ? [number] : [];
  });
}

function incoherent(why: string) {
  return sourceErrors.fault("SOURCE_LINK_INCOHERENT", { details: { why } });
}
