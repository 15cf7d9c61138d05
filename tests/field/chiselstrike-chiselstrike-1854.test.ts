/**
 * chiselstrike/chiselstrike#1854, couchbase/couchbase-lite-ios#1482: with `synchronous=NORMAL` a power cut takes back what
 * was answered. What the disk holds at the moment of the answer is looked at here; the cut of a whole machine is a test
 * of the image.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDatabase } from "../../appliance/store/database.ts";
import { type NewMessage, openStore } from "../../appliance/store/index.ts";
import { createRandom } from "../faults/random.ts";

const MESSAGES = 12;
const CUTS = 20;
/** "The write-ahead log": its header, and the header of each frame. */
const WAL_HEADER = 32;

let folder: string;
/** Bytes of the log after each answer. */
const lengths: number[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "power-"));
  const store = await openStore(join(folder, "box.db"));
  for (let index = 0; index < MESSAGES; index++) {
    await store.recordMessage(message(index));
    lengths.push(statSync(join(folder, "box.db-wal")).size);
  }
  // As the machine would find them: nobody closed anything.
  for (const name of ["box.db", "box.db-wal"]) copyFileSync(join(folder, name), join(folder, `cut-${name}`));
  await store.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const message = (index: number): NewMessage => ({
  kind: "hl7",
  peer: "127.0.0.1",
  sender: "RIS",
  controlId: `M${index}`,
  digest: Buffer.from(`digest ${index}`),
  bytes: Buffer.alloc(5000, index),
  receivedAt: new Date("2026-11-25T08:00:00Z"),
  answer: Buffer.from("AA"),
});

/** How many messages a machine finds whose log was cut at `length`. */
async function foundAfter(length: number): Promise<number> {
  const at = join(folder, `at-${length}`);
  copyFileSync(join(folder, "cut-box.db"), at);
  writeFileSync(`${at}-wal`, readFileSync(join(folder, "cut-box.db-wal")).subarray(0, length));
  const store = await openStore(at);
  const found = await store.waitingMessages({ limit: MESSAGES + 1 });
  await store.close();
  return found.length;
}

it("an answer waits for the disk", () => {
  const database = openDatabase(join(folder, "pragmas.db"));
  const FULL = 2;
  expect(database.pragma("synchronous", { simple: true })).toBe(FULL);
  expect(database.pragma("journal_mode", { simple: true })).toBe("wal");
  database.close();
});

it("what was answered is in the files at the moment of the answer", async () => {
  for (const [index, length] of lengths.entries()) expect(await foundAfter(length)).toBeGreaterThanOrEqual(index + 1);
});

it("cut anywhere, the log gives the first messages and none of the rest: no half of one, nothing corrupt", async () => {
  const random = createRandom();
  const last = lengths.at(-1) as number;
  for (let cut = 0; cut < CUTS; cut++) {
    const length = Math.floor(random.between(WAL_HEADER, last));
    const answered = lengths.filter((one) => one <= length).length;
    expect(await foundAfter(length), `SEED=${random.seed}`).toBe(answered);
  }
});
