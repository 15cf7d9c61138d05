/** The report as an HL7 v2 message of the profile "Transmission d'un document CDA-R2 en HL7v2" 2.1. */
import { charsetNamed, encode, escapeText, type Separators } from "../../../appliance/hl7/index.ts";
import { buildCda, parisTime } from "./cda.ts";
import type { SandboxId, SandboxReport } from "./report.ts";

export interface MessageOptions {
  readonly family: "ORU" | "MDM";
  /** MSH-10. */
  readonly controlId: string;
  /** Default `create`. */
  readonly action?: "create" | "replace" | "delete";
  /** MSH-18, and the encoding of the message (not of the CDA). Default `UNICODE UTF-8`. */
  readonly charset?: string;
  /** The document to carry instead of the report's own. */
  readonly cda?: Uint8Array;
  /** Fields to write otherwise, as they stand in the message: `{ "MSH-12": "2.7", "OBX[2]-5": "X" }`. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Segments to leave out: `PV1`, `OBX[3]`. */
  readonly without?: readonly string[];
  /** Default CR. */
  readonly segmentEnd?: string;
}

type Action = NonNullable<MessageOptions["action"]>;

const separators: Separators = { field: 0x7c, component: 0x5e, repetition: 0x7e, escape: 0x5c, subcomponent: 0x26 };
const actions: Readonly<Record<Action, { order: string; status: string; event: string }>> = {
  create: { order: "NW", status: "F", event: "T02" },
  replace: { order: "RO", status: "C", event: "T10" },
  delete: { order: "CA", status: "D", event: "T04" },
};
const DOCUMENT_TYPE = "18748-4^CR d'imagerie médicale^LN";

/** The message without MLLP frame. */
export function buildReportMessage(report: SandboxReport, options: MessageOptions): Buffer {
  const charset = charsetNamed(options.charset ?? "UNICODE UTF-8") ?? "utf-8";
  const end = options.segmentEnd ?? "\r";
  const seen = new Map<string, number>();
  const lines = segments(report, options).flatMap((fields) => {
    const name = fields[0] ?? "";
    const occurrence = (seen.get(name) ?? 0) + 1;
    seen.set(name, occurrence);
    const label = occurrence === 1 ? name : `${name}[${occurrence}]`;
    return options.without?.includes(label) ? [] : [override(fields, label, options.fields ?? {}).join("|") + end];
  });
  return encode(lines.join(""), charset);
}

function segments(report: SandboxReport, options: MessageOptions): string[][] {
  const { order, status, event } = actions[options.action ?? "create"];
  const mdm = options.family === "MDM";
  const now = parisTime(report.time);
  const [study] = report.studies;
  const document = Buffer.from(options.cda ?? buildCda(report)).toString("base64");

  const msh = ["MSH", "^~\\&", "RIS-TILLEULS", "IMAGERIE", "DRIMBOX", "IMAGERIE", now, ""];
  msh.push(mdm ? `MDM^${event}^MDM_T02` : "ORU^R01^ORU_R01", text(options.controlId), "P", mdm ? "2.6" : "2.5");
  msh.push("", "", "", "", "FRA", options.charset ?? "UNICODE UTF-8", "", "", "2.1^CISIS_CDA_HL7_V2");

  const obr = at("OBR", { 1: "1", 4: DOCUMENT_TYPE });
  const orc = at("ORC", { 1: order });
  if (!mdm && study !== undefined) {
    const numbers = { 2: `${text(study.order.extension)}^RIS`, 3: `${text(study.accession.extension)}^RIS` };
    Object.assign(orc, at("ORC", { 1: order, ...numbers }));
    Object.assign(obr, at("OBR", { 1: "1", ...numbers, 4: DOCUMENT_TYPE }));
  }
  const obx = at("OBX", {
    1: "1",
    2: "ED",
    3: DOCUMENT_TYPE,
    5: `^${mdm ? "text" : "TEXT"}^XML^Base64^${document}`,
    11: status,
  });
  return [
    msh,
    ...(mdm ? [at("EVN", { 2: now, 6: now })] : []),
    pid(report),
    at("PV1", { 1: "1", 2: report.visit.patientClass, 19: `${text(report.visit.number)}^^^IMAGERIE^VN` }),
    orc,
    obr,
    ...(mdm ? [txa(report, now)] : []),
    obx,
    sender(report),
    ...Object.entries(report.flags).map(([flag, value], i) =>
      at("OBX", {
        1: String(i + 2),
        2: mdm ? "CWE" : "CE",
        3: `${flag}^${flag}^MetaDMPMSS`,
        5: `${value}^^expandedYes-NoIndicator`,
        11: "F",
      }),
    ),
  ];
}

function pid({ patient }: SandboxReport): string[] {
  const ins = patient.ins && `${patient.ins.matricule}^^^ASIP-SANTE-INS-NIR&${patient.ins.oid}&ISO^INS`;
  const local = patient.localIds.map(({ value, oid }) => `${text(value)}^^^IMAGERIE&${oid}&ISO^PI`);
  const birth = [patient.birthFamily, patient.birthGiven, patient.birthGivenNames ?? ""].map(text).join("^");
  const used = patient.usedFamily && `${text(patient.usedFamily)}^${text(patient.usedGiven ?? "")}^^^^^D`;
  return at("PID", {
    3: repeat(ins, ...local),
    5: repeat(`${birth}^^^^L`, used),
    7: patient.birthDate,
    8: patient.sex === "UN" ? "U" : patient.sex,
    11: `^^^^^^BDL^^${text(patient.birthPlaceCode)}`,
    32: repeat(...patient.identityStatus),
  });
}

function txa(report: SandboxReport, now: string): string[] {
  return at("TXA", {
    1: "1",
    2: "18748-4",
    3: "TEXT",
    4: now,
    12: entityIdentifier(report.id),
    13: report.replaces === undefined ? "" : entityIdentifier(report.replaces),
    17: "AU",
  });
}

function sender({ author, structure }: SandboxReport): string[] {
  const name = [author.id, author.family, author.given].map(text).join("^");
  return at("PRT", {
    2: "UC",
    4: "SB^^participation",
    5: `${name}^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS`,
    8: `${text(structure.name)}^^^^^ASIP-SANTE-ST&1.2.250.1.71.4.2.2&ISO^${structure.idType}^^^${text(structure.id)}`,
  });
}

/** `ext^^root^ISO`, or the root alone. */
function entityIdentifier(id: SandboxId): string {
  return id.extension === undefined ? id.root : `${text(id.extension)}^^${id.root}^ISO`;
}

function text(value: string): string {
  return escapeText(value, separators);
}

function repeat(...values: readonly (string | undefined)[]): string {
  return values.filter((value) => value !== undefined && value !== "").join("~");
}

/** A segment from its fields by number. */
function at(name: string, fields: Readonly<Record<number, string>>): string[] {
  const last = Math.max(...Object.keys(fields).map(Number));
  return [name, ...Array.from({ length: last }, (_, i) => fields[i + 1] ?? "")];
}

function override(segment: readonly string[], label: string, fields: Readonly<Record<string, string>>): string[] {
  const result = [...segment];
  for (const [where, value] of Object.entries(fields)) {
    if (!where.startsWith(`${label}-`)) continue;
    // MSH-1 is the separator itself, so MSH-2 stands first.
    const index = Number(where.slice(label.length + 1)) - (segment[0] === "MSH" ? 1 : 0);
    while (result.length <= index) result.push("");
    result[index] = value;
  }
  return result;
}
