import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPromise } from "yauzl";
import { type FileToZip, zip } from "../../appliance/zip/index.ts";
import {
  DEFLATED,
  directoryEntry,
  type Entry,
  endOfDirectory,
  localHeader,
  STORED,
} from "../../appliance/zip/records.ts";
import { hasCommand } from "../support/peers.ts";

const month = { year: 2026, month: 11 };
/** One more than the old format counts. */
const MANY = 65_536;
const GB = 2 ** 30;

/** An empty file, as the records describe it. */
const bare: Entry = { name: "", date: 33, method: STORED, streamed: false, crc32: 0, size: 0, packedSize: 0 };

async function* streamed(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

describe("a zip that is written while it is read", () => {
  let folder: string;
  let path: string;
  const write = (files: Iterable<FileToZip>) => pipeline(zip(files, month), createWriteStream(path));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "zip-"));
    path = join(folder, "a.zip");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("holds what shrinks, what does not, what is empty, and what is made while it is written", async () => {
    const text = Buffer.from("a".repeat(100));
    const noise = createHash("sha512").update("noise").digest();
    const nothing = Buffer.alloc(0);
    await write([
      { name: "TEXT", content: text },
      { name: "NOISE", content: noise },
      { name: "EMPTY", content: nothing },
      { name: "MADE", content: streamed(text, noise) },
      { name: "MADE_EMPTY", content: streamed() },
      { name: "LAST", content: text },
    ]);
    expect(await unzip(path)).toEqual([
      { name: "TEXT", method: 8, bytes: text },
      { name: "NOISE", method: 0, bytes: noise },
      { name: "EMPTY", method: 0, bytes: nothing },
      { name: "MADE", method: 8, bytes: Buffer.concat([text, noise]) },
      { name: "MADE_EMPTY", method: 8, bytes: nothing },
      { name: "LAST", method: 8, bytes: text },
    ]);
  });

  it("gives back any files", async () => {
    const file = fc.record({
      name: fc.stringMatching(/^[A-Z0-9_]{1,8}$/),
      pieces: fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }),
      made: fc.boolean(),
    });
    const files = fc.uniqueArray(file, { maxLength: 8, selector: ({ name }) => name });
    await fc.assert(
      fc.asyncProperty(files, async (files) => {
        const content = ({ made, pieces }: (typeof files)[number]) =>
          made ? streamed(...pieces) : Buffer.concat(pieces);
        await write(files.map((file) => ({ name: file.name, content: content(file) })));
        const found = (await unzip(path)).map(({ name, bytes }) => ({ name, bytes }));
        expect(found).toEqual(files.map(({ name, pieces }) => ({ name, bytes: Buffer.concat(pieces) })));
      }),
      { numRuns: 50 },
    );
  });

  it("is the same bytes in every time zone and at every time", async () => {
    const make = (zone: string) => {
      process.env.TZ = zone;
      return buffer(
        zip(
          [
            { name: "A", content: Buffer.from("a") },
            { name: "B", content: streamed(Buffer.from("b")) },
          ],
          month,
        ),
      );
    };
    const former = process.env.TZ;
    const [one, other] = [await make("Pacific/Kiritimati"), await make("America/Adak")];
    if (former === undefined) delete process.env.TZ;
    else process.env.TZ = former;
    expect(one).toEqual(other);
  });

  it("is ZIP64 when it has more files than the old format counts", async () => {
    const files: Buffer[] = [];
    const directory: Buffer[] = [];
    let offset = 0;
    for (let n = 1; n <= MANY; n++) {
      const entry = { ...bare, name: `F${n}` };
      const header = localHeader(entry);
      files.push(header);
      directory.push(directoryEntry(entry, offset));
      offset += header.length;
    }
    await writeFile(path, Buffer.concat([...files, ...directory, endOfDirectory(directory, offset)]));
    const reader = await openPromise(path, { autoClose: true });
    expect(reader.entryCount).toBe(MANY);
    reader.close();
    if (hasCommand("unzip")) execFileSync("unzip", ["-tq", path]);
  });

  it("is ZIP64 for files beyond 4 GB, whether their size, their place or both are", async () => {
    const packed = { ...bare, method: DEFLATED } as const;
    const files = [
      { at: 0, entry: { ...packed, name: "BIG", size: 9 * GB, packedSize: 10 } },
      { at: 1000, entry: { ...packed, name: "HUGE", size: 9 * GB, packedSize: 5 * GB } },
      { at: 6 * GB, entry: { ...packed, name: "FAR", size: 20, packedSize: 10 } },
      { at: 7 * GB, entry: { ...packed, name: "BOTH", size: 9 * GB, packedSize: 10 } },
    ];
    const directory = files.map(({ at, entry }) => directoryEntry(entry, at));
    const end = 8 * GB;
    // The file has holes: it takes a few blocks of the disk.
    const file = await open(path, "w");
    for (const { at, entry } of files) await file.write(localHeader(entry), { position: at });
    const tail = Buffer.concat([...directory, endOfDirectory(directory, end)]);
    await file.write(tail, { position: end });
    await file.close();

    const expected = files.map(({ at, entry: { name, size, packedSize } }) => ({ name, at, size, packedSize }));
    const found: typeof expected = [];
    const reader = await openPromise(path, { autoClose: true });
    for await (const { fileName, relativeOffsetOfLocalHeader, uncompressedSize, compressedSize } of reader.eachEntry())
      found.push({
        name: fileName,
        at: relativeOffsetOfLocalHeader,
        size: uncompressedSize,
        packedSize: compressedSize,
      });
    expect(found).toEqual(expected);
    if (hasCommand("unzip")) execFileSync("unzip", ["-Z", path]);
  });

  it.skipIf(!hasCommand("unzip"))("is read by others (unzip absent: skipped)", async () => {
    await write([
      { name: "A", content: Buffer.from("content") },
      { name: "B", content: streamed(Buffer.from("content")) },
    ]);
    execFileSync("unzip", ["-tq", path]);
    for (const name of ["A", "B"]) {
      const line = execFileSync("unzip", ["-Z", path, name], { encoding: "utf8" });
      expect(line).toMatch(new RegExp(`^-rw-------.*26-Nov-01 12:00 ${name}`));
    }
  });

  it.skipIf(!hasCommand("funzip"))(
    "says the sizes of what it made after it, for who reads from a pipe (funzip absent: skipped)",
    async () => {
      const content = createHash("sha512").update("content").digest();
      await write([{ name: "A", content: streamed(content, content) }]);
      expect(execFileSync("funzip", { input: readFileSync(path) })).toEqual(Buffer.concat([content, content]));
    },
  );

  it("breaks off with what a file threw, and never looks whole", async () => {
    async function* broken() {
      yield Buffer.from("begun");
      throw new Error("disk");
    }
    const pieces: Buffer[] = [];
    const read = async () => {
      for await (const piece of zip([{ name: "A", content: broken() }], month)) pieces.push(piece);
    };
    await expect(read()).rejects.toThrow("disk");
    expect(Buffer.concat(pieces).includes("PK\x05\x06")).toBe(false);
  });
});

async function unzip(path: string) {
  const files: { name: string; method: number; bytes: Buffer }[] = [];
  const reader = await openPromise(path, { autoClose: true });
  for await (const entry of reader.eachEntry())
    files.push({
      name: entry.fileName,
      method: entry.compressionMethod,
      bytes: await buffer(await reader.openReadStreamPromise(entry)),
    });
  return files;
}
