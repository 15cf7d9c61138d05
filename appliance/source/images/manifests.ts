import { createHash } from "node:crypto";
import { INS_OIDS } from "../../cda/index.ts";
import type { WantedSeries } from "../../images/index.ts";
import { type ManifestContent, readManifest, readRejectionNoteInSlices } from "../../kos/index.ts";
import type { Exam, Store, StoredMessage, StoredSubmission } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import { rejectedBy, rejectsWhole } from "../look/content.ts";

/** A manifest of ours that is in force, and what may be sent by it. */
export interface ServedManifest {
  readonly examId: number;
  readonly structure: string;
  readonly studyInstanceUID: string;
  readonly sopInstanceUID: string;
  /** Name of the PACS that holds the images; empty when it is not known. */
  readonly pacs: string;
  /** INS and the OID of its authority. */
  readonly ins: { readonly id: string; readonly issuerOID: string };
  /** The identifiers by which the site knows the patient. */
  readonly localIDs: readonly string[];
  readonly modalities: readonly string[];
  /** Every series with the instances that may leave: those of the manifest, without what was rejected since. */
  readonly series: readonly WantedSeries[];
}

/** Manifests that are read once and kept, as long as they are asked for. */
const KEPT = 64;

export interface Manifests {
  /**
   * The manifest of that SOP Instance UID, if it is ours, of that study, and in force. Rejects with
   * SOURCE_MANIFEST_UNKNOWN, SOURCE_MANIFEST_WITHDRAWN, SOURCE_IDENTITY_NOT_SERVED.
   */
  inForce(studyInstanceUID: string, sopInstanceUID: string): Promise<ServedManifest>;
  /** The one that is in force for a study. Rejects likewise. */
  current(studyInstanceUID: string): Promise<ServedManifest>;
}

type Records = Pick<Store, "examOfStudy" | "latestSubmission" | "currentSubmission" | "evidenceOfStudy">;

export function createManifests(store: Records): Manifests {
  const kept = new Map<string, ServedManifest>();

  async function read(exam: Exam, submission: StoredSubmission, notes: readonly StoredMessage[]) {
    const key = createHash("sha256")
      .update(JSON.stringify([exam.id, exam.ipp, submission.id, notes.map(({ id }) => id)]))
      .digest("base64");
    const known = kept.get(key) ?? served(exam, submission, await rejectedIn(exam.studyInstanceUID, notes));
    kept.delete(key);
    kept.set(key, known);
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    return known;
  }

  const manifests: Manifests = {
    async inForce(studyInstanceUID, sopInstanceUID) {
      const exam = await store.examOfStudy({ studyInstanceUID });
      const latest = exam && (await store.latestSubmission({ examId: exam.id }));
      if (exam === undefined || latest === undefined) throw sourceErrors.fault("SOURCE_MANIFEST_UNKNOWN");
      const submission = [latest, await store.currentSubmission({ examId: exam.id })].find(
        (one) => one?.sopInstanceUID === sopInstanceUID && one.kind !== "withdraw" && mayStand(one),
      );
      // It is about to go, however long the record is away, or a person took it out: whoever has it must not use it.
      const going = latest.kind === "withdraw" && (mayStand(latest) || exam.state === "publishing");
      const leaving = exam.withheld || exam.record === "absent" || going;
      if (submission !== undefined && !leaving) {
        const evidence = await store.evidenceOfStudy({ studyInstanceUID });
        return read(
          exam,
          submission,
          evidence.filter(({ kind }) => kind === "dicom"),
        );
      }
      const ours = latest.sopInstanceUID === sopInstanceUID || submission !== undefined;
      throw sourceErrors.fault(ours ? "SOURCE_MANIFEST_WITHDRAWN" : "SOURCE_MANIFEST_UNKNOWN");
    },
    async current(studyInstanceUID) {
      const exam = await store.examOfStudy({ studyInstanceUID });
      const submission = exam && (await store.currentSubmission({ examId: exam.id }));
      return manifests.inForce(studyInstanceUID, submission?.sopInstanceUID ?? "");
    },
  };
  return manifests;
}

/** True when the record has taken the submission, or may have. */
function mayStand({ state, attemptedAt }: StoredSubmission): boolean {
  return state === "accepted" || (state === "pending" && attemptedAt !== undefined);
}

/** What notes say that the record does not know yet. */
async function rejectedIn(studyInstanceUID: string, messages: readonly StoredMessage[]): Promise<ReadonlySet<string>> {
  const notes = [];
  for (const { bytes } of messages) notes.push((await readRejectionNoteInSlices(bytes)) ?? []);
  const read = notes.flat();
  if (rejectsWhole(read, studyInstanceUID)) throw sourceErrors.fault("SOURCE_MANIFEST_WITHDRAWN");
  return rejectedBy(read, studyInstanceUID);
}

function served(exam: Exam, submission: StoredSubmission, rejected: ReadonlySet<string>): ServedManifest {
  const content = readManifest(submission.manifest);
  const { studyInstanceUID } = exam;
  const named = content.studies.filter((study) => study.studyInstanceUID === studyInstanceUID);
  const series = named.flatMap((study) => study.series);
  const left = series.flatMap(({ seriesInstanceUID, instances }) => {
    const standing = instances.filter(({ sopInstanceUID }) => !rejected.has(sopInstanceUID));
    return standing.length === 0 ? [] : [{ studyInstanceUID, seriesInstanceUID, instances: standing }];
  });
  // The notes reject every image of it: it is about to go.
  if (left.length === 0 && series.length > 0) throw sourceErrors.fault("SOURCE_MANIFEST_WITHDRAWN");
  return {
    examId: exam.id,
    structure: exam.structure,
    studyInstanceUID,
    sopInstanceUID: content.sopInstanceUID,
    pacs: submission.pacs,
    ...identityOf(content, exam),
    modalities: [...new Set(series.map(({ modality }) => modality))],
    series: left,
  };
}

/** The INS that goes into the images, and the identifiers that they bear: nothing is guessed. */
function identityOf(content: ManifestContent, exam: Exam): Pick<ServedManifest, "ins" | "localIDs"> {
  const all = [{ value: content.patientID, oid: content.patientIDIssuerOID }, ...content.otherPatientIDs];
  const national = all.filter(({ oid }) => oid !== undefined && INS_OIDS.includes(oid));
  const local = all.filter((one) => !national.includes(one)).map(({ value }) => value);
  const localIDs = [...new Set([...local, exam.ipp ?? ""])].filter((value) => value !== "");
  const [ins] = national;
  const ambiguous = national.some(({ value, oid }) => value !== ins?.value || oid !== ins.oid);
  if (ins?.oid === undefined || ambiguous || localIDs.length === 0) {
    throw sourceErrors.fault("SOURCE_IDENTITY_NOT_SERVED");
  }
  return { ins: { id: ins.value, issuerOID: ins.oid }, localIDs };
}
