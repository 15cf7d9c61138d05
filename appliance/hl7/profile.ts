/** What makes a message one of the profile "Transmission d'un document CDA-R2 en HL7v2" 2.1: family, version, MSH-21. */
import { fault } from "./errors.ts";
import { requiredValue } from "./fields.ts";
import { type HeadOptions, readHead } from "./head.ts";
import type { Message } from "./message.ts";
import type { MessageHead, Remark, ReportMessage } from "./model.ts";
import type { Segment } from "./segment.ts";

/** What MSH says. */
export type ReportHead = MessageHead & Pick<ReportMessage, "family" | "event" | "profileVersion">;

const events: Readonly<Record<ReportHead["family"], readonly string[]>> = {
  ORU: ["R01"],
  MDM: ["T02", "T04", "T10"],
};
/** The version of each family; the others of the list are read the same way and remarked. */
const versions: Readonly<Record<ReportHead["family"], string>> = { ORU: "2.5", MDM: "2.6" };
const toleratedVersions = ["2.5", "2.5.1", "2.6"];
const PROFILE = "CISIS_CDA_HL7_V2";
const profileVersions = ["2.1", "2.0"];

/** Checks in the order a sender can act on: type, fields, processing id, version, profile. */
export function readReportHead(message: Message, options: HeadOptions, remarks: Remark[]): ReportHead {
  const { msh } = message;
  const { family, event } = messageType(msh);
  const head = readHead(message, options, remarks);
  if (!toleratedVersions.includes(head.version)) throw fault("HL7_VERSION", { where: "MSH-12" });
  if (head.version !== versions[family]) remarks.push({ code: "HL7_VERSION_OF_ANOTHER_FAMILY", where: "MSH-12" });
  return { ...head, family, event, profileVersion: profileVersion(msh, remarks) };
}

function messageType(msh: Segment): Pick<ReportHead, "family" | "event"> {
  const family = requiredValue(msh, 9);
  if (family !== "ORU" && family !== "MDM") throw fault("HL7_MESSAGE_TYPE", { where: "MSH-9.1" });
  const event = requiredValue(msh, 9, 2);
  if (!events[family].includes(event)) throw fault("HL7_MESSAGE_EVENT", { where: "MSH-9.2" });
  return { family, event };
}

/**
 * MSH-21, whichever repetition names the profile. Version 1.2 puts other meanings on the same segments and 1.1 (LPS)
 * is another volet: both are refused. `2.1` without the name is remarked.
 */
function profileVersion(msh: Segment, remarks: Remark[]): string {
  requiredValue(msh, 21);
  for (const profile of msh.repetitions(21)) {
    const version = profile.value(1);
    const name = profile.value(2);
    if (!profileVersions.includes(version) || (name !== PROFILE && name !== "")) continue;
    if (name === "") remarks.push({ code: "HL7_PROFILE_NOT_NAMED", where: "MSH-21.2" });
    return version;
  }
  throw fault("HL7_PROFILE", { where: "MSH-21" });
}
