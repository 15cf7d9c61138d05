import type { CodedValue, Organization, ReportHeader, ServiceEvent } from "../cda/index.ts";
import {
  ASSOCIATION,
  type Code,
  cx,
  type DocumentEntry,
  dtm,
  ORIGINAL,
  pid,
  STATUS,
  type SubmissionMetadata,
  xcnDevice,
  xcnPerson,
} from "../xds/index.ts";
import { CONFIDENTIALITY_NORMAL, MANIFEST, modalityCode, OID, regionCode, SIGNATURE, VISIBILITY } from "./codes.ts";
import { dmpErrors, missing } from "./errors.ts";
import type { DmpOptions, SubmissionInput, WithdrawalInput } from "./model.ts";
import { deviceId, type StructureRoles } from "./structure.ts";
import { authenticatorOf, institutions, patientId, SUBMISSION_SET, submissionSet } from "./submission-set.ts";

export const MANIFEST_ENTRY = "DocumentKOS";
export const SIGNATURE_ENTRY = "Signature01";

/** The exact bytes of a submitted document, as its metadata describe them. */
export interface Content {
  readonly hash: string;
  readonly size: number;
}

type Options = Pick<DmpOptions, "software" | "sourceId" | "metadata">;

/**
 * Every metadata value of a submission: one set, the manifest, the signature of the set. Times are UTC.
 * @throws DMP_METADATA_MISSING, DMP_CONFIDENTIALITY_RESTRICTED
 */
export function submissionMetadata(
  input: SubmissionInput,
  structure: StructureRoles,
  contents: { readonly manifest: Content; readonly signature: Content },
  options: Options,
): SubmissionMetadata {
  const { header, manifest, ids, replaces } = input;
  const set = submissionSet(input, structure, options);
  const events = eventsOfStudy(header, manifest.studyInstanceUID);
  const common = {
    patientId: set.patientId,
    legalAuthenticator: xcnPerson(authenticatorOf(input)),
    sourcePatientId: sourcePatientId(input),
    referenceIdList: referenceIds(input, options),
    healthcareFacilityTypeCode: facilityType(header, options),
    practiceSettingCode: practiceSetting(header, options),
  };
  const manifestEntry: DocumentEntry = {
    ...common,
    ...contents.manifest,
    id: MANIFEST_ENTRY,
    uniqueId: manifest.sopInstanceUID,
    mimeType: "application/dicom",
    title: MANIFEST.title,
    creationTime: dtm(manifest.createdAt),
    languageCode: "fr-FR",
    ...serviceTimes(events),
    sourcePatientInfo: sourcePatientInfo(header),
    authors: [{ person: device(structure, options), institutions: institutions(structure) }],
    classCode: MANIFEST.classCode,
    typeCode: MANIFEST.typeCode,
    formatCode: MANIFEST.formatCode,
    confidentialityCodes: confidentiality(input),
    eventCodeList: eventCodes(events, manifest.modalities, options),
  };
  const signatureEntry: DocumentEntry = {
    ...common,
    ...contents.signature,
    id: SIGNATURE_ENTRY,
    uniqueId: ids.signature,
    mimeType: "text/xml",
    title: SIGNATURE.title,
    creationTime: set.submissionTime,
    languageCode: "art",
    serviceStartTime: set.submissionTime,
    serviceStopTime: set.submissionTime,
    authors: set.authors,
    classCode: SIGNATURE.classCode,
    typeCode: SIGNATURE.typeCode,
    formatCode: SIGNATURE.formatCode,
    confidentialityCodes: [CONFIDENTIALITY_NORMAL, VISIBILITY.maskedFromProfessionals, VISIBILITY.invisibleToPatient],
    eventCodeList: [SIGNATURE.eventCode],
  };
  return {
    submissionSet: set,
    documents: [manifestEntry, signatureEntry],
    associations: [
      { type: ASSOCIATION.signs, source: SIGNATURE_ENTRY, target: SUBMISSION_SET, slots: ORIGINAL },
      // Without a slot: SubmissionSetStatus is of members only; on `signs` it stands as in the DMP's own sample.
      ...(replaces ? [{ type: ASSOCIATION.replaces, source: MANIFEST_ENTRY, target: replaces.entryUUID }] : []),
    ],
  };
}

/** A set without members that changes the status of one registered entry (ITI-57, 3.57.4.1.3.3.2). */
export function withdrawalMetadata(
  input: WithdrawalInput,
  structure: StructureRoles,
  options: Options,
): SubmissionMetadata {
  const withdrawal = {
    type: ASSOCIATION.updateAvailabilityStatus,
    source: SUBMISSION_SET,
    target: input.entryUUID,
    slots: { OriginalStatus: STATUS.approved, NewStatus: STATUS.deleted },
  };
  return { submissionSet: submissionSet(input, structure, options), documents: [], associations: [withdrawal] };
}

/** The manifest's author is the box, a system of the structure (official sample of the DMP). */
function device(structure: StructureRoles, { software: { name, manufacturer } }: Options): string {
  const id = deviceId(structure.author.id, name);
  return xcnDevice({ id, oid: OID.professional, name, manufacturer, idType: "EI" });
}

/** The local identifier; the INS when the local one has no authority to make it unique (CI-SIS). */
function sourcePatientId(input: SubmissionInput): string {
  const { ipp } = input.patient;
  return ipp.oid === undefined ? patientId(input) : cx(ipp.value, ipp.oid, "PI");
}

