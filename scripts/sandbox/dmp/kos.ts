/** The manifest itself: a Part 10 Key Object Selection that says the same as its entry (ans-dataset 3). */
import { type DataSet, readPart10, Tags } from "../../../appliance/dicom/index.ts";
import { isOid } from "./codes.ts";
import type { Entry } from "./entry.ts";
import type { Findings } from "./xml.ts";

const CODE = "InvalidDocumentContent";
const KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59";

/** Checks the manifest `bytes` of `entry`. */
export function checkManifestDocument(entry: Entry, bytes: Buffer, findings: Findings): void {
  const add = (holds: boolean, where: string, context: string): boolean =>
    findings.check(holds, CODE, `${entry.id}/${where}`, context);
  if (!add(bytes.subarray(128, 132).toString("latin1") === "DICM", "preamble", "no DICM after 128 bytes")) return;
  let dataSet: DataSet;
  let meta: DataSet;
  try {
    ({ dataSet, meta } = readPart10(bytes));
  } catch (error) {
    findings.add(CODE, entry.id, `not a DICOM file: ${(error as Error).message}`);
    return;
  }
  const sopInstanceUID = dataSet.string(Tags.SOPInstanceUID);
  add(dataSet.string(Tags.SOPClassUID) === KEY_OBJECT_SELECTION, "SOPClassUID", "not a Key Object Selection");
  add(dataSet.string(Tags.Modality) === "KO", "Modality", "KO is expected");
  add(sopInstanceUID === entry.uniqueId, "SOPInstanceUID", "is not the entry's uniqueId");
  add(meta.string(Tags.MediaStorageSOPInstanceUID) === sopInstanceUID, "meta", "another SOP Instance UID than inside");
  add(meta.string(Tags.MediaStorageSOPClassUID) === KEY_OBJECT_SELECTION, "meta", "another SOP class than inside");

  const [ins = "", , , authority = ""] = entry.patientId.split("^");
  const issuer = dataSet.items(Tags.IssuerOfPatientIDQualifiersSequence)[0]?.string(Tags.UniversalEntityID);
  add(dataSet.string(Tags.PatientID) === ins, "PatientID", "is not the INS of the entry");
  add(issuer === authority.split("&")[1], "IssuerOfPatientIDQualifiersSequence", "is not the OID of the entry's INS");
  const study = dataSet.string(Tags.StudyInstanceUID);
  add(study === entry.studyInstanceUID, "StudyInstanceUID", "is not the study of the referenceIdList");
  const title = dataSet.items(Tags.ConceptNameCodeSequence)[0];
  const isManifest = title?.string(Tags.CodeValue) === "113030" && title.string(Tags.CodingSchemeDesignator) === "DCM";
  add(isManifest, "ConceptNameCodeSequence", "(113030, DCM, Manifest) is expected");
  add(createdAt(dataSet) === entry.creationTime, "InstanceCreationDate", "in UTC, is not the entry's creationTime");

  const studies = dataSet.items(Tags.CurrentRequestedProcedureEvidenceSequence);
  add(studies.length > 0, "CurrentRequestedProcedureEvidenceSequence", "references nothing");
  for (const item of studies) {
    add(item.string(Tags.StudyInstanceUID) === study, "CurrentRequestedProcedureEvidenceSequence", "another study");
    const series = item.items(Tags.ReferencedSeriesSequence);
    add(series.length > 0, "ReferencedSeriesSequence", "no series");
    for (const one of series) checkSeries(one, study ?? "", add);
  }
}

function checkSeries(
  series: DataSet,
  study: string,
  add: (holds: boolean, where: string, context: string) => boolean,
): void {
  const uid = series.string(Tags.SeriesInstanceUID) ?? "";
  add(isOid(uid), "SeriesInstanceUID", "not a UID");
  const url = series.string(Tags.RetrieveURL) ?? "";
  const end = `/studies/${study}/series/${uid}`;
  const host = /^https:\/\/[\w.-]+(?::\d{1,5})?(?:\/[\w.~-]+)*$/.test(url.slice(0, -end.length));
  add(host && url.endsWith(end), "RetrieveURL", "https://<host>[/<prefix>]/studies/<uid>/series/<uid> is expected");
  const instances = series.items(Tags.ReferencedSOPSequence);
  add(instances.length > 0, "ReferencedSOPSequence", "no instance");
  for (const instance of instances) {
    const uids = [Tags.ReferencedSOPClassUID, Tags.ReferencedSOPInstanceUID].map((tag) => instance.string(tag) ?? "");
    if (!add(uids.every(isOid), "ReferencedSOPSequence", "a class or an instance is not a UID")) return;
  }
}

/** InstanceCreationDate and Time at TimezoneOffsetFromUTC, as `YYYYMMDDhhmmss` UTC; empty when one of them is missing. */
function createdAt(dataSet: DataSet): string {
  const text = [Tags.InstanceCreationDate, Tags.InstanceCreationTime, Tags.TimezoneOffsetFromUTC]
    .map((tag) => dataSet.string(tag) ?? "")
    .join(" ");
  const parts = /^(\d{4})(\d\d)(\d\d) (\d\d)(\d\d)(\d\d)(?:\.\d{1,6})? ([+-]\d\d)(\d\d)$/;
  const at = Date.parse(text.replace(parts, "$1-$2-$3T$4:$5:$6$7:$8"));
  return parts.test(text) && !Number.isNaN(at) ? new Date(at).toISOString().replace(/\D/g, "").slice(0, 14) : "";
}
