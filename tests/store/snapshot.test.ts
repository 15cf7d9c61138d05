import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore, type Store } from "../../appliance/store/index.ts";

/** 20 MB in pieces of 500 kB: more than one flush of the copy. */
const PIECES = 40;
const piece = "x".repeat(500_000);

describe("a snapshot of the store", () => {
  let folder: string;
  let store: Store;
  let file: string;
  const cancelled = () => new Int32Array(new SharedArrayBuffer(4));

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "snapshot-"));
    file = join(folder, "copy.db");
    store = await openStore(join(folder, "box.db"));
    for (let index = 0; index < PIECES; index++) await store.setInstallation({ key: `piece ${index}`, value: piece });
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it("is taken while the box writes, and holds what was written meanwhile or nothing of it", async () => {
    let copying = true;
    const copied = store.snapshot({ file, cancelled: cancelled() }).finally(() => {
      copying = false;
    });
    let before = 0;
    for (let last = 0; copying; last++) {
      await Promise.all(["a", "b"].map((key) => store.setInstallation({ key, value: String(last) })));
      if (copying) before = last;
    }
    await copied;
    expect(before).toBeGreaterThan(2);
    const copy = await openStore(file);
    expect(await copy.inspect()).toEqual({ schema: (await store.inspect()).schema });
    // The two were committed together: the copy never tears them apart.
    const a = await copy.installation({ key: "a" });
    expect(await copy.installation({ key: "b" })).toBe(a);
    expect(Number(a)).toBeGreaterThanOrEqual(before);
    expect(await copy.installation({ key: `piece ${PIECES - 1}` })).toBe(piece);
    await copy.close();
  });

  it("ends at once when it is cancelled", async () => {
    const flag = cancelled();
    Atomics.store(flag, 0, 1);
    await expect(store.snapshot({ file, cancelled: flag })).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await store.setInstallation({ key: "after", value: "1" });
  });

  it("does not keep the store from closing", async () => {
    const copied = store.snapshot({ file, cancelled: cancelled() });
    const outcome = expect(copied).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await store.close();
    await outcome;
    store = await openStore(join(folder, "box.db"));
  });

  it("says where it could not be written", async () => {
    const missing = join(folder, "missing", "copy.db");
    await expect(store.snapshot({ file: missing, cancelled: cancelled() })).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
    });
  });

  it("is known to be damaged when it is", async () => {
    await store.snapshot({ file, cancelled: cancelled() });
    const bytes = readFileSync(file);
    bytes.fill(0x5a, 10 * 16_384, 12 * 16_384);
    writeFileSync(file, bytes);
    const inspected = openStore(file).then(async (copy) => {
      try {
        return await copy.inspect();
      } finally {
        await copy.close();
      }
    });
    await expect(inspected).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  });
});
