/**
 * A store under a tracer: keeps some messages one after the other, looking for a file that is not there as each is answered
 * (the tracer sees it), then many that come together, and counts what the event loop did meanwhile.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../appliance/store/index.ts";

const [folder = ""] = process.argv.slice(2);
const [ALONE, TOGETHER] = [5, 60];
const store = await openStore(join(folder, "box.db"));
const keep = (controlId: string) =>
  store.recordMessage({
    kind: "hl7",
    receivedAt: new Date(),
    sender: "RIS",
    controlId,
    digest: Buffer.alloc(32),
    peer: "127.0.0.1",
    bytes: Buffer.alloc(10_000),
    answer: Buffer.from("AA"),
  });
for (let n = 0; n < ALONE; n++) {
  await keep(`alone ${n}`);
  existsSync(join(folder, "answered"));
}
let turns = 0;
const ticking = setInterval(() => {
  turns += 1;
}, 1);
await Promise.all(Array.from({ length: TOGETHER }, (_, n) => keep(String(n))));
clearInterval(ticking);
const { messages } = await store.counts();
await store.close();
process.stdout.write(JSON.stringify({ kept: messages.received, turns }));
