import { expect, it } from "vitest";
import { startNode } from "../support/dimse.ts";
import { callParrot } from "../support/parrot.ts";

// "GET / HTTP/1.1" read as a PDU claims 541,347,872 bytes: a listener allocated them.
it("fo-dicom/fo-dicom#1678: a web request on the DICOM port is an abort and a close, and costs nothing", async () => {
  const { port, server } = await startNode({});
  const before = process.memoryUsage();
  for (let i = 0; i < 20; i += 1) {
    const parrot = await callParrot(port);
    parrot.send(Buffer.from("GET / HTTP/1.1\r\nHost: pacs\r\n\r\n"));
    expect((await parrot.read())?.type).toBe(7);
    expect(await parrot.read()).toBeUndefined();
  }
  const after = process.memoryUsage();
  expect(after.rss - before.rss + (after.arrayBuffers - before.arrayBuffers)).toBeLessThan(50_000_000);
  await server.close();
});
