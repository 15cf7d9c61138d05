import { expect, it } from "vitest";
import { Status } from "../../appliance/dimse/index.ts";
import { associateWith, CT_IMAGE, IMPLICIT, startNode } from "../support/dimse.ts";
import {
  acceptAll,
  associateRq,
  callParrot,
  command,
  listenParrot,
  pData,
  readMessage,
  respond,
} from "../support/parrot.ts";

// Each side has its own limit: 16 KiB at one end, 32 KiB at the other, and the wrong one was obeyed (also #712).
it("Enet4/dicom-rs#163: we send what the peer receives, whatever we receive ourselves", async () => {
  const nest = await listenParrot();
  const asked = associateWith(nest.port, [CT_IMAGE], { maximumLength: 16_384 });
  const parrot = await nest.next();
  await acceptAll(parrot, { maximumLength: 32_768 });
  const association = await asked;
  const data = Buffer.alloc(100_000, 1);
  const stored = association.store({ sopClassUID: CT_IMAGE, sopInstanceUID: "1.2", transferSyntax: IMPLICIT, data });
  const request = await readMessage(parrot);
  expect(Math.max(...request.sizes)).toBe(32_768);
  respond(parrot, request, 0);
  await stored;
  await nest.close();
});

it("Enet4/dicom-rs#712: we receive up to what we announced, whatever the peer receives, and not a byte more", async () => {
  const store = async (_request: unknown, data: AsyncIterable<Uint8Array>) => {
    for await (const _piece of data);
    return Status.success;
  };
  const { port, server } = await startNode({ store }, { limits: { maximumLength: 32_768 } });
  const parrot = await callParrot(port);
  parrot.send(associateRq({ maximumLength: 16_384, proposed: [[1, CT_IMAGE, [IMPLICIT]]] }));
  await parrot.expect(2);
  const request = command([0x0002, CT_IMAGE], [0x0100, 1], [0x0110, 1], [0x0700, 0], [0x0800, 0], [0x1000, "1.2"]);
  parrot.send(pData(1, { command: true, last: true }, request));
  parrot.send(pData(1, { command: false, last: true }, Buffer.alloc(32_768 - 6)));
  expect((await readMessage(parrot)).command.get(0x0900)).toBe(0);
  parrot.send(pData(1, { command: true, last: true }, request));
  parrot.send(pData(1, { command: false, last: true }, Buffer.alloc(32_768 - 4)));
  expect([...(await parrot.expect(7))]).toEqual([0, 0, 2, 6]);
  parrot.close();
  await server.close();
});
