/** A message of the profile "Transmission d'un document CDA-R2 en HL7v2", checked as a whole. */
import { said } from "../base/index.ts";
import { readDocument } from "./document.ts";
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

/** One action, said three times (profile 1.2). */
const byOrder: Readonly<Record<string, ReportAction>> = { NW: "create", RO: "replace", CA: "delete" };
const byStatus: Readonly<Record<string, ReportAction>> = { F: "create", C: "replace", D: "delete" };
const byEvent: Readonly<Record<string, ReportAction>> = { T02: "create", T10: "replace", T04: "delete" };

/**
 * Reads a report message; replacements and deletions are read as such, whether or not the caller handles them.
 *
 * Errors, each with the field it stands in: every code of this room that has a row in `conditions.ts`. What bends the
 * profile and leaves the meaning certain is accepted and listed in `remarks`.
 */
export function readReport(message: Message, options: ReportOptions = {}): ReportMessage {
  const remarks: Remark[] = [];
  const head = readReportHead(message, options, remarks);
  const segments = readStructure(message, head);
  if (segments.pv1 === undefined) remarks.push({ code: "HL7_VISIT_ABSENT", where: "PV1" });

  const documents = segments.observations.filter(({ obx }) => obx.value(2) === "ED" && !isMetadata(obx));
  const [document, another] = documents;
  if (document === undefined) throw fault("HL7_NO_DOCUMENT", { where: "OBX-2" });
  const { obx, participations } = document;
  // Before the count: it says more to the laboratory that sends its two documents here.
  const documentType = readType(segments.obr, obx, options.imagingTypes ?? IMAGING_TYPES);
  if (another !== undefined) throw fault("HL7_SEVERAL_DOCUMENTS", { where: another.obx.where() });
  const action = readAction(head, segments.orc, obx);
  const sender = readSender(participations);
  if (sender === undefined) remarks.push({ code: "HL7_SENDER_ABSENT", where: "PRT" });

  const transcription = segments.txa && transcriptionIds(segments.txa);
  const facts = said({
    ...head,
    patient: readPatient(segments.pid),
    visit: readVisit(segments.pv1),
    order: said({
      control: segments.orc?.value(1) ?? "",
      placer: segments.orc?.value(2) || undefined,
      filler: segments.orc?.value(3) || undefined,
    }),
    documentType,
    sender,
    flags: readFlags(segments.observations.map((o) => o.obx).filter(isMetadata), remarks),
    transcription,
    remarks,
  });
  if (action === "delete" && obx.raw(5).length === 0 && isOid(transcription?.document?.root ?? "")) {
    remarks.push({ code: "HL7_DELETED_BY_ID", where: obx.where(5) });
    return { ...facts, action };
  }
  // Last: the other refusals cost nothing.
  return { ...facts, action, document: readDocument(obx, options.documentBytes ?? DOCUMENT_BYTES, remarks) };
}

function readType(obr: Segment | undefined, obx: Segment, imaging: readonly string[]): ReportMessage["documentType"] {
  const stated = obr ?? obx;
  const field = obr === undefined ? 3 : 4;
  const code = requiredValue(stated, field);
  if (!imaging.includes(code)) throw fault("HL7_NOT_AN_IMAGING_REPORT", { where: stated.where(field) });
  if (requiredValue(obx, 3) !== code) throw fault("HL7_DOCUMENT_TYPE_MISMATCH", { where: obx.where(3) });
  const system = stated.value(field, 3) || undefined;
  return said({ code, text: stated.value(field, 2) || undefined, system });
}

/** ORC-1, OBX-11 and the MDM event; the place named is the first that disagrees with OBX-11. */
function readAction(head: ReportHead, orc: Segment | undefined, obx: Segment): ReportAction {
  const action = actionOf(obx, 11, byStatus);
  if (orc !== undefined && actionOf(orc, 1, byOrder) !== action) throw fault("HL7_ACTION_MISMATCH", { where: "ORC-1" });
  if (head.family === "MDM" && byEvent[head.event] !== action) throw fault("HL7_ACTION_MISMATCH", { where: "MSH-9.2" });
  return action;
}

function actionOf(segment: Segment, field: number, table: Readonly<Record<string, ReportAction>>): ReportAction {
  const value = requiredValue(segment, field);
  const action = Object.hasOwn(table, value) ? table[value] : undefined;
  if (action === undefined) throw fault("HL7_FIELD_VALUE", { where: segment.where(field) });
  return action;
}

/** TXA-12 and 13: `extension^^root^ISO`, or the root alone in component 1 (profile 1.5). */
function transcriptionIds(txa: Segment): TranscriptionIds {
  const id = (field: number): TranscriptionIds["document"] => {
    const [first, , third] = [1, 2, 3].map((component) => txa.value(field, component));
    if (first === undefined || first === "") return undefined;
    return third ? { root: third, extension: first } : { root: first };
  };
  return said({ document: id(12), parent: id(13) });
}
