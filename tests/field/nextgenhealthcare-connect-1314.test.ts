/**
 * nextgenhealthcare/connect#1314, #1293: the acknowledgement comes late, the sender gives up and sends again, and each
 * copy has its effect.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { silent } from "../../appliance/base/index.ts";
import { createMllpServer, sendMllp } from "../../appliance/hl7/index.ts";
import { createAcceptor } from "../../appliance/source/intake/accept.ts";
import { createReader } from "../../appliance/source/intake/reader.ts";
import { openStore } from "../../appliance/store/index.ts";
import { buildReportMessage, sandboxReport } from "../../scripts/sandbox/ris.ts";

it("a message sent again, at once or later, has one effect and the same acknowledgement to the byte", async () => {
  const folder = mkdtempSync(join(tmpdir(), "resent-"));
  const store = await openStore(join(folder, "box.db"));
  const reader = createReader({ defaultCharset: () => "utf-8", timeZone: "Europe/Paris", environment: "test" });
  let taken = 0;
  const server = createMllpServer({
    host: "127.0.0.1",
    port: 0,
    allowAddresses: ["127.0.0.1"],
    log: silent,
    onMessage: createAcceptor({
      store,
      reader,
      now: () => new Date(),
      log: silent,
      onAccepted: () => {
        taken += 1;
      },
    }),
  });
  try {
    await server.listen();
    const send = (controlId: string) =>
      sendMllp(server.address(), buildReportMessage(sandboxReport(), { family: "MDM", controlId }));
    const together = await Promise.all([send("M1"), send("M1"), send("M1")]);
    const answers = [...together, await send("M1")].map((answer) => answer.toString());
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain("\rMSA|AA|M1\r");
    expect(taken).toBe(1);
    expect(await store.waitingMessages({ limit: 10 })).toHaveLength(1);

    expect((await send("M2")).toString()).toContain("\rMSA|AA|M2\r");
    expect(taken).toBe(2);
  } finally {
    await server.close();
    await reader.close();
    await store.close();
    rmSync(folder, { recursive: true });
  }
});
