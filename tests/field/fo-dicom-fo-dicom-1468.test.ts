import { expect, it } from "vitest";
import { Verification } from "../../appliance/dimse/index.ts";
import { associateWith, eventually, IMPLICIT, startNode } from "../support/dimse.ts";
import { associateRq, callParrot } from "../support/parrot.ts";

// Clients that connect and never speak, or never close, stopped the listener or leaked (also #1450 and #1594).
it("fo-dicom/fo-dicom#1468: fifty silent sockets are closed one and all, and their slots come back", async () => {
  const { port, server } = await startNode({}, { limits: { artim: 200, idle: 200, associationsPerAddress: 50 } });
  const silent = await Promise.all(Array.from({ length: 25 }, () => callParrot(port)));
  const idle = await Promise.all(
    Array.from({ length: 25 }, async () => {
      const parrot = await callParrot(port);
      parrot.send(associateRq({ proposed: [[1, Verification, [IMPLICIT]]] }));
      await parrot.expect(2);
      return parrot;
    }),
  );
  expect(server.associations).toBe(25);
  await Promise.all([...silent, ...idle].map((parrot) => parrot.closed()));
  await eventually(() => server.associations === 0);
  const association = await associateWith(port);
  await association.echo();
  await association.release();
  await server.close();
});

it("fo-dicom/fo-dicom#1450: a crowd of silent sockets from one address cannot keep the others out", async () => {
  const limits = { artim: 5_000, associations: 8, associationsPerAddress: 2 };
  const { port, server } = await startNode({}, { limits });
  const crowd = await Promise.all(Array.from({ length: 20 }, () => callParrot(port)));
  await eventually(() => crowd.filter((parrot) => parrot.socket.destroyed).length >= 16);
  expect(crowd.filter((parrot) => !parrot.socket.destroyed)).toHaveLength(4);
  for (const parrot of crowd) parrot.close();
  await eventually(() => crowd.every((parrot) => parrot.socket.destroyed));
  await expect.poll(async () => (await associateWith(port)).release().then(() => true)).toBe(true);
  await server.close();
});
