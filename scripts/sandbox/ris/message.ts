/** The report as an HL7 v2 message of the profile "Transmission d'un document CDA-R2 en HL7v2" 2.1. */
import { buildCda, parisTime } from "./cda.ts";
import { pid } from "./pid.ts";
import type { SandboxId, SandboxReport } from "./report.ts";
import { at, msh, text, type WriteOptions, writeMessage } from "./write.ts";

export interface MessageOptions extends WriteOptions {
  readonly family: "ORU" | "MDM";
  /** Default `create`. */
  readonly action?: "create" | "replace" | "delete";
  /** The document to carry instead of the report's own. */
  readonly cda?: Uint8Array;
}

type Action = NonNullable<MessageOptions["action"]>;

const actions: Readonly<Record<Action, { order: string; status: string; event: string }>> = {
  create: { order: "NW", status: "F", event: "T02" },
  replace: { order: "RO", status: "C", event: "T10" },
  delete: { order: "CA", status: "D", event: "T04" },
};
const PROFILE = "2.1^CISIS_CDA_HL7_V2";
const DOCUMENT_TYPE = "18748-4^CR d'imagerie médicale^LN";

/**
 * The message without MLLP frame. A replacement carries the new version (see `nextVersion`), a deletion the version that
 * is to go.
 */
export function buildReportMessage(report: SandboxReport, options: MessageOptions): Buffer {
  return writeMessage(segments(report, options), options);
}

function segments(report: SandboxReport, options: MessageOptions): string[][] {
  const { order, status, event } = actions[options.action ?? "create"];
  const mdm = options.family === "MDM";
  const now = parisTime(report.time);
  const [study] = report.studies;
  const document = Buffer.from(options.cda ?? buildCda(report)).toString("base64");

  const head = mdm
    ? msh(`MDM^${event}^MDM_T02`, "2.6", now, PROFILE, options)
    : msh("ORU^R01^ORU_R01", "2.5", now, PROFILE, options);

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
    head,
    ...(mdm ? [at("EVN", { 2: now, 6: now })] : []),
    pid(report.patient),
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
