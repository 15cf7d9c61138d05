import { type DataSet, type Tag, Tags } from "../dicom/index.ts";
import { localTime } from "./clock.ts";
import type { AssignedIdentifier, ManifestInput } from "./model.ts";
import { dataSetOf, dicomCode, type Row, sequence } from "./rows.ts";
import {
  date,
  description,
  fits,
  identifier,
  LO_LENGTH,
  personName,
  physicianName,
  SH_LENGTH,
  time,
  uid,
} from "./text.ts";

/** Key Object Selection Document Storage (PS3.4 B.5). */
export const KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59";

/** The series number that the network's first manifests carry. */
const SERIES_NUMBER = "59";

/** Who assigns the national identifier: persons without a NIR of their own have a NIA. */
const INS_NIA = "1.2.250.1.213.1.4.9";

/** Room for the institution's number in InstitutionName; the name before it is shortened to make it fit. */
const INSTITUTION_ID_LENGTH = 32;

/** PatientComments is an LT; the code of a commune has five characters. */
const BIRTH_PLACE_LENGTH = 16;

/**
 * The elements of a manifest before (0040,A375), SOPInstanceUID left empty and without SpecificCharacterSet: the Patient,
 * General Study, Key Object Document Series, General Equipment, Key Object Document, SR Document Content and SOP Common
 * modules of the Key Object Selection Document IOD (PS3.3 A.35.4).
 *
 * PatientID is the national identifier (INS), as the network asks; the site's own (IPP) stands in OtherPatientIDsSequence.
 * The dates of the study are the PACS's; the others are `createdAt`, at the offset that the site had on the day of the study.
 */
export function manifestHead(input: ManifestInput, studyInstanceUID: string, seriesInstanceUID: string): DataSet {
  const { study, patient } = input;
  const examined = { date: date(study.studyDate), time: time(study.studyTime) };
  const created = localTime(input.createdAt, input.timeZone, examined);
  const name = personName(patient.familyName, patient.givenName, "patient.name");
  const ins = patientIdentifier(
    { value: patient.ins.matricule, oid: patient.ins.oid },
    "patient.ins",
    insIssuer(patient.ins.oid),
  );
  const ipp = patientIdentifier(patient.ipp, "patient.ipp");

  return dataSetOf([
    [Tags.InstanceCreationDate, "DA", created.date],
    [Tags.InstanceCreationTime, "TM", created.time],
    [Tags.SOPClassUID, "UI", KEY_OBJECT_SELECTION],
    [Tags.SOPInstanceUID, "UI", ""],
    [Tags.StudyDate, "DA", examined.date],
    [Tags.SeriesDate, "DA", created.date],
    [Tags.ContentDate, "DA", created.date],
    [Tags.StudyTime, "TM", examined.time],
    [Tags.SeriesTime, "TM", created.time],
    [Tags.ContentTime, "TM", created.time],
    // A study may answer several requests: the numbers are in ReferencedRequestSequence.
    [Tags.AccessionNumber, "SH", ""],
    [Tags.Modality, "CS", "KO"],
    [Tags.Manufacturer, "LO", description(input.manufacturer, LO_LENGTH)],
    [Tags.InstitutionName, "LO", institutionName(input.institution)],
    [Tags.ReferringPhysicianName, "PN", physicianName(study.referringPhysicianName)],
    [Tags.TimezoneOffsetFromUTC, "SH", created.offset],
    [Tags.StudyDescription, "LO", description(study.description, LO_LENGTH)],
    [Tags.ReferencedPerformedProcedureStepSequence, "SQ", []],
    [Tags.PatientName, "PN", name],
    ...ins,
    [Tags.PatientBirthDate, "DA", date(patient.birthDate)],
    [Tags.PatientSex, "CS", /^[MFO]$/.test(patient.sex) ? patient.sex : ""],
    [Tags.OtherPatientNames, "PN", name],
    sequence(Tags.OtherPatientIDsSequence, [...ins, TYPE_TEXT], [...ipp, TYPE_TEXT]),
    [Tags.PatientComments, "LT", optional(patient.birthPlaceCode, BIRTH_PLACE_LENGTH, "patient.birthPlaceCode")],
    [Tags.StudyInstanceUID, "UI", studyInstanceUID],
    [Tags.SeriesInstanceUID, "UI", seriesInstanceUID],
    // A label for the eye (type 2), not a key: one that DICOM cannot carry is left out rather than shortened.
    [Tags.StudyID, "SH", fits(study.studyID ?? "", SH_LENGTH) ? study.studyID : ""],
    [Tags.SeriesNumber, "IS", SERIES_NUMBER],
    [Tags.InstanceNumber, "IS", input.version],
    [Tags.ValueType, "CS", "CONTAINER"],
    dicomCode(Tags.ConceptNameCodeSequence, "113030", "Manifest"),
    [Tags.ContinuityOfContent, "CS", "SEPARATE"],
    ...requests(input, studyInstanceUID),
  ]);
}

