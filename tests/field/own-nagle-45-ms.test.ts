import { expect, it } from "vitest";
import { Status } from "../../appliance/dimse/index.ts";
import { associateWith, CT_IMAGE, IMPLICIT, startNode } from "../support/dimse.ts";

// [own] Nagle's algorithm and the delayed acknowledgement of TCP cost 45 ms for each object.
it("[own] small objects do not wait for the delayed acknowledgement", async () => {
  const { port, server } = await startNode({
    async store(_request, data) {
      for await (const _piece of data);
      return Status.success;
    },
  });
  const association = await associateWith(port, [CT_IMAGE]);
  const data = Buffer.alloc(3_000);
  const start = performance.now();
  for (let i = 0; i < 100; i += 1) {
    await association.store({ sopClassUID: CT_IMAGE, sopInstanceUID: `1.2.${i}`, transferSyntax: IMPLICIT, data });
  }
  // 4.5 s with the delay.
  expect(performance.now() - start).toBeLessThan(1_500);
  await association.release();
  await server.close();
});
