/** What makes a message one of the profile "Transmission d'un document CDA-R2 en HL7v2" 2.1: family, version, MSH-21. */
import { said } from "../base/index.ts";
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
/** The version of each family; the others of the lists are read the same way and remarked. */
const versions: Readonly<Record<ReportHead["family"], string>> = { ORU: "2.5", MDM: "2.6" };
const neighbours = ["2.5", "2.5.1", "2.6"];
/** In these, and before the profile, T04 and T10 are about the status of any document: only R01 and T02 are taken. */
const oldVersions = ["2.3", "2.3.1", "2.4"];
const oldEvents = ["R01", "T02"];

/** `CISIS_CDA_HL7_V2`, without what people write between the words. */
const PROFILE = "CISISCDAHL7V2";
const profileVersions = ["2.1", "2.0"];

/** Checks in the order a sender can act on: type, fields, processing id, version, profile. */
export function readReportHead(message: Message, options: HeadOptions, remarks: Remark[]): ReportHead {
  const { msh } = message;
  const { family, event } = messageType(msh);
  const head = readHead(message, options, remarks);
  if (oldVersions.includes(head.version) && oldEvents.includes(event))
    remarks.push({ code: "HL7_VERSION_OLD", where: "MSH-12" });
  else if (!neighbours.includes(head.version)) throw fault("HL7_VERSION", { where: "MSH-12" });
  else if (head.version !== versions[family]) remarks.push({ code: "HL7_VERSION_OF_ANOTHER_FAMILY", where: "MSH-12" });
  return said({ ...head, family, event, profileVersion: profileVersion(msh, remarks) });
}

function messageType(msh: Segment): Pick<ReportHead, "family" | "event"> {
  const family = requiredValue(msh, 9);
  if (family !== "ORU" && family !== "MDM") throw fault("HL7_MESSAGE_TYPE", { where: "MSH-9.1" });
  const event = requiredValue(msh, 9, 2);
  if (!events[family].includes(event)) throw fault("HL7_MESSAGE_EVENT", { where: "MSH-9.2" });
  return { family, event };
}

/**
 * MSH-21, whichever repetition names the profile; undefined when it is empty, which the document must make up for.
 * Version 1.2 puts other meanings on the same segments and 1.1 (LPS) is another volet: both are refused, and so is
 * whatever else MSH-21 says.
 */
function profileVersion(msh: Segment, remarks: Remark[]): string | undefined {
  const declared = msh.repetitions(21).filter((profile) => profile.value(1) !== "" || profile.value(2) !== "");
  if (declared.length === 0) {
    remarks.push({ code: "HL7_PROFILE_NOT_DECLARED", where: "MSH-21" });
    return undefined;
  }
  for (const profile of declared) {
    const parts = [profile.value(1), profile.value(2)] as const;
    const [version, name] = profileVersions.includes(parts[1]) ? [parts[1], parts[0]] : parts;
    if (!profileVersions.includes(version)) continue;
    if (name === "") remarks.push({ code: "HL7_PROFILE_NOT_NAMED", where: "MSH-21.2" });
    else if (name.toUpperCase().replace(/[^A-Z0-9]/g, "") !== PROFILE) continue;
    else if (version !== parts[0] || name !== "CISIS_CDA_HL7_V2")
      remarks.push({ code: "HL7_PROFILE_SPELLING", where: "MSH-21" });
    return version;
  }
  throw fault("HL7_PROFILE", { where: "MSH-21" });
}
