/** MSH against the profile "Transmission d'un document CDA-R2 en HL7v2" 2.1 (section 1.2 and 1.3). */
import { fault } from "./errors.ts";
import type { Message } from "./message.ts";
import type { Remark, ReportMessage } from "./model.ts";
import type { Segment } from "./segment.ts";

/** What MSH says. */
export type ReportHead = Pick<
  ReportMessage,
  | "family"
  | "event"
  | "controlId"
  | "sendingApplication"
  | "sendingFacility"
  | "receivingApplication"
  | "receivingFacility"
  | "processingId"
  | "version"
  | "profileVersion"
>;

const events: Readonly<Record<ReportHead["family"], readonly string[]>> = {
  ORU: ["R01"],
  MDM: ["T02", "T04", "T10"],
};
/** The version of each family; the others of the list are read the same way and remarked. */
const versions: Readonly<Record<ReportHead["family"], string>> = { ORU: "2.5", MDM: "2.6" };
const toleratedVersions = ["2.5", "2.5.1", "2.6"];
const PROFILE = "CISIS_CDA_HL7_V2";
const profileVersions = ["2.1", "2.0"];
/** MSH fields that the profile requires beside MSH-21, and without which an answer or a duplicate cannot be told. */
const required = [3, 4, 5, 6, 7, 9, 10, 11, 12];

/** Checks in the order a sender can act on: type, fields, processing id, version, profile. */
export function readHead(message: Message, remarks: Remark[]): ReportHead {
  const { msh } = message;
  const { family, event } = messageType(msh);
  for (const field of required) requiredValue(msh, field);

  const processingId = msh.value(11);
  if (!["P", "T", "D"].includes(processingId)) throw fault("HL7_PROCESSING_ID", { where: "MSH-11" });
  const version = msh.value(12);
  if (!toleratedVersions.includes(version)) throw fault("HL7_VERSION", { where: "MSH-12" });
  if (version !== versions[family]) remarks.push({ code: "HL7_VERSION_OF_ANOTHER_FAMILY", where: "MSH-12" });
  if (msh.value(17) !== "FRA") remarks.push({ code: "HL7_COUNTRY_NOT_FRA", where: "MSH-17" });
  if (msh.value(18) === "") remarks.push({ code: "HL7_CHARSET_NOT_DECLARED", where: "MSH-18" });

  return {
    family,
    event,
    controlId: msh.value(10),
    sendingApplication: msh.value(3),
    sendingFacility: msh.value(4),
    receivingApplication: msh.value(5),
    receivingFacility: msh.value(6),
    processingId,
    version,
    profileVersion: profileVersion(msh, remarks),
  };
}

/** The value of a field that must be there, else `HL7_FIELD_MISSING`. */
export function requiredValue(segment: Segment, field: number, component = 1): string {
  const value = segment.value(field, component);
  if (value === "")
    throw fault("HL7_FIELD_MISSING", { where: segment.where(field) + (component === 1 ? "" : `.${component}`) });
  return value;
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
