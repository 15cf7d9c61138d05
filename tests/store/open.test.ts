import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openStore } from "../../appliance/store/index.ts";

it("a database that cannot be opened is let go of before anybody is told: another may take its place at once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "open-"));
  const file = join(folder, "box.db");
  writeFileSync(file, "broken");
  writeFileSync(`${file}-wal`, "log");
  for (let round = 0; round < 10; round++) {
    await expect(openStore(file)).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    expect(openFiles().filter((path) => path.startsWith(folder))).toEqual([]);
  }
  rmSync(folder, { recursive: true });
});

/** Paths of the files that this process, all its threads, has open. */
function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      return [];
    }
  });
}