function sourcePatientInfo({ patient }: ReportHeader): string[] {
  const { birthName, usedName, birthDate, sex, birthPlaceCode } = patient;
  return [
    birthName && pid(5, birthName.family, birthName.given, "", "", "", "", "L"),
    usedName && pid(5, usedName.family, usedName.given, "", "", "", "", "D"),
    birthDate && pid(7, birthDate.slice(0, 8)),
    sex && pid(8, SEXES[sex] ?? "U"),
    birthPlaceCode && pid(11, "", "", "", "", "", "", "BDL", "", birthPlaceCode),
  ].filter(isPresent);
}

/** HL7 v3 AdministrativeGender to HL7 v2 table 0001; anything else is unknown. */
const SEXES: Readonly<Record<string, string>> = { M: "M", F: "F" };

/** Every accession and order number of the report, and the study; each once. */
function referenceIds({ header, manifest }: SubmissionInput, { metadata }: Options): string[] {
  const references = header.orders.flatMap(({ accession, placerOrder }) => [
    accession?.extension && cx(accession.extension, accession.root, "urn:ihe:iti:xds:2013:accession"),
    placerOrder?.extension && cx(placerOrder.extension, placerOrder.root, "urn:ihe:iti:xds:2013:order"),
  ]);
  references.push(studyReference(manifest.studyInstanceUID, metadata?.studyAuthority));
  return [...new Set(references)].filter(isPresent);
}

/** How a manifest's referenceIdList names its study. By the standard the UID has no authority; some registries want one. */
export function studyReference(studyInstanceUID: string, authority?: string): string {
  return cx(studyInstanceUID, authority, "urn:ihe:iti:xds:2016:studyInstanceUID");
}

const isPresent = (value: string | undefined): value is string => value !== undefined && value !== "";

/** The acts of the study, one event each; a report of one study may name it in none of them. */
function eventsOfStudy(header: ReportHeader, studyInstanceUID: string): readonly ServiceEvent[] {
  const events = header.serviceEvents.filter((event) => event.studyInstanceUID === studyInstanceUID);
  return events.length > 0 ? events : header.serviceEvents;
}

/**
 * From the first act's start to the last act's end. An end that is only a day is read as its first moment, before the start:
 * it is left out rather than sent, as no registry takes an exam that ends before it begins.
 */
function serviceTimes(events: readonly ServiceEvent[]): Pick<DocumentEntry, "serviceStartTime" | "serviceStopTime"> {
  const starts = events.flatMap(({ start }) => (start ? [dtm(start)] : [])).sort();
  const stops = events.flatMap(({ stop }) => (stop ? [dtm(stop)] : [])).sort();
  const [serviceStartTime] = starts;
  const serviceStopTime = stops.at(-1);
  return {
    ...(serviceStartTime === undefined ? {} : { serviceStartTime }),
    ...(serviceStopTime === undefined || serviceStopTime < (serviceStartTime ?? "") ? {} : { serviceStopTime }),
  };
}

/**
 * Regions of the acts and modalities of the series, each once, and none that the value sets do not know. When no series is of
 * a known modality (a study of reports or documents) the report's own word counts.
 */
function eventCodes(events: readonly ServiceEvent[], modalities: readonly string[], { metadata }: Options): Code[] {
  const acts = metadata?.publishAct ? events.flatMap(({ act }) => (act ? [toCode(act)] : [])) : [];
  const regions = events.flatMap((event) => event.regions.map(regionCode));
  const known = (given: readonly string[]) =>
    given.map((modality) => modalityCode(modality, metadata?.modalityScheme)).filter((code) => code !== undefined);
  const acquired = known(modalities);
  const announced = events.flatMap((event) => event.modalities.map(({ code }) => code));
  const codes = [
    ...acts,
    ...regions.filter((code) => code !== undefined),
    ...(acquired.length > 0 ? acquired : known(announced)),
  ];
  return [...new Map(codes.map((code) => [`${code.code}^${code.scheme}`, code])).values()];
}

function confidentiality({ header, visibility }: SubmissionInput): Code[] {
  const { confidentialityCodes: codes } = header;
  if (codes.length !== 1 || codes[0] !== CONFIDENTIALITY_NORMAL.code)
    throw dmpErrors.fault("DMP_CONFIDENTIALITY_RESTRICTED", { where: "confidentialityCode" });
  const flags = Object.keys(VISIBILITY) as (keyof typeof VISIBILITY)[];
  return [CONFIDENTIALITY_NORMAL, ...flags.filter((flag) => visibility[flag]).map((flag) => VISIBILITY[flag])];
}

export function facilityType(header: ReportHeader, { metadata }: Pick<DmpOptions, "metadata">): Code {
  if (header.facilityType) return toCode(header.facilityType);
  if (metadata?.defaultFacilityType) return metadata.defaultFacilityType;
  throw missing("componentOf/encompassingEncounter/location/healthCareFacility/code");
}

function practiceSetting(header: ReportHeader, { metadata }: Options): Code {
  const industryClass = (organization: Organization | undefined) => organization?.industryClass;
  const performers = header.serviceEvents.map(({ performer }) => industryClass(performer?.organization));
  const found = performers.find((value) => value !== undefined);
  if (found) return toCode(found);
  if (metadata?.defaultPracticeSetting) return metadata.defaultPracticeSetting;
  throw missing(
    "documentationOf/serviceEvent/performer/assignedEntity/representedOrganization/standardIndustryClassCode",
  );
}

function toCode(value: Pick<CodedValue, "code" | "codeSystem" | "displayName">): Code {
  return { code: value.code, scheme: value.codeSystem, display: value.displayName ?? value.code };
}
