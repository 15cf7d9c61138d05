/** Any message that the box takes from a RIS, told by MSH-9. */
import { requiredValue } from "./fields.ts";
import type { Message } from "./message.ts";
import type { OrderMessage, ReportMessage } from "./model.ts";
import { readOrder } from "./order.ts";
import { type ReportOptions, readReport } from "./report.ts";

export type ReadMessage =
  | { readonly kind: "report"; readonly report: ReportMessage }
  | { readonly kind: "order"; readonly order: OrderMessage };

/** Errors: those of `readReport`, which refuses every type but ORU, MDM and OMI, and of `readOrder`. */
export function readMessage(message: Message, options: ReportOptions = {}): ReadMessage {
  return requiredValue(message.msh, 9) === "OMI"
    ? { kind: "order", order: readOrder(message, options) }
    : { kind: "report", report: readReport(message, options) };
}
