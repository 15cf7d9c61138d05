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

// A compressed frame of odd length made an odd fragment, and the peer aborted.
it("pydicom/pynetdicom#704: an odd data set leaves in even fragments", async () => {
  const nest = await listenParrot();
  const asked = associateWith(nest.port, [CT_IMAGE]);
  const parrot = await nest.next();
  await acceptAll(parrot, { maximumLength: 4_097 });
  const association = await asked;
  const data = Buffer.alloc(10_001, 5);
  const stored = association.store({ sopClassUID: CT_IMAGE, sopInstanceUID: "1.2", transferSyntax: IMPLICIT, data });
  const request = await readMessage(parrot);
  expect(request.sizes.every((size) => size % 2 === 0)).toBe(true);
  expect(request.data).toEqual(Buffer.concat([data, Buffer.alloc(1)]));
  respond(parrot, request, 0);
  await stored;
  await nest.close();
});

it("pydicom/pynetdicom#704: odd fragments of a peer are taken as they are", async () => {
  const parts: Uint8Array[] = [];
  const { port, server } = await startNode({
    async store(_request, data) {
      for await (const piece of data) parts.push(piece);
      return Status.success;
    },
  });
  const parrot = await callParrot(port);
  parrot.send(associateRq({ proposed: [[1, CT_IMAGE, [IMPLICIT]]] }));
  await parrot.expect(2);
  const request = command([0x0002, CT_IMAGE], [0x0100, 1], [0x0110, 1], [0x0700, 0], [0x0800, 0], [0x1000, "1.2"]);
  parrot.send(pData(1, { command: true, last: true }, request));
  parrot.send(pData(1, { command: false, last: false }, Buffer.from("abc")));
  parrot.send(pData(1, { command: false, last: true }, Buffer.from("defgh")));
  expect((await readMessage(parrot)).command.get(0x0900)).toBe(0);
  expect(Buffer.concat(parts).toString()).toBe("abcdefgh");
  parrot.close();
  await server.close();
});
