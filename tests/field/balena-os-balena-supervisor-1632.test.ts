/**
 * balena-os/balena-supervisor#1632, #1633, #2261: a lock that a dead process left behind blocks every start that follows.
 * Here the lock is a socket: it has an owner as long as somebody answers on it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore } from "../../appliance/store/index.ts";
import { claimFolder } from "../../appliance/system/index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process that owns the folder as a box does. */
async function owner() {
  const script = `require("node:net").createServer().listen(process.argv[1], () => console.log("listening"))`;
  const child = spawn(process.execPath, ["--eval", script, join(folder, "box.sock")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

it("while its owner lives the folder is refused; killed, it is free at once", async () => {
  const child = await owner();
  await expect(claimFolder(folder)).rejects.toMatchObject({ code: "CONFIG_FOLDER_IN_USE" });
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(existsSync(join(folder, "box.sock")), "the lock is left behind").toBe(true);
  const { socket } = await claimFolder(folder);
  expect(existsSync(socket)).toBe(false);
});

it("anything else in its place is no lock", async () => {
  writeFileSync(join(folder, "box.sock"), "4711");
  await expect(claimFolder(folder)).resolves.toMatchObject({ database: join(folder, "box.db") });
});

it("the lock of the database goes with its owner too", async () => {
  const file = join(folder, "box.db");
  const first = await openStore(file);
  await expect(openStore(file)).rejects.toMatchObject({ code: "STORE_IN_USE" });
  await first.close();
  await (await openStore(file)).close();
});
