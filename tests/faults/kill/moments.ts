/** The moments at which a kill is worth most, told by what the box logs and by what the record sees. */
import type { LogLine } from "../box-process.ts";

/**
 * While it starts, at any time, while it stops as it was asked to, or just after something that must not be lost or done
 * twice: an acknowledgement; a change that is registered and whose answer is not sent yet (`registered`, `replaced`,
 * `deleted`); a question that the record was asked; a step that the box has recorded;
 * a job of the operator's, begun or taken up again.
 */
export const MOMENTS = [
  "starting",
  "any time",
  "stopping",
  "acknowledged",
  "registered",
  "replaced",
  "deleted",
  "asked",
  "accepted",
  "noted",
  "opened",
  "prepared",
  "published",
  "withdrawn",
  "working",
] as const;
export type Moment = (typeof MOMENTS)[number];

/** The moment of a line of the box's log. */
export function momentOf({ msg, event }: LogLine): Moment | undefined {
  switch (msg) {
    case "message accepted":
      return "accepted";
    case "rejection note accepted":
      return "noted";
    case "message opened":
      return "opened";
    case "exam advanced":
      return event === "prepared" || event === "published" || event === "withdrawn" ? event : undefined;
    case "job running":
      return "working";
    default:
      return undefined;
  }
}

/** The moment of an exchange with the record, its answer not sent yet. */
export function momentOfExchange(request: Buffer, answer: string): Moment | undefined {
  if (request.includes("AdhocQueryRequest")) return "asked";
  if (!answer.includes("ResponseStatusType:Success")) return undefined;
  if (request.includes("UpdateAvailabilityStatus")) return "deleted";
  return request.includes("AssociationType:RPLC") ? "replaced" : "registered";
}
