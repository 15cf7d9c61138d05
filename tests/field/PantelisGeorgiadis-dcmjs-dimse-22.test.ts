import { expect, it } from "vitest";
import { Status } from "../../appliance/dimse/index.ts";
import { associateWith, CT_IMAGE, IMPLICIT, startNode } from "../support/dimse.ts";

// Sending a study needed the whole study in memory.
it("PantelisGeorgiadis/dcmjs-dimse#22: 1,000 objects of 500 KB pass through without being held", async () => {
  let received = 0;
  const { port, server } = await startNode({
    async store(_request, data) {
      for await (const piece of data) received += piece.length;
      return Status.success;
    },
  });
  const association = await associateWith(port, [CT_IMAGE]);
  const chunk = Buffer.alloc(50_000, 3);
  async function* object() {
    for (let i = 0; i < 10; i += 1) yield chunk;
  }
  const before = process.memoryUsage().rss;
  let peak = before;
  for (let i = 0; i < 1_000; i += 1) {
    const sopInstanceUID = `1.2.${i}`;
    await association.store({ sopClassUID: CT_IMAGE, sopInstanceUID, transferSyntax: IMPLICIT, data: object() });
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  await association.release();
  await server.close();
  expect(received).toBe(500_000_000);
  expect(peak - before).toBeLessThan(200_000_000);
});
