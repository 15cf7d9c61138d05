import { expect, it } from "vitest";
import { DataSet } from "../../appliance/dicom/index.ts";
import { StudyRoot } from "../../appliance/dimse/index.ts";
import { associateWith, startNode } from "../support/dimse.ts";
import { acceptAll, listenParrot, readMessage, respond } from "../support/parrot.ts";

// Thirty moves at once: the peer answers A702H or rejects. Both pass by themselves: the caller is told to come back later.
it("pydicom/pynetdicom#629: a peer that has too much to do is asked again later", async () => {
  const nest = await listenParrot();
  const asked = associateWith(nest.port, [StudyRoot.move]);
  const parrot = await nest.next();
  await acceptAll(parrot);
  const association = await asked;
  const moved = association.move({ sopClassUID: StudyRoot.move, identifier: new DataSet(), destination: "DRIMBOX" });
  respond(parrot, await readMessage(parrot), 0xa702, [
    [0x1021, 0],
    [0x1022, 12],
  ]);
  await expect(moved).rejects.toMatchObject({
    code: "DIMSE_OUT_OF_RESOURCES",
    retry: "later",
    details: { status: "0xA702", completed: 0, failed: 12 },
  });
  await nest.close();
});

it("pydicom/pynetdicom#629: thirty associations at once: those above the limit are told to come later", async () => {
  const { port, server } = await startNode({}, { limits: { associationsPerAddress: 16 } });
  const all = await Promise.allSettled(Array.from({ length: 30 }, () => associateWith(port)));
  const refused = all.filter((one) => one.status === "rejected");
  expect(refused).toHaveLength(14);
  for (const one of refused) {
    expect(one.reason).toMatchObject({ code: "DIMSE_REJECTED_TRANSIENT", retry: "later" });
  }
  await Promise.all(all.map((one) => (one.status === "fulfilled" ? one.value.release() : undefined)));
  await server.close();
});
