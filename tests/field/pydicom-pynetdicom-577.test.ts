import { expect, it } from "vitest";
import { DataSet } from "../../appliance/dicom/index.ts";
import { type OutgoingInstance, StudyRoot } from "../../appliance/dimse/index.ts";
import { associateWith, CT_IMAGE, IMPLICIT, startNode } from "../support/dimse.ts";
import { listenParrot } from "../support/parrot.ts";

async function moveTo(port: number, instances: readonly OutgoingInstance[]) {
  const destination = { host: "127.0.0.1", port, aeTitle: "DEST" };
  const node = await startNode({ move: async () => ({ destination, instances }) });
  const association = await associateWith(node.port, [StudyRoot.move]);
  try {
    return await association.move({ sopClassUID: StudyRoot.move, identifier: new DataSet(), destination: "DEST" });
  } finally {
    await association.release();
    await node.server.close();
  }
}

// Every sub-operation failed, and the answer was a success.
it("pydicom/pynetdicom#577: when everything failed the answer is A702H", async () => {
  const refusing = await startNode({ store: async () => 0xa900 });
  const instance = {
    sopClassUID: CT_IMAGE,
    sopInstanceUID: "1.2",
    transferSyntax: IMPLICIT,
    open: () => Buffer.alloc(2),
  };
  const details = { status: "0xA702", completed: 0, failed: 2 };
  await expect(moveTo(refusing.port, [instance, instance])).rejects.toMatchObject({ details });
  await refusing.server.close();
  // Nobody at the destination at all.
  await expect(moveTo(refusing.port, [instance, instance])).rejects.toMatchObject({ details });
});

// No match, and an association was opened all the same.
it("pydicom/pynetdicom#436: when there is nothing to move nobody is called", async () => {
  let called = false;
  const nest = await listenParrot(async () => {
    called = true;
  });
  expect(await moveTo(nest.port, [])).toMatchObject({ status: 0, counts: { completed: 0, failed: 0, warning: 0 } });
  expect(called).toBe(false);
  await nest.close();
});
