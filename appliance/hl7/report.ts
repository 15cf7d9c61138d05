/** A message of the profile "Transmission d'un document CDA-R2 en HL7v2", checked as a whole. */
import { said } from "../base/index.ts";
import { readAction } from "./action.ts";
import { findCarrier } from "./carrier.ts";
import { isClinicalDocument } from "./content.ts";
import { decodeDocument, findEncoded, isEmpty } from "./document.ts";
import { fault } from "./errors.ts";
import { isOid, requiredValue } from "./fields.ts";
import type { HeadOptions } from "./head.ts";
import type { Message } from "./message.ts";
import { isMetadata, readFlags } from "./metadata.ts";
import type { Remark, ReportAction, ReportMessage, TranscriptionIds } from "./model.ts";
import { readPatient, readSender, readVisit } from "./participants.ts";
import { type ReportHead, readReportHead } from "./profile.ts";
import type { Segment } from "./segment.ts";
import { readStructure } from "./structure.ts";

export interface ReportOptions extends HeadOptions {
  /** Largest CDA, in bytes once decoded. Default 48 MiB: what fits the 64 MiB of an MLLP message. */
  readonly documentBytes?: number;
  /** OBR-4.1 of the documents that are imaging reports. */
  readonly imagingTypes?: readonly string[];
}

const DOCUMENT_BYTES = 48 * 1024 * 1024;
/** LOINC 18748-4, "CR d'imagerie médicale" (profile 1.5). */
const IMAGING_TYPES = ["18748-4"];

/**
 * Reads a report message; replacements and deletions are read as such, whether or not the caller handles them.
 *
 * Errors, each with the field it stands in: every code of this room that has a row in `conditions.ts`. What bends the
 * profile and leaves the meaning certain is accepted and listed in `remarks`.
 */
export function readReport(message: Message, options: ReportOptions = {}): ReportMessage {
  const remarks: Remark[] = [...message.remarks];
  const head = readReportHead(message, options, remarks);
  const { pid, pv1, orc, obr, txa, observations } = readStructure(message, head);
  if (pv1 === undefined) remarks.push({ code: "HL7_VISIT_ABSENT", where: "PV1" });

  // Before the documents are counted: it says more to the laboratory that sends its two here.
  const imaging = options.imagingTypes ?? IMAGING_TYPES;
  const ordered = obr && readType(obr, 4, imaging);
  const { obx, participations } = findCarrier(observations, remarks);
  const documentType = ordered ?? readType(obx, 3, imaging);
  if (requiredValue(obx, 3) !== documentType.code) throw fault("HL7_DOCUMENT_TYPE_MISMATCH", { where: obx.where(3) });
  const action = readAction(head, orc, obx, remarks);
  const sender = readSender(participations);
  if (sender === undefined) remarks.push({ code: "HL7_SENDER_ABSENT", where: "PRT" });

  const metadata = observations.map((observation) => observation.obx).filter(isMetadata);
  const facts = said({
    ...head,
    patient: readPatient(pid, remarks),
    visit: readVisit(pv1),
    order: said({
      control: orc?.value(1) ?? "",
      placer: orc?.value(2) || undefined,
      filler: orc?.value(3) || undefined,
    }),
    documentType,
    sender,
    flags: readFlags(metadata, action, remarks),
    transcription: txa && transcriptionIds(txa, action, remarks),
    remarks,
  });
  if (action === "delete" && isEmpty(obx) && isDeletedById(facts)) {
    remarks.push({ code: "HL7_DELETED_BY_ID", where: obx.where(5) });
    return { ...facts, action };
  }
  // Last: the other refusals cost nothing.
  return { ...facts, action, document: readDocument(obx, head, options, remarks) };
}

/** In an MDM of the declared profile, for no document proves it; TXA-12 must name a document as a CDA is named. */
function isDeletedById(facts: Pick<ReportMessage, "family" | "profileVersion" | "transcription">): boolean {
  const { family, profileVersion, transcription } = facts;
  return family === "MDM" && profileVersion !== undefined && isOid(transcription?.document?.root ?? "");
}

/** Whatever the message leaves in doubt, MSH-21 or the form of OBX-5, a document that is a CDA settles. */
function readDocument(obx: Segment, head: ReportHead, options: ReportOptions, remarks: Remark[]): Uint8Array {
  const encoded = findEncoded(obx);
  if (!encoded.asProfiled) remarks.push({ code: "HL7_DOCUMENT_FORM", where: obx.where(5) });
  const document = decodeDocument(encoded, options.documentBytes ?? DOCUMENT_BYTES, remarks);
  const doubtful = !encoded.asProfiled || head.profileVersion === undefined;
  if (doubtful && !isClinicalDocument(document)) throw fault("HL7_DOCUMENT_NOT_CDA", { where: encoded.where });
  return document;
}

function readType(segment: Segment, field: number, imaging: readonly string[]): ReportMessage["documentType"] {
  const code = requiredValue(segment, field);
  if (!imaging.includes(code)) throw fault("HL7_NOT_AN_IMAGING_REPORT", { where: segment.where(field) });
  const [text, system] = [segment.value(field, 2), segment.value(field, 3)];
  return said({ code, text: text || undefined, system: system || undefined });
}

/** TXA-12 and 13: `extension^^root^ISO`, or the root alone in component 1 (profile 1.5). */
function transcriptionIds(txa: Segment, action: ReportAction, remarks: Remark[]): TranscriptionIds {
  const id = (field: number): TranscriptionIds["document"] => {
    const [first, , third] = [1, 2, 3].map((component) => txa.value(field, component));
    if (first === undefined || first === "") return undefined;
    return third ? { root: third, extension: first } : { root: first };
  };
  const ids = { document: id(12), parent: id(13) };
  if (ids.document === undefined) remarks.push({ code: "HL7_TRANSCRIPTION_ID_ABSENT", where: "TXA-12" });
  if (ids.parent === undefined && action === "replace")
    remarks.push({ code: "HL7_TRANSCRIPTION_ID_ABSENT", where: "TXA-13" });
  return said(ids);
}
