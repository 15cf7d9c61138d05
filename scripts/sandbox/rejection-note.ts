/** Rejection notes (IHE IOCM, RAD-66) as the archives of the field write them, well or badly. */
import {
  DataSet,
  derivedUID,
  ExplicitVRLittleEndian,
  newUID,
  type Tag,
  Tags,
  type TransferSyntax,
  type VR,
  writePart10,
} from "../../appliance/dicom/index.ts";
import { KEY_OBJECT_SELECTION, referenceValueType } from "../../appliance/kos/index.ts";

/** A document title: value, scheme and meaning. */
export type Title = readonly [value: string, scheme: string, meaning: string];

/** The titles of PS3.16 CID 7010 that reject, the one by which dcm4chee-arc restores, and two that do neither. */
export const TITLES = {
  quality: ["113001", "DCM", "Rejected for Quality Reasons"],
  "patient-safety": ["113037", "DCM", "Rejected for Patient Safety Reasons"],
  "wrong-worklist": ["113038", "DCM", "Incorrect Modality Worklist Entry"],
  "retention-expired": ["113039", "DCM", "Data Retention Policy Expired"],
  restored: ["REVOKE_REJECTION", "99DCM4CHEE", "Restore rejected Instances"],
  "for-referring-provider": ["113002", "DCM", "For Referring Provider"],
  manifest: ["113030", "DCM", "Manifest"],
} as const satisfies Readonly<Record<string, Title>>;

interface Reference {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
}

export interface RejectedInstances {
  readonly studyInstanceUID?: string;
  readonly seriesInstanceUID: string;
  readonly instances: readonly Reference[];
}

export interface RejectionNoteOptions {
  readonly title: Title;
  readonly studyInstanceUID: string;
  readonly patientID?: string;
  readonly issuerOfPatientID?: string;
  readonly issuerOID?: string;
  /** Current Requested Procedure Evidence Sequence: the study of the note unless an entry names another. */
  readonly evidence: readonly RejectedInstances[];
  /** What the content references; all that is in the evidence unless said otherwise. */
  readonly content?: readonly Reference[];
  readonly sopInstanceUID?: string;
  readonly transferSyntax?: TransferSyntax;
}

export interface WrittenNote {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntax: string;
  readonly dataSet: DataSet;
  /** The Part 10 file. */
  readonly bytes: Buffer;
}

/** A Key Object Selection Document with that title over those instances. */
export function buildRejectionNote(options: RejectionNoteOptions): WrittenNote {
  const { studyInstanceUID, evidence, transferSyntax = ExplicitVRLittleEndian } = options;
  const sopInstanceUID = options.sopInstanceUID ?? newUID();
  const content = options.content ?? evidence.flatMap(({ instances }) => instances);
  const studies = Map.groupBy(evidence, (one) => one.studyInstanceUID ?? studyInstanceUID);
  const issuer = options.issuerOID === undefined ? [] : [qualifiers(options.issuerOID)];
  const dataSet = put(new DataSet(), [
    [Tags.SpecificCharacterSet, "CS", "ISO_IR 192"],
    [Tags.SOPClassUID, "UI", KEY_OBJECT_SELECTION],
    [Tags.SOPInstanceUID, "UI", sopInstanceUID],
    [Tags.StudyDate, "DA", "20260115"],
    [Tags.ContentDate, "DA", "20260116"],
    [Tags.StudyTime, "TM", "101500"],
    [Tags.ContentTime, "TM", "080000"],
    [Tags.AccessionNumber, "SH", ""],
    [Tags.Modality, "CS", "KO"],
    [Tags.Manufacturer, "LO", "SANDBOX"],
    [Tags.ReferringPhysicianName, "PN", ""],
    [Tags.ReferencedPerformedProcedureStepSequence, "SQ", []],
    [Tags.PatientName, "PN", "ESSAI-MARTIN^LUCIE"],
    [Tags.PatientID, "LO", options.patientID ?? "P0001"],
    [Tags.IssuerOfPatientID, "LO", options.issuerOfPatientID],
    [Tags.PatientBirthDate, "DA", "19850312"],
    [Tags.PatientSex, "CS", "F"],
    [Tags.StudyInstanceUID, "UI", studyInstanceUID],
    [Tags.SeriesInstanceUID, "UI", derivedUID(`${studyInstanceUID} rejection notes`)],
    [Tags.StudyID, "SH", ""],
    [Tags.SeriesNumber, "IS", "999"],
    [Tags.InstanceNumber, "IS", "1"],
    [Tags.ValueType, "CS", "CONTAINER"],
    [Tags.ConceptNameCodeSequence, "SQ", [code(options.title)]],
    [Tags.ContinuityOfContent, "CS", "SEPARATE"],
    [Tags.CurrentRequestedProcedureEvidenceSequence, "SQ", [...studies].map(([uid, series]) => study(uid, series))],
    [Tags.ContentTemplateSequence, "SQ", [template()]],
    [Tags.ContentSequence, "SQ", content.map(contentItem)],
  ]);
  if (issuer.length > 0) dataSet.set(Tags.IssuerOfPatientIDQualifiersSequence, "SQ", issuer);
  const bytes = writePart10({ dataSet, transferSyntax });
  return { sopClassUID: KEY_OBJECT_SELECTION, sopInstanceUID, transferSyntax: transferSyntax.uid, dataSet, bytes };
}

type Row = readonly [tag: Tag, vr: VR, value: string | readonly DataSet[] | undefined];

function put(dataSet: DataSet, rows: readonly Row[]): DataSet {
  for (const [tag, vr, value] of rows) if (value !== undefined) dataSet.set(tag, vr, value);
  return dataSet;
}

function study(studyInstanceUID: string, series: readonly RejectedInstances[]): DataSet {
  const items = series.map(({ seriesInstanceUID, instances }) =>
    put(new DataSet(), [
      [Tags.ReferencedSOPSequence, "SQ", instances.map(reference)],
      [Tags.SeriesInstanceUID, "UI", seriesInstanceUID],
    ]),
  );
  return put(new DataSet(), [
    [Tags.ReferencedSeriesSequence, "SQ", items],
    [Tags.StudyInstanceUID, "UI", studyInstanceUID],
  ]);
}

function contentItem(instance: Reference): DataSet {
  return put(new DataSet(), [
    [Tags.ReferencedSOPSequence, "SQ", [reference(instance)]],
    [Tags.RelationshipType, "CS", "CONTAINS"],
    [Tags.ValueType, "CS", referenceValueType(instance.sopClassUID)],
  ]);
}

function reference({ sopClassUID, sopInstanceUID }: Reference): DataSet {
  return put(new DataSet(), [
    [Tags.ReferencedSOPClassUID, "UI", sopClassUID],
    [Tags.ReferencedSOPInstanceUID, "UI", sopInstanceUID],
  ]);
}

function code([value, scheme, meaning]: Title): DataSet {
  return put(new DataSet(), [
    [Tags.CodeValue, "SH", value],
    [Tags.CodingSchemeDesignator, "SH", scheme],
    [Tags.CodeMeaning, "LO", meaning],
  ]);
}

function template(): DataSet {
  return put(new DataSet(), [
    [Tags.MappingResource, "CS", "DCMR"],
    [Tags.TemplateIdentifier, "CS", "2010"],
  ]);
}

function qualifiers(oid: string): DataSet {
  return put(new DataSet(), [
    [Tags.UniversalEntityID, "UT", oid],
    [Tags.UniversalEntityIDType, "CS", "ISO"],
  ]);
}
