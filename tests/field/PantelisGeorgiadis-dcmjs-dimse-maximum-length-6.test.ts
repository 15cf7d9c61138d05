import { expect, it } from "vitest";
import { DataSet, Tags } from "../../appliance/dicom/index.ts";
import { StudyRoot } from "../../appliance/dimse/index.ts";
import { associateWith, IMPLICIT, startNode } from "../support/dimse.ts";
import { associateAc, associateRq, callParrot, listenParrot, readMessage, sendMessage } from "../support/parrot.ts";

// [own] Maximum Length 6 leaves no room for a byte of data: the library looped until the heap was gone.
it.each([1, 5, 6, 7])("[own] Maximum Length %i carries nothing and is refused by both sides", async (maximumLength) => {
  const { port, server } = await startNode({});
  const parrot = await callParrot(port);
  parrot.send(associateRq({ maximumLength }));
  expect([...(await parrot.expect(3))]).toEqual([0, 1, 1, 1]);
  parrot.close();
  await server.close();

  const nest = await listenParrot(async (peer) => {
    await peer.expect(1);
    peer.send(associateAc({ maximumLength }));
  });
  await expect(associateWith(nest.port)).rejects.toMatchObject({ code: "DIMSE_PROTOCOL_ERROR" });
  await nest.close();
});

it("[own] Maximum Length 8 is slow and works", async () => {
  const { port, server } = await startNode({
    async *find() {
      yield new DataSet().set(Tags.StudyInstanceUID, "UI", "1.2.3");
    },
  });
  const parrot = await callParrot(port);
  parrot.send(associateRq({ maximumLength: 8, proposed: [[1, StudyRoot.find, [IMPLICIT]]] }));
  await parrot.expect(2);
  sendMessage(
    parrot,
    1,
    [
      [0x0002, StudyRoot.find],
      [0x0100, 0x20],
      [0x0110, 1],
      [0x0700, 0],
    ],
    Buffer.alloc(0),
  );
  const answer = await readMessage(parrot);
  expect(answer.command.get(0x0900)).toBe(0xff00);
  expect(Math.max(...answer.sizes)).toBe(8);
  expect(answer.data?.toString("latin1")).toContain("1.2.3");
  parrot.close();
  await server.close();
});
