/** One action, said three times: ORC-1, OBX-11 and the MDM event (profile 1.2). */
import { fault } from "./errors.ts";
import { requiredValue } from "./fields.ts";
import type { Remark, ReportAction } from "./model.ts";
import type { ReportHead } from "./profile.ts";
import type { Segment } from "./segment.ts";

const byOrder: Readonly<Record<string, ReportAction>> = { NW: "create", RO: "replace", CA: "delete" };
const byStatus: Readonly<Record<string, ReportAction>> = { F: "create", C: "replace", D: "delete" };
const byEvent: Readonly<Record<string, ReportAction>> = { T02: "create", T10: "replace", T04: "delete" };
/** ORC-1 that say nothing of the document: none, and "observations follow". */
const silent = ["", "RE"];
/** OBX-11 of table 0085 that come before F: no radiologist has signed. */
const notFinal = ["I", "P", "R", "S"];

/**
 * The place named is the first that disagrees with OBX-11. An ORU without an order control is a new report when its
 * result is final; a replacement or a deletion must be ordered.
 *
 * Errors: `HL7_FIELD_MISSING`, `HL7_FIELD_VALUE`, `HL7_REPORT_NOT_FINAL`, `HL7_ACTION_MISMATCH`.
 */
export function readAction(head: ReportHead, orc: Segment | undefined, obx: Segment, remarks: Remark[]): ReportAction {
  const status = upperCase(obx, 11, requiredValue(obx, 11), remarks);
  if (notFinal.includes(status)) throw fault("HL7_REPORT_NOT_FINAL", { where: obx.where(11) });
  const action = actionOf(byStatus, status, obx.where(11));

  const control = orc === undefined ? "" : upperCase(orc, 1, orc.value(1), remarks);
  if (head.family === "ORU" && action === "create" && silent.includes(control))
    remarks.push({ code: "HL7_ORDER_CONTROL_ABSENT", where: "ORC-1" });
  else if (head.family === "ORU" || orc !== undefined) {
    if (control === "") throw fault("HL7_FIELD_MISSING", { where: "ORC-1" });
    if (actionOf(byOrder, control, "ORC-1") !== action) throw fault("HL7_ACTION_MISMATCH", { where: "ORC-1" });
  }
  if (head.family === "MDM" && byEvent[head.event] !== action) throw fault("HL7_ACTION_MISMATCH", { where: "MSH-9.2" });
  return action;
}

function actionOf(table: Readonly<Record<string, ReportAction>>, value: string, where: string): ReportAction {
  const action = Object.hasOwn(table, value) ? table[value] : undefined;
  if (action === undefined) throw fault("HL7_FIELD_VALUE", { where });
  return action;
}

function upperCase(segment: Segment, field: number, value: string, remarks: Remark[]): string {
  const upper = value.toUpperCase();
  if (upper !== value) remarks.push({ code: "HL7_LOWER_CASE", where: segment.where(field) });
  return upper;
}
