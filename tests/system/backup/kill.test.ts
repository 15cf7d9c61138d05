/** A backup or a restoration that is killed, or that meets a full disk, leaves what was there or what should be. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contents, fill, openPractice, type Practice, rowsOf } from "./practice.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));
/** More kills by KILLS in the environment. */
const KILLS = Number(process.env.KILLS ?? 8);
const MESSAGES = 20;
const MESSAGE_BYTES = 500_000;

/** A file system of its own in a name space of its own, as in tests/faults/full-disk.test.ts. */
const mounting = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"] as const;
const possible = spawnSync(mounting[0], [...mounting.slice(1), "mount -t tmpfs tmpfs /tmp"]).status === 0;

describe("a process that saves or restores", () => {
  let practice: Practice;
  const argumentsOf = (action: "backup" | "restore", dataFolder = practice.dataFolder) => [
    CHILD,
    action,
    dataFolder,
    practice.target,
    practice.configurationFile,
  ];

  beforeEach(async () => {
    practice = openPractice();
    await fill(practice.dataFolder, MESSAGES, MESSAGE_BYTES);
  });
  afterEach(() => rmSync(practice.folder, { recursive: true }));

  it("killed at any moment of a backup leaves no half file, and the next one is whole", async () => {
    const whole = await durationOf(argumentsOf("backup"));
    const size = statSync(practice.target).size;
    rmSync(practice.target);
    for (let kill = 0; kill < KILLS; kill++) {
      await killed(argumentsOf("backup"), (whole * kill) / KILLS);
      if (existsSync(practice.target)) expect(statSync(practice.target).size).toBe(size);
      rmSync(practice.target, { force: true });
    }
    await durationOf(argumentsOf("backup"));
    expect(statSync(practice.target).size).toBe(size);
    expect(contents(practice.dataFolder)).toEqual(["box.db"]);
  });

  it("killed at any moment of a restoration leaves the old database or the new one", async () => {
    await durationOf(argumentsOf("backup"));
    const wanted = rowsOf(join(practice.dataFolder, "box.db"));
    const other = join(practice.folder, "other");
    mkdirSync(other);
    await fill(other, 3);
    const old = rowsOf(join(other, "box.db"));
    const scratch = join(practice.folder, "scratch");
    const whole = await durationOf(argumentsOf("restore", scratch));
    let replaced = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      await killed(argumentsOf("restore", other), (whole * kill) / KILLS);
      const found = rowsOf(join(other, "box.db"));
      if (found.message?.length === 3) expect(found).toEqual(old);
      else {
        expect(found).toEqual(wanted);
        replaced++;
      }
      if (replaced > 0) break;
    }
    await durationOf(argumentsOf("restore", other));
    expect(rowsOf(join(other, "box.db"))).toEqual(wanted);
    expect(contents(other)).not.toContain("restore.part");
  });

  it.skipIf(!possible)(
    "on a full medium says so and leaves nothing (skipped where unshare may not mount)",
    async () => {
      const medium = join(practice.folder, "medium");
      mkdirSync(medium);
      const target = join(medium, "box.backup");
      const script = `mount -t tmpfs -o size=8m tmpfs ${medium} && "$@"; ls -A ${medium}`;
      const backup = [process.execPath, CHILD, "backup", practice.dataFolder, target, practice.configurationFile];
      const { stdout } = spawnSync(mounting[0], [...mounting.slice(1), script, "backup", ...backup], {
        encoding: "utf8",
      });
      expect(stdout).toBe("started\nBACKUP_TARGET_FULL\n");
      expect(contents(practice.dataFolder)).toEqual(["box.db"]);
    },
  );
});

async function start(parameters: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, parameters, { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout!, "data");
  return child;
}

/** Runs to the end; the time it took after it started, in milliseconds. */
async function durationOf(parameters: readonly string[]): Promise<number> {
  const child = await start(parameters);
  const from = performance.now();
  const [code] = await once(child, "exit");
  expect(code).toBe(0);
  return performance.now() - from;
}

async function killed(parameters: readonly string[], afterMs: number): Promise<void> {
  const child = await start(parameters);
  const exited = once(child, "exit");
  await Promise.race([sleep(afterMs), exited]);
  child.kill("SIGKILL");
  await exited;
}
