import { expect, it } from "vitest";
import { associateWith, CT_IMAGE, IMPLICIT, startNode } from "../support/dimse.ts";
import { acceptAll, associateRq, callParrot, listenParrot, readMessage, respond } from "../support/parrot.ts";

// A peer that announces Maximum Length 0 sets no limit; it became a negative fragment size.
it("pydicom/pynetdicom#202: Maximum Length 0 is unlimited, and our own cap applies", async () => {
  const nest = await listenParrot();
  const asked = associateWith(nest.port, [CT_IMAGE]);
  const parrot = await nest.next();
  await acceptAll(parrot, { maximumLength: 0 });
  const association = await asked;
  const data = Buffer.alloc(400_000, 1);
  const stored = association.store({ sopClassUID: CT_IMAGE, sopInstanceUID: "1.2", transferSyntax: IMPLICIT, data });
  const request = await readMessage(parrot);
  expect(request.data?.length).toBe(400_000);
  expect(Math.max(...request.sizes)).toBe(131_072);
  respond(parrot, request, 0);
  await stored;
  await nest.close();

  const { port, server } = await startNode({});
  const caller = await callParrot(port);
  caller.send(associateRq({ maximumLength: 0 }));
  await caller.expect(2);
  caller.close();
  await server.close();
});
