import { CodedError } from "../../base/index.ts";
import type { Supplier } from "../../images/index.ts";
import type { PacsGroup } from "../../pacs/index.ts";

/** Brings images from the PACS that was seen to hold them; from whichever has them when that is not known. */
export function supplierFrom(group: Pick<PacsGroup, "retrieve">, pacs: string): Supplier {
  return async ({ instances, partOf, urgency, ...request }) => {
    try {
      await group.retrieve({
        ...request,
        expected: instances,
        ...(partOf !== undefined && { sopInstanceUIDs: instances.map(({ sopInstanceUID }) => sopInstanceUID) }),
        ...(pacs !== "" && { pacs }),
        priority: urgency,
      });
    } catch (error) {
      // Nothing came: who counts what came says so.
      if (!(error instanceof CodedError) || error.code !== "PACS_GONE") throw error;
    }
  };
}
