import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../../appliance/store/index.ts";
import {
  type BackupOptions,
  createBackup,
  type OnProgress,
  type RestoreOptions,
  restoreBackup,
} from "../../../appliance/system/index.ts";
import { addExam, contents, fill, openPractice, type Practice, rowsOf } from "./practice.ts";

const PASSPHRASE = "pommes de terre à l'été";
const at = new Date("2026-11-25T08:00:00Z");

describe("a backup", () => {
  let practice: Practice;
  let elsewhere: string;

  beforeEach(async () => {
    practice = openPractice();
    elsewhere = join(practice.folder, "new");
    await fill(practice.dataFolder, 5, 300_000);
  });
  afterEach(() => rmSync(practice.folder, { recursive: true }));

  /** Backs up the box while it runs. */
  async function backUp(options: Partial<BackupOptions> = {}) {
    const store = await openStore(join(practice.dataFolder, "box.db"));
    try {
      return await createBackup({ store, ...practice, passphrase: null, version: "1.2", now: () => at, ...options });
    } finally {
      await store.close();
    }
  }
  const restore = (options: Partial<RestoreOptions> = {}) =>
    restoreBackup({ file: practice.target, dataFolder: elsewhere, now: () => at, ...options });

  it.each([
    ["with a passphrase", PASSPHRASE],
    ["in the clear", null],
  ])("%s, restored, gives every message and exam as they were", async (_title, passphrase) => {
    const before = rowsOf(join(practice.dataFolder, "box.db"));
    const manifest = await backUp({ passphrase });
    const restored = await restore(passphrase === null ? {} : { passphrase });
    expect(restored.manifest).toEqual(manifest);
    expect(manifest).toMatchObject({ product: "DRIMbox", version: "1.2", createdAt: at.toISOString() });
    expect(rowsOf(join(elsewhere, "box.db"))).toEqual(before);
    expect(before.message).toHaveLength(5);
    expect(readFileSync(restored.configurationFile)).toEqual(readFileSync(practice.configurationFile));
    expect(contents(elsewhere)).toEqual(["box.db", "restored-configuration.json"]);
  });

  it("marks the database that it becomes as restored, and only that one", async () => {
    await backUp();
    await restore();
    const mark = async (folder: string) => {
      const store = await openStore(join(folder, "box.db"));
      return store.installation({ key: "restored_at" }).finally(() => store.close());
    };
    expect(await mark(elsewhere)).toBe(at.toISOString());
    expect(await mark(practice.dataFolder)).toBeUndefined();
  });

  it("says in the audit trail that it was restored, by whom, and from when it is", async () => {
    const { createdAt } = await backUp();
    await restore({ operator: "chef" });
    const store = await openStore(join(elsewhere, "box.db"));
    const [record] = await store.auditRecords({ event: "backup-restored", limit: 9 }).finally(() => store.close());
    expect(record).toMatchObject({ at, outcome: 0, users: [{ id: "chef" }], facts: { madeAt: createdAt } });
  });

  it("is taken while reports come in", async () => {
    const store = await openStore(join(practice.dataFolder, "box.db"));
    let done = false;
    const backup = createBackup({ store, ...practice, passphrase: null, version: "1", now: () => at }).finally(() => {
      done = true;
    });
    let added = 0;
    for (; !done; added++) await addExam(store, 100 + added);
    await backup;
    await store.close();
    await restore();
    const { message, exam } = rowsOf(join(elsewhere, "box.db"));
    expect(message!.length).toBeGreaterThanOrEqual(5);
    expect(message!.length).toBeLessThanOrEqual(5 + added);
    expect(message!.length - exam!.length).toBeLessThanOrEqual(1);
  });

  it("is one file for its owner, and nothing else stays behind", async () => {
    await backUp();
    expect(statSync(practice.target).mode & 0o777).toBe(0o600);
    expect(contents(practice.dataFolder)).toEqual(["box.db"]);
    expect(contents(practice.folder)).toEqual(["box", "box.backup", "box/box.db", "config.json"]);
  });

  it("shows nothing of what it holds when it is sealed", async () => {
    await backUp({ passphrase: PASSPHRASE });
    const sealed = readFileSync(practice.target);
    for (const text of ["SQLite format", "RIS|SITE", "Éluard", "manifest", "1750099999"])
      expect(sealed.includes(text), text).toBe(false);
  });

  it("wants a passphrase that is worth the name", async () => {
    await expect(backUp({ passphrase: "short" })).rejects.toMatchObject({ code: "BACKUP_PASSPHRASE_SHORT" });
    expect(contents(practice.folder)).not.toContain("box.backup");
  });

  it("tells how far it is, and stops when it is told to, at any of its phases", async () => {
    const phases: string[] = [];
    await backUp({ onProgress: ({ phase }) => phases.push(phase) });
    expect([...new Set(phases)]).toEqual(["copying", "checking", "writing"]);
    rmSync(practice.target);
    for (const stopAt of new Set(phases)) {
      const controller = new AbortController();
      const onProgress: OnProgress = ({ phase }) => {
        if (phase === stopAt) controller.abort();
      };
      const stopped = backUp({ signal: controller.signal, onProgress });
      await expect(stopped, stopAt).rejects.toMatchObject({ name: "AbortError" });
      expect(contents(practice.folder)).toEqual(["box", "box/box.db", "config.json"]);
    }
  });

  it("is made once at a time", async () => {
    const store = await openStore(join(practice.dataFolder, "box.db"));
    const options = { store, ...practice, passphrase: null, version: "1", now: () => at };
    const first = createBackup(options);
    await expect(createBackup(options)).rejects.toMatchObject({ code: "BACKUP_RUNNING" });
    await first;
    await store.close();
  });

  it.each([
    ["into a folder that is not there", "missing/box.backup"],
    ["below a file", "config.json/box.backup"],
  ])("that cannot be written %s says so and leaves nothing", async (_title, name) => {
    const before = contents(practice.folder);
    const target = join(practice.folder, name);
    await expect(backUp({ target })).rejects.toMatchObject({ code: "BACKUP_TARGET_UNWRITABLE" });
    expect(contents(practice.folder)).toEqual(before);
  });

  it.each([
    ["the database", "box/box.db", "BACKUP_TARGET_INSIDE"],
    ["the data folder", "box", "BACKUP_TARGET_INSIDE"],
    ["a new file beside the database", "box/new.backup", "BACKUP_TARGET_INSIDE"],
    ["the same, by a link to the folder", "link/box.db", "BACKUP_TARGET_INSIDE"],
    ["the same, by a way round", "link/../box/box.db", "BACKUP_TARGET_INSIDE"],
    ["the configuration", "config.json", "BACKUP_TARGET_OCCUPIED"],
    ["anything else that is no backup", "letter.txt", "BACKUP_TARGET_OCCUPIED"],
    ["a file that is empty", "empty", "BACKUP_TARGET_OCCUPIED"],
    ["a folder", "folder", "BACKUP_TARGET_OCCUPIED"],
    ["a link to the database", "database", "BACKUP_TARGET_OCCUPIED"],
    ["a file whose temporary name is a link to the database", "sly", "BACKUP_TARGET_OCCUPIED"],
  ])("is not written over %s", async (_title, name, code) => {
    const { folder } = practice;
    writeFileSync(join(folder, "letter.txt"), "DRIMBAK");
    writeFileSync(join(folder, "empty"), "");
    mkdirSync(join(folder, "folder"));
    for (const [link, to] of [
      ["link", "box"],
      ["database", "box/box.db"],
      ["sly.part", "box/box.db"],
    ] as const) {
      symlinkSync(join(folder, to), join(folder, link));
    }
    const [before, rows] = [contents(folder), rowsOf(join(practice.dataFolder, "box.db"))];
    const target = `${folder}/${name}`;
    await expect(backUp({ target })).rejects.toMatchObject({ code, details: { target } });
    expect(contents(folder)).toEqual(before);
    expect(rowsOf(join(practice.dataFolder, "box.db"))).toEqual(rows);
    expect(readFileSync(practice.configurationFile, "utf8")).toContain("Éluard");
  });

  it("takes the place of a former one, and of what a killed one left", async () => {
    writeFileSync(`${practice.target}.part`, "");
    await backUp({ passphrase: PASSPHRASE });
    writeFileSync(`${practice.target}.part`, readFileSync(practice.target).subarray(0, 5000));
    await backUp();
    await restore();
    expect(contents(practice.folder)).not.toContain("box.backup.part");
  });

  it("of a configuration that is not there says so", async () => {
    const configurationFile = join(practice.folder, "absent.json");
    await expect(backUp({ configurationFile })).rejects.toMatchObject({ code: "CONFIG_UNREADABLE" });
    expect(contents(practice.dataFolder)).toEqual(["box.db"]);
  });

  describe("refused on restoration, with nothing changed", () => {
    /** Rejects so, and the new folder is as it was: absent. */
    async function refused(code: string, options: Partial<RestoreOptions> = {}): Promise<void> {
      const before = contents(practice.folder);
      await expect(restore(options)).rejects.toMatchObject({ code });
      expect(contents(practice.folder)).toEqual(before);
    }
    const patch = (change: (bytes: Buffer) => Uint8Array) =>
      writeFileSync(practice.target, change(readFileSync(practice.target)));

    it("without its passphrase, or with another", async () => {
      await backUp({ passphrase: PASSPHRASE });
      await refused("BACKUP_PASSPHRASE_NEEDED");
      await refused("BACKUP_PASSPHRASE_WRONG", { passphrase: `${PASSPHRASE}.` });
      await restore({ passphrase: PASSPHRASE.normalize("NFD") });
    });

    it.each([
      ["sealed", PASSPHRASE],
      ["in the clear", null],
    ])("when one bit of it is changed (%s)", async (_title, passphrase) => {
      await backUp({ passphrase });
      const options = passphrase === null ? {} : { passphrase };
      const size = statSync(practice.target).size;
      // In the mark, the manifest or first chunk, the middle, the end.
      for (const [position, code] of [
        [3, "BACKUP_NOT_ONE"],
        [400, "BACKUP_DAMAGED"],
        [size >> 1, "BACKUP_DAMAGED"],
        [size - 1, "BACKUP_DAMAGED"],
      ] as const) {
        const flip = (bytes: Buffer) => {
          bytes[position]! ^= 1;
          return bytes;
        };
        patch(flip);
        await refused(code, options);
        patch(flip);
      }
      await restore(options);
    });

    it.each([
      ["sealed", PASSPHRASE],
      ["in the clear", null],
    ])("when it is cut short or longer (%s)", async (_title, passphrase) => {
      await backUp({ passphrase });
      const options = passphrase === null ? {} : { passphrase };
      const whole = readFileSync(practice.target);
      const header = 10 + whole.readUInt16BE(8);
      // Between two chunks of the seal too.
      for (const length of [header + 1, header + 1024 * 1024 + 16, whole.length - 20, whole.length - 1]) {
        patch(() => whole.subarray(0, length));
        await refused("BACKUP_DAMAGED", options);
      }
      patch(() => Buffer.concat([whole, Buffer.from("x")]));
      await refused("BACKUP_DAMAGED", options);
      patch(() => whole.subarray(0, 9));
      await refused("BACKUP_NOT_ONE", options);
    });

    it("when it is no backup, or not there", async () => {
      writeFileSync(practice.target, "PK\x03\x04 something else");
      await refused("BACKUP_NOT_ONE");
      rmSync(practice.target);
      await refused("BACKUP_UNREADABLE");
    });

    it("when it comes from a newer version", async () => {
      await backUp();
      patch((bytes) => withSchema(bytes, 99));
      await refused("STORE_NEWER");
    });

    it("when a box runs on the folder, or is there and nobody asked to replace it", async () => {
      await backUp();
      await refused("BACKUP_FOLDER_NOT_EMPTY", { dataFolder: practice.dataFolder });
      const box = createServer().listen(join(practice.dataFolder, "box.sock"));
      await new Promise((resolve) => box.once("listening", resolve));
      await refused("CONFIG_FOLDER_IN_USE", { dataFolder: practice.dataFolder, replace: true });
      await new Promise((resolve) => box.close(resolve));
    });

    it("when it is told to stop", async () => {
      await backUp();
      const controller = new AbortController();
      const stopped = restore({ signal: controller.signal, onProgress: () => controller.abort() });
      await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
      expect(contents(practice.folder)).toEqual(["box", "box.backup", "box/box.db", "config.json"]);
    });
  });

  it("that replaces a database keeps it aside, with what a killed box had only in its log", async () => {
    await backUp();
    mkdirSync(elsewhere);
    const killed = await openStore(join(practice.dataFolder, "box.db"));
    await addExam(killed, 6);
    for (const name of ["box.db", "box.db-wal"]) copyFileSync(join(practice.dataFolder, name), join(elsewhere, name));
    await killed.close();
    const { aside } = await restore({ dataFolder: elsewhere, replace: true });
    expect(rowsOf(join(aside!, "box.db"))).toEqual(rowsOf(join(practice.dataFolder, "box.db")));
    expect(rowsOf(join(elsewhere, "box.db")).message).toHaveLength(5);
    expect(contents(elsewhere).filter((name) => !name.includes("/"))).toHaveLength(3);
  });

  it("that replaces a broken database keeps that aside, and takes nothing of its log over", async () => {
    await backUp();
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "box.db"), "broken");
    writeFileSync(join(elsewhere, "box.db-wal"), "log");
    const { aside } = await restore({ dataFolder: elsewhere, replace: true });
    expect(readFileSync(join(aside!, "box.db"), "utf8")).toBe("broken");
    expect(rowsOf(join(elsewhere, "box.db")).message).toHaveLength(5);
  });
});

/** A clear backup whose database says another schema, with hashes that fit. */
function withSchema(backup: Buffer, schema: number): Buffer {
  const bodyAt = 10 + backup.readUInt16BE(8);
  const filesAt = bodyAt + 4 + backup.readUInt32BE(bodyAt);
  const manifest = JSON.parse(backup.toString("utf8", bodyAt + 4, filesAt));
  const files = Buffer.from(backup.subarray(filesAt));
  // PRAGMA user_version is at offset 60 of the database's header (SQLite file format, 1.3).
  files.writeUInt32BE(schema, 60);
  manifest.files[0].sha256 = sha256(files.subarray(0, manifest.files[0].size));
  const json = Buffer.from(JSON.stringify({ ...manifest, schema }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([backup.subarray(0, bodyAt), length, json, files]);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
