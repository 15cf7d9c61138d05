import { expect, it } from "vitest";
import { DataSet } from "../../appliance/dicom/index.ts";
import { StudyRoot } from "../../appliance/dimse/index.ts";
import { associateWith } from "../support/dimse.ts";
import { acceptAll, listenParrot, readMessage, respond } from "../support/parrot.ts";

// A final success without (0000,1022) hid the failed sub-operations, and the study was marked complete.
it("dcm4che/dcm4chee-arc-light#3052: what a peer does not count is unknown, never zero", async () => {
  const nest = await listenParrot();
  const asked = associateWith(nest.port, [StudyRoot.move]);
  const parrot = await nest.next();
  await acceptAll(parrot);
  const association = await asked;
  const moved = association.move({ sopClassUID: StudyRoot.move, identifier: new DataSet(), destination: "DRIMBOX" });
  respond(parrot, await readMessage(parrot), 0, [[0x1021, 7]]);
  const { counts } = await moved;
  expect(counts).toEqual({ completed: 7, failed: undefined, remaining: undefined, warning: undefined });
  await nest.close();
});
