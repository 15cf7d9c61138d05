/** The metadata observations after the document (profile 1.7): told by OBX-3.1, whatever their order. */
import { said } from "../base/index.ts";
import { fault } from "./errors.ts";
import type { DocumentFlags, Remark, ReportAction } from "./model.ts";
import type { Segment } from "./segment.ts";

/** OBX-3.1 of profile 2.1, then the names of earlier versions and the misspelling of a published sample. */
const flags: Readonly<Record<string, keyof DocumentFlags>> = {
  MASQUE_PS: "maskedFromProfessionals",
  INVISIBLE_PATIENT: "invisibleToPatient",
  INVISIBLE_REP_LEGAUX: "invisibleToLegalRepresentatives",
  CONNEXION_SECRETE: "secretConnection",
  MODIF_CONF_CODE: "visibilityChange",
  DESTDMP: "destinationDmp",
  INVISIBLE_REPRESENTANTS_LEGAUX: "invisibleToLegalRepresentatives",
  INVISIBLE_REPRENSANTS_LEGAUX: "invisibleToLegalRepresentatives",
  MODIF_CONFIDENTIALITYCODE: "visibilityChange",
};
const oldNames = ["INVISIBLE_REPRESENTANTS_LEGAUX", "INVISIBLE_REPRENSANTS_LEGAUX", "MODIF_CONFIDENTIALITYCODE"];
/** For the mail and acknowledgement functions of another actor; a box has nothing to do with them. */
const others = [
  "DESTMSSANTEPS",
  "DESTMSSANTEPAT",
  "ACK_RECEPTION",
  "ACK_LECTURE_MSS",
  "ACK_LECTURE",
  "CORPSMAIL_PS",
  "CORPSMAIL_PATIENT",
  "COMP_LOT",
];
const SYSTEM = "MetaDMPMSS";

export function isMetadata(obx: Segment): boolean {
  const name = nameOf(obx);
  return obx.value(3, 3) === SYSTEM || Object.hasOwn(flags, name) || others.includes(name);
}

/**
 * OBX-5 is Y or N; anything else is `HL7_FIELD_VALUE`, for a flag read wrong shows a hidden report. A flag said twice
 * is `HL7_REPEATED_SEGMENT`; a change of visibility of a new report, `HL7_VISIBILITY_WITHOUT_REPLACEMENT`.
 */
export function readFlags(observations: readonly Segment[], action: ReportAction, remarks: Remark[]): DocumentFlags {
  const read: { -readonly [K in keyof DocumentFlags]: DocumentFlags[K] | undefined } = {};
  for (const obx of observations) {
    const name = nameOf(obx);
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (flag === undefined) {
      if (!others.includes(name)) remarks.push({ code: "HL7_METADATA_UNKNOWN", where: obx.where(3) });
      continue;
    }
    if (read[flag] !== undefined)
      throw fault("HL7_REPEATED_SEGMENT", { where: obx.where(3), details: { segment: "OBX" } });
    if (oldNames.includes(name)) remarks.push({ code: "HL7_METADATA_OLD_NAME", where: obx.where(3) });
    const value = obx.value(5);
    if (value !== "Y" && value !== "N") throw fault("HL7_FIELD_VALUE", { where: obx.where(5) });
    read[flag] = value === "Y";
    if (flag === "visibilityChange" && value === "Y" && action !== "replace") {
      if (action === "create") throw fault("HL7_VISIBILITY_WITHOUT_REPLACEMENT", { where: obx.where(5) });
      // A published sample says so in a deletion: what goes has no visibility.
      remarks.push({ code: "HL7_VISIBILITY_OF_DELETION", where: obx.where(5) });
      read[flag] = false;
    }
  }
  return said(read);
}

function nameOf(obx: Segment): string {
  return obx.value(3).toUpperCase();
}
