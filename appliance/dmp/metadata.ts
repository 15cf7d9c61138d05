import type { CodedValue, Organization, Professional, ReportHeader, ServiceEvent } from "../cda/index.ts";
import {
  ASSOCIATION,
  type Author,
  type Code,
  ce,
  cx,
  type DocumentEntry,
  dtm,
  type Person,
  pid,
  type SubmissionMetadata,
  xcnDevice,
  xcnPerson,
  xon,
} from "../xds/index.ts";
import {
  CONFIDENTIALITY_NORMAL,
  contentType,
  MANIFEST,
  modalityCode,
  OID,
  regionCode,
  SIGNATURE,
  VISIBILITY,
} from "./codes.ts";
import { dmpErrors } from "./errors.ts";
import type { DmpOptions, SubmissionInput } from "./model.ts";
import { deviceId, type StructureRoles } from "./structure.ts";

export const MANIFEST_ENTRY = "DocumentKOS";
export const SIGNATURE_ENTRY = "Signature01";
const SUBMISSION_SET = "SubmissionSet01";

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
  const { header, manifest, ids } = input;
  const patientId = cx(input.patient.ins.matricule, input.patient.ins.oid, "NH");
  const institutions = [xon(structure.author.name, structure.author.id, OID.structure)];
  const authenticator = professional(header.legalAuthenticator, "legalAuthenticator");
  const submitter = submittingAuthor(input, authenticator, institutions);
  const submittedAt = dtm(input.submittedAt);
  const events = eventsOfStudy(header, manifest.studyInstanceUID);
  const common = {
    patientId,
    legalAuthenticator: xcnPerson(authenticator),
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
    authors: [{ person: device(structure, options), institutions }],
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
    creationTime: submittedAt,
    languageCode: "art",
    serviceStartTime: submittedAt,
    serviceStopTime: submittedAt,
    authors: [submitter],
    classCode: SIGNATURE.classCode,
    typeCode: SIGNATURE.typeCode,
    formatCode: SIGNATURE.formatCode,
    confidentialityCodes: [CONFIDENTIALITY_NORMAL, VISIBILITY.maskedFromProfessionals, VISIBILITY.invisibleToPatient],
    eventCodeList: [SIGNATURE.eventCode],
  };
  return {
    submissionSet: {
      id: SUBMISSION_SET,
      uniqueId: ids.submissionSet,
      sourceId: options.sourceId,
      patientId,
      submissionTime: submittedAt,
      title: MANIFEST.title,
      authors: [submitter],
      contentTypeCode: contentType(input.visitClass),
    },
    documents: [manifestEntry, signatureEntry],
    associations: [{ type: ASSOCIATION.signs, source: SIGNATURE_ENTRY, target: SUBMISSION_SET }],
  };
}

/** A professional with everything an XCN needs. */
export function professional(person: Professional | undefined, where: string): Person {
  const id = person?.id;
  if (id?.root !== OID.professional || !id.extension) throw missing(`${where}/assignedEntity/id`);
  if (!person?.name) throw missing(`${where}/assignedEntity/assignedPerson/name`);
  return { id: id.extension, oid: id.root, family: person.name.family, given: person.name.given };
}

/** Author of the set: who sends, by PRT (SB), else who answers for the report, whose specialty is known. */
function submittingAuthor(input: SubmissionInput, authenticator: Person, institutions: string[]): Author {
  const { id, family, given, oid = OID.professional } = input.sender?.person ?? {};
  const national = oid === OID.professional;
  const sender = national && id && family && given ? { id, family, given, oid } : authenticator;
  const specialty = input.header.legalAuthenticator?.specialty;
  const known = specialty !== undefined && sender.id === authenticator.id;
  return {
    person: xcnPerson(sender),
    institutions,
    ...(known ? { specialties: [ce(specialty.code, specialty.displayName ?? "", specialty.codeSystem)] } : {}),
  };
}

/** The manifest's author is the box, a system of the structure (official sample of the DMP). */
function device(structure: StructureRoles, { software: { name, manufacturer } }: Options): string {
  const id = deviceId(structure.author.id, name);
  return xcnDevice({ id, oid: OID.professional, name, manufacturer, idType: "EI" });
}

/** The local identifier; the INS when the local one has no authority to make it unique (CI-SIS). */
function sourcePatientId({ patient: { ins, ipp } }: SubmissionInput): string {
  return ipp.oid === undefined ? cx(ins.matricule, ins.oid, "NH") : cx(ipp.value, ipp.oid, "PI");
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
  references.push(cx(manifest.studyInstanceUID, metadata?.studyAuthority, "urn:ihe:iti:xds:2016:studyInstanceUID"));
  return [...new Set(references)].filter(isPresent);
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

const missing = (where: string) => dmpErrors.fault("DMP_METADATA_MISSING", { where });
