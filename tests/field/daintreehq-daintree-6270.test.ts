/**
 * daintreehq/daintree#6270, #4276: a full disk gives callers the bare SQLITE_FULL, a WAL without bound, and no way back.
 * The whole box on a full disk is in tests/faults/full-disk.test.ts.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../appliance/store/database.ts";
import { openStore } from "../../appliance/store/index.ts";

const MEGABYTE = 2 ** 20;
const mounting = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"];
const possible = spawnSync(mounting[0] as string, [...mounting.slice(1), "mount -t tmpfs tmpfs /tmp"]).status === 0;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "full-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!possible)("one megabyte free (skipped where unshare may not mount)", () => {
  const script = `
    import { readdirSync, rmSync, statSync } from "node:fs";
    import { openStore } from ${JSON.stringify(fileURLToPath(new URL("../../appliance/store/index.ts", import.meta.url)))};
    const folder = process.cwd();
    let store = await openStore(folder + "/box.db");
    const bytes = Buffer.alloc(50_000, 1);
    const message = (index) => ({ kind: "hl7", peer: "127.0.0.1", sender: "RIS", controlId: "M" + index, digest: Buffer.from("d" + index), bytes,
      receivedAt: new Date(), answer: Buffer.from("AA") });
    let kept = 0;
    let code;
    while (code === undefined && kept < 100) {
      try { await store.recordMessage(message(kept)); kept++; } catch (error) { code = error.code; }
    }
    const readable = (await store.waitingMessages({ limit: 1000 })).length;
    rmSync(folder + "/ballast");
    await store.recordMessage(message(kept));
    await store.close();
    store = await openStore(folder + "/box.db");
    await store.inspect();
    const after = (await store.waitingMessages({ limit: 1000 })).length;
    await store.close();
    console.log(JSON.stringify({ kept, code, readable, after, files: readdirSync(folder) }));`;

  it("a coded error, what was kept is kept and readable, and all goes on when there is room", () => {
    const disk = join(folder, "disk");
    mkdirSync(disk);
    const file = join(folder, "fill.mjs");
    writeFileSync(file, script);
    const mount = `mount -t tmpfs -o size=2m tmpfs ${disk} && cd ${disk} && head -c 1M /dev/zero > ballast && exec "$@"`;
    const node = [process.execPath, file];
    const { stdout, stderr } = spawnSync(mounting[0] as string, [...mounting.slice(1), mount, "store", ...node]);
    expect(stderr.toString()).toBe("");
    const { kept, code, readable, after, files } = JSON.parse(stdout.toString());
    expect(code).toBe("STORE_FULL");
    expect(kept).toBeGreaterThan(0);
    expect(readable).toBe(kept);
    expect(after).toBe(kept + 1);
    expect(files).toEqual(["box.db"]);
  });
});

it("the log of the database is cut back, however much went through it", async () => {
  const database = openDatabase(join(folder, "log.db"));
  expect(database.pragma("journal_size_limit", { simple: true })).toBeLessThanOrEqual(64 * MEGABYTE);
  database.exec("CREATE TABLE ballast (bytes BLOB)");
  const insert = database.prepare("INSERT INTO ballast VALUES (randomblob(1000000))");
  for (let megabytes = 0; megabytes < 30; megabytes++) insert.run();
  expect(statSync(join(folder, "log.db-wal")).size).toBeLessThan(16 * MEGABYTE);
  database.close();
});

it("a copy can be taken at any time, and a damaged one is known for what it is", async () => {
  const store = await openStore(join(folder, "copied.db"));
  for (let index = 0; index < 200; index++) await store.setInstallation({ key: `k${index}`, value: "x".repeat(1000) });
  const copy = join(folder, "copy.db");
  await store.snapshot({ file: copy, cancelled: new Int32Array(new SharedArrayBuffer(4)) });
  await store.close();

  const damaged = join(folder, "damaged.db");
  copyFileSync(copy, damaged);
  const bytes = readFileSync(damaged);
  writeFileSync(damaged, bytes.fill(0x5a, bytes.length - 40_000));
  const intact = await openStore(copy);
  await expect(intact.inspect()).resolves.toMatchObject({ schema: expect.any(Number) });
  await intact.close();
  const opened = await openStore(damaged).catch((error: unknown) => error as { code: string });
  if ("code" in opened) expect(opened.code).toBe("STORE_CORRUPT");
  else {
    await expect(opened.inspect()).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    await opened.close();
  }
});
