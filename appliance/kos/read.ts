import { type DataSet, readPart10, type Tag, Tags } from "../dicom/index.ts";
import { fault } from "./errors.ts";
import { KEY_OBJECT_SELECTION } from "./head.ts";
import { seriesLabels } from "./key-object-description.ts";
import type { ManifestContent, ManifestContentSeries, ManifestContentStudy, ManifestInstance } from "./model.ts";
import { INSTANCE_LIMIT } from "./references.ts";

/**
 * What a manifest says, whoever wrote it: every Key Object Selection Document (PS3.3 A.35.4), in any transfer syntax that
 * `dicom` reads. The title is given, not judged: a key image note and a rejection note are of the same class.
 *
 * Throws `DICOM_*` when the bytes are no DICOM object, `KOS_NOT_A_MANIFEST` when it is another kind of object, and
 * `KOS_UNREADABLE` when a UID without which nothing can be fetched is missing. Addresses are given as written: whether to
 * call them is for the reader to decide, from the list of the network's boxes and not from the document.
 */
export function readManifest(bytes: Uint8Array): ManifestContent {
  const { dataSet } = readPart10(bytes);
  if (dataSet.string(Tags.SOPClassUID) !== KEY_OBJECT_SELECTION) {
    throw fault("KOS_NOT_A_MANIFEST", { where: "(0008,0016)" });
  }
  const [title] = dataSet.items(Tags.ConceptNameCodeSequence);
  const text = description(dataSet);
  const labels = seriesLabels(text);
  const studies = dataSet
    .items(Tags.CurrentRequestedProcedureEvidenceSequence)
    .map((study, index) => readStudy(study, `(0040,A375)[${index}]`, labels));
  const count = studies.flatMap(({ series }) => series).reduce((sum, { instances }) => sum + instances.length, 0);
  if (count > INSTANCE_LIMIT) throw fault("KOS_TOO_MANY_INSTANCES", { details: { count, limit: INSTANCE_LIMIT } });
  if (count === 0) throw fault("KOS_UNREADABLE", { where: "(0040,A375)" });
  return {
    sopInstanceUID: required(dataSet, Tags.SOPInstanceUID, "(0008,0018)"),
    seriesInstanceUID: required(dataSet, Tags.SeriesInstanceUID, "(0020,000E)"),
    title: {
      value: title?.string(Tags.CodeValue) ?? "",
      scheme: title?.string(Tags.CodingSchemeDesignator) ?? "",
      meaning: title?.string(Tags.CodeMeaning) ?? "",
    },
    patientID: dataSet.string(Tags.PatientID) ?? "",
    ...present("patientIDIssuerOID", issuer(dataSet, Tags.IssuerOfPatientIDQualifiersSequence)),
    otherPatientIDs: dataSet.items(Tags.OtherPatientIDsSequence).flatMap((item) => {
      const value = item.string(Tags.PatientID) ?? "";
      return value === "" ? [] : [{ value, ...present("oid", issuer(item, Tags.IssuerOfPatientIDQualifiersSequence)) }];
    }),
    accessionNumbers: dataSet
      .items(Tags.ReferencedRequestSequence)
      .map((request) => request.string(Tags.AccessionNumber) ?? "")
      .filter((value) => value !== ""),
    description: text,
    studies,
  };
}

type Labels = ReturnType<typeof seriesLabels>;

function readStudy(study: DataSet, where: string, labels: Labels): ManifestContentStudy {
  return {
    studyInstanceUID: required(study, Tags.StudyInstanceUID, `${where}.(0020,000D)`),
    series: study
      .items(Tags.ReferencedSeriesSequence)
      .map((series, index) => readSeries(series, `${where}.(0008,1115)[${index}]`, labels)),
  };
}

function readSeries(series: DataSet, where: string, labels: Labels): ManifestContentSeries {
  const seriesInstanceUID = required(series, Tags.SeriesInstanceUID, `${where}.(0020,000E)`);
  const label = labels.get(seriesInstanceUID);
  return {
    seriesInstanceUID,
    modality: label?.modality ?? "",
    ...present("description", label?.description),
    ...present("bodyPart", label?.bodyPart),
    ...present("seriesNumber", series.integer(Tags.SeriesNumber)),
    ...present("retrieveURL", series.string(Tags.RetrieveURL)),
    ...present("retrieveAETitle", series.string(Tags.RetrieveAETitle)),
    instances: series
      .items(Tags.ReferencedSOPSequence)
      .map((instance, index) => readInstance(instance, `${where}.(0008,1199)[${index}]`)),
  };
}

function readInstance(instance: DataSet, where: string): ManifestInstance {
  return {
    sopClassUID: required(instance, Tags.ReferencedSOPClassUID, `${where}.(0008,1150)`),
    sopInstanceUID: required(instance, Tags.ReferencedSOPInstanceUID, `${where}.(0008,1155)`),
    ...present("instanceNumber", instance.integer(Tags.InstanceNumber)),
    ...present("numberOfFrames", instance.integer(Tags.NumberOfFrames)),
  };
}

/** The Key Object Description; some writers put its text at the root, where no text belongs. */
function description(dataSet: DataSet): string {
  const item = dataSet.items(Tags.ContentSequence).find((content) => {
    const [name] = content.items(Tags.ConceptNameCodeSequence);
    return name?.string(Tags.CodeValue) === "113012" && name.string(Tags.CodingSchemeDesignator) === "DCM";
  });
  return (item ?? dataSet).string(Tags.TextValue) ?? "";
}

function issuer(dataSet: DataSet, tag: Tag): string | undefined {
  return dataSet.items(tag)[0]?.string(Tags.UniversalEntityID);
}

function required(dataSet: DataSet, tag: Tag, where: string): string {
  const value = dataSet.string(tag);
  if (value === undefined) throw fault("KOS_UNREADABLE", { where });
  return value;
}

/** An optional property: absent rather than undefined. */
function present<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}
