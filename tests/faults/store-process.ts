/** A store on a disk of its own that fills up: says as one line of JSON what became of what it was given. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { CodedError } from "../../appliance/base/index.ts";
import { openStore, type Store } from "../../appliance/store/index.ts";

const [folder = "", larger = ""] = process.argv.slice(2);
const MESSAGE_BYTES = 100_000;
const MOST_MESSAGES = 1000;
const kept: string[] = [];
const refusals: string[] = [];
let wal = 0;

const file = join(folder, "box.db");
let store = await openStore(file);
await fill();
// Still full: it goes on saying so, and what it has can still be read.
await fill();
const readable = (await store.counts()).messages.received === kept.length;
execFileSync("mount", ["-o", `remount,size=${larger}`, folder]);
const recovered = await offer("after");
await store.close();
store = await openStore(file);
const found = (await store.waitingMessages({ limit: MOST_MESSAGES })).map(({ bytes }) => nameIn(bytes));
const { schema } = await store.inspect();
await store.close();
const lost = kept.filter((name) => !found.includes(name));
const extra = found.filter((name) => !kept.includes(name));
process.stdout.write(
  `${JSON.stringify({ kept: kept.length, refusals, readable, recovered, lost, extra, wal, schema })}\n`,
);

/** Until one is refused. */
async function fill(): Promise<void> {
  for (let n = 0; n < MOST_MESSAGES && (await offer(`${refusals.length}-${n}`)); n++);
}

async function offer(name: string): Promise<boolean> {
  try {
    await store.recordMessage(messageCalled(name));
    kept.push(name);
    return true;
  } catch (error) {
    refusals.push(error instanceof CodedError ? error.code : String(error));
    return false;
  } finally {
    wal = Math.max(wal, statSync(`${file}-wal`).size);
  }
}

function messageCalled(name: string): Parameters<Store["recordMessage"]>[0] {
  const bytes = Buffer.alloc(MESSAGE_BYTES, `${name} `);
  const digest = createHash("sha256").update(bytes).digest();
  const rest = { receivedAt: new Date(), sender: "RIS", peer: "127.0.0.1", answer: Buffer.from("AA") };
  return { kind: "hl7", controlId: name, digest, bytes, ...rest };
}

function nameIn(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1").split(" ", 1)[0] ?? "";
}
