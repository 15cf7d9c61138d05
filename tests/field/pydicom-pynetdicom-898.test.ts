import { expect, it } from "vitest";
import { acceptFrom, PatientRoot, StudyRoot } from "../../appliance/dimse/index.ts";
import { associateWith, IMPLICIT, startNode } from "../support/dimse.ts";

// The peer has no Patient Root: proposing both, one learns it from the answer and not from a failure.
it("pydicom/pynetdicom#898: both information models are proposed, and the accepted one is known", async () => {
  const acceptContext = acceptFrom(new Map([[StudyRoot.find, [IMPLICIT]]]));
  const { port, server } = await startNode({}, { acceptContext });
  const association = await associateWith(port, [PatientRoot.find, StudyRoot.find]);
  expect([association.accepts(PatientRoot.find), association.accepts(StudyRoot.find)]).toEqual([false, true]);
  await association.release();
  await server.close();
});
