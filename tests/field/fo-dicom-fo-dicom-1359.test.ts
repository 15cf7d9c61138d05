import { expect, it } from "vitest";
import { associateWith, CT_IMAGE, IMPLICIT } from "../support/dimse.ts";
import { acceptAll, listenParrot } from "../support/parrot.ts";

// A PDU timed out in the middle of an object, the association was used again, and fragments of two objects interleaved.
it("fo-dicom/fo-dicom#1359: after a stall in the middle of an object the association is aborted, never used again", async () => {
  const nest = await listenParrot();
  const asked = associateWith(nest.port, [CT_IMAGE], { timeouts: { network: 200 } });
  const parrot = await nest.next();
  await acceptAll(parrot);
  const association = await asked;
  parrot.socket.pause();
  const store = (data: Uint8Array) =>
    association.store({ sopClassUID: CT_IMAGE, sopInstanceUID: "1.2", transferSyntax: IMPLICIT, data });
  await expect(store(Buffer.alloc(50_000_000))).rejects.toMatchObject({ code: "DIMSE_TIMEOUT" });
  expect(association.ended).toBe(true);
  await expect(store(Buffer.alloc(10))).rejects.toMatchObject({ code: "DIMSE_CLOSED" });
  await nest.close();
});
