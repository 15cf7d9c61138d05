import { said } from "../../base/index.ts";
import { readPart10, Tags } from "../../dicom/index.ts";
import type { Dmp, Provision } from "../../dmp/index.ts";
import { type ManifestContent, readManifest } from "../../kos/index.ts";
import type { ImportedExam } from "../../store/index.ts";
import type { ReadManifest, ReadSubmission } from "../../xdm/index.ts";
import { identifierText } from "../intake/report.ts";
import { envelopeOf } from "../look/submission.ts";
import { patientOf } from "./cx.ts";
import { toolErrors } from "./errors.ts";

/**
 * What the store keeps of an exam that an archive tells of. Throws SOURCE_IMPORT_INCONSISTENT when the manifest, its
 * metadata and the list of its reports are not about the same document, study and patient; DMP_METADATA_MISSING or
 * DMP_NO_CERTIFICATE_FOR_STRUCTURE when nobody is known in whose name it could be replaced or withdrawn; KOS_*, DICOM_*
 * when the manifest cannot be read.
 */
export function importedExam(
  submission: ReadSubmission,
  archived: ReadManifest,
  { dmp, at, folder }: { readonly dmp: Pick<Dmp, "adopt">; readonly at: Date; readonly folder: string },
): ImportedExam {
  const { entry, bytes } = archived;
  const content = readManifest(bytes);
  const provision = adopted(submission, archived, dmp);
  const { ins } = patientOf(provision.vihf.patientId);
  const studyInstanceUID = checked(submission, archived, content, ins);
  const { reports } = submission;
  const documentIds = reports.map(({ root, extension }) =>
    identifierText({ root, ...(extension !== "" && { extension }) }),
  );
  const [report] = reports;
  const manifestAt = instantOf(entry.slots.get("creationTime")?.[0]) ?? at;
  return {
    studyInstanceUID,
    structure: provision.structureId,
    ...said({ ipp: report?.ipp || undefined, ippOid: report?.ippOid || undefined, entryUUID: archived.entryUUID }),
    accessions: content.accessionNumbers,
    keys: [ins, report?.ipp ?? "", ...content.accessionNumbers, ...documentIds].filter((key) => key !== ""),
    documentIds,
    submission: {
      kind: "provide",
      sopInstanceUID: content.sopInstanceUID,
      manifest: bytes,
      manifestAt,
      version: readPart10(bytes).dataSet.integer(Tags.InstanceNumber) ?? 1,
      instanceCount: content.studies.flatMap(({ series }) => series).flatMap(({ instances }) => instances).length,
      // What the reports said stayed behind: the next one that comes makes another manifest.
      basis: "",
      pacs: "",
      envelope: envelopeOf(provision, bytes),
    },
    event: { at, kind: "imported", facts: { folder, manifest: content.sopInstanceUID, documents: documentIds } },
  };
}

function adopted(
  { metadata, submissionSet, signature }: ReadSubmission,
  archived: ReadManifest,
  dmp: Pick<Dmp, "adopt">,
) {
  const { id, bytes, entry } = archived;
  return dmp.adopt({
    metadata,
    submissionSetUniqueId: submissionSet.uniqueId,
    manifest: { id, bytes, mimeType: "application/dicom", uniqueId: entry.uniqueId ?? "", hash: entry.hash ?? "" },
    ...(signature && { signature: { id: signature.id, bytes: signature.bytes, mimeType: "text/xml" } }),
  }) satisfies Provision;
}

/** The study, once document, study and patient are the same wherever the archive names them. */
function checked(
  { reports, submissionSet }: ReadSubmission,
  { entry, studyInstanceUID }: ReadManifest,
  content: ManifestContent,
  ins: string,
): string {
  const inconsistent = (what: string) => toolErrors.fault("SOURCE_IMPORT_INCONSISTENT", { details: { what } });
  if (content.sopInstanceUID !== entry.uniqueId) throw inconsistent("uniqueId");
  const [study, ...others] = content.studies;
  if (study === undefined || others.length > 0) throw inconsistent("StudyInstanceUID");
  if (studyInstanceUID !== undefined && studyInstanceUID !== study.studyInstanceUID) {
    throw inconsistent("StudyInstanceUID");
  }
  const setPatient = submissionSet.patientId === undefined ? ins : patientOf(submissionSet.patientId).ins;
  if (ins === "" || setPatient !== ins || reports.some((report) => report.ins !== ins)) throw inconsistent("patientId");
  const known = [ins, ...reports.map(({ ipp }) => ipp)];
  if (!known.includes(content.patientID)) throw inconsistent("PatientID");
  return study.studyInstanceUID;
}

/** An instant of XDS: `YYYYMMDDHHMMSS`, UTC. */
function instantOf(text: string | undefined): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text ?? "");
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts.map(Number) as [number, ...number[]];
  return new Date(Date.UTC(year!, month! - 1, day, hour, minute, second));
}