const TYPE_TEXT: Row = [Tags.TypeOfPatientID, "CS", "TEXT"];

/** PatientID and its issuer (PS3.3 C.7.1.1 and 10.14), at the root and in OtherPatientIDsSequence alike. */
function patientIdentifier({ value, oid }: AssignedIdentifier, where: string, issuer?: string): Row[] {
  return [
    [Tags.PatientID, "LO", identifier(value, LO_LENGTH, where)],
    [Tags.IssuerOfPatientID, "LO", issuer],
    ...assigner(Tags.IssuerOfPatientIDQualifiersSequence, oid, where),
  ];
}

function insIssuer(oid: string): string {
  return oid === INS_NIA ? "ASIP-SANTE-INS-NIA" : "ASIP-SANTE-INS-NIR";
}

/** Who assigned an identifier, by its OID (PS3.3 10.17): one item, or no sequence when that is not known. */
function assigner(tag: Tag, oid: string | undefined, where: string): Row[] {
  if (oid === undefined) return [];
  return [
    sequence(tag, [
      [Tags.UniversalEntityID, "UT", uid(oid, `${where}.oid`)],
      [Tags.UniversalEntityIDType, "CS", "ISO"],
    ]),
  ];
}

/**
 * ReferencedRequestSequence (PS3.3 C.17.6.2): one item for each request that the exam answers; left out when none is known
 * (type 1C). Nothing is known of the procedure as ordered: its type 2 attributes are empty.
 */
function requests(input: ManifestInput, studyInstanceUID: string): Row[] {
  const items = input.requests.flatMap(({ accession, placerOrder }, index): Row[][] => {
    if (accession === undefined && placerOrder === undefined) return [];
    const where = `requests[${index}]`;
    return [
      [
        [Tags.AccessionNumber, "SH", optional(accession?.value, SH_LENGTH, `${where}.accession`) ?? ""],
        ...assigner(Tags.IssuerOfAccessionNumberSequence, accession?.oid, `${where}.accession`),
        [Tags.ReferencedStudySequence, "SQ", []],
        [Tags.StudyInstanceUID, "UI", studyInstanceUID],
        [Tags.RequestedProcedureDescription, "LO", ""],
        [Tags.RequestedProcedureCodeSequence, "SQ", []],
        ...assigner(Tags.OrderPlacerIdentifierSequence, placerOrder?.oid, `${where}.placerOrder`),
        [Tags.RequestedProcedureID, "SH", ""],
        [
          Tags.PlacerOrderNumberImagingServiceRequest,
          "LO",
          optional(placerOrder?.value, LO_LENGTH, `${where}.placerOrder`) ?? "",
        ],
        [Tags.FillerOrderNumberImagingServiceRequest, "LO", ""],
      ],
    ];
  });
  return items.length === 0 ? [] : [sequence(Tags.ReferencedRequestSequence, ...items)];
}

function optional(value: string | undefined, limit: number, where: string): string | undefined {
  return value === undefined ? undefined : identifier(value, limit, where);
}

/** Name and number in one text, `name^^^^^^^^^number`: the components 1 and 10 of an XON, as the network writes them. */
function institutionName({ name, id }: ManifestInput["institution"]): string {
  const suffix = id === "" ? "" : `^^^^^^^^^${identifier(id, INSTITUTION_ID_LENGTH, "institution.id")}`;
  return description(name, LO_LENGTH - suffix.length) + suffix;
}
