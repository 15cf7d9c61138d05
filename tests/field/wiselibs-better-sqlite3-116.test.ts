/** WiseLibs/better-sqlite3#116: after `kill -9` with a WAL the database cannot be opened any more. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore } from "../../appliance/store/index.ts";

const store = fileURLToPath(new URL("../../appliance/store/index.ts", import.meta.url));
const KILLS = 3;

let scripts: string;
let folder: string;
beforeEach(() => {
  scripts = mkdtempSync(join(tmpdir(), "killed-"));
  folder = join(scripts, "data");
  mkdirSync(folder);
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(scripts, { recursive: true });
});

/** A process that keeps a fact, says so, and is killed. */
async function keepAndDie(value: string): Promise<void> {
  const script = `
    const { openStore } = await import(${JSON.stringify(store)});
    const store = await openStore(${JSON.stringify(join(folder, "box.db"))});
    await store.setInstallation({ key: ${JSON.stringify(value)}, value: "kept" });
    console.log("kept");
    setInterval(() => {}, 1000);`;
  const file = join(scripts, "keep.mjs");
  writeFileSync(file, script);
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
}

it("killed again and again, it opens with all that was answered", async () => {
  for (let kill = 0; kill < KILLS; kill++) {
    await keepAndDie(`fact ${kill}`);
    expect(readdirSync(folder)).toContain("box.db-wal");
  }
  const again = await openStore(join(folder, "box.db"));
  for (let kill = 0; kill < KILLS; kill++) expect(await again.installation({ key: `fact ${kill}` })).toBe("kept");
  await again.close();
});

it("the files beside the database are for those who may read it, and for nobody else", async () => {
  await keepAndDie("fact");
  const modes = readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777);
  expect(new Set(modes).size).toBe(1);
});

it.skipIf(process.getuid?.() === 0)(
  "a folder where nothing may be written is said by its code (skipped for root, who may)",
  async () => {
    await keepAndDie("fact");
    chmodSync(folder, 0o500);
    await expect(openStore(join(folder, "box.db"))).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  },
);
