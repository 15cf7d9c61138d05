import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openZip } from "../../appliance/xdm/zip-read.ts";
import { type NamedFile, zipped } from "../../appliance/xdm/zip-write.ts";
import { hasCommand } from "../support/peers.ts";
import { collect } from "./fixtures.ts";

const month = { year: 2026, month: 11 };
/** One more than the old format counts. */
const MANY = 65_536;

describe("a zip that is written as a stream", () => {
  let folder: string;
  let file: string;
  const write = (files: Iterable<NamedFile>) => pipeline(zipped(Readable.from(files), month), createWriteStream(file));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "zip-"));
    file = join(folder, "a.zip");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("holds what shrinks, what does not, and what is empty", async () => {
    const noise = createHash("sha512").update("noise").digest();
    const files = [
      { name: "TEXT", bytes: Buffer.from("a".repeat(100)) },
      { name: "NOISE", bytes: noise },
      { name: "EMPTY", bytes: Buffer.alloc(0) },
    ];
    await write(files);
    const zip = await openZip(file);
    for (const [index, { name, bytes }] of files.entries()) {
      const found = zip.files[index]!;
      expect(found).toMatchObject({ name, size: bytes.length });
      expect(await zip.read(found, 1000)).toEqual(bytes);
    }
    expect(zip.files.map(({ method }) => method)).toEqual([8, 0, 0]);
    await zip.close();
  });

  it("is the same bytes in every time zone and at every time", async () => {
    const make = async (zone: string) => {
      process.env.TZ = zone;
      return Buffer.concat(await collect(zipped(Readable.from([{ name: "A", bytes: Buffer.from("a") }]), month)));
    };
    const former = process.env.TZ;
    const [one, other] = [await make("Pacific/Kiritimati"), await make("America/Adak")];
    if (former === undefined) delete process.env.TZ;
    else process.env.TZ = former;
    expect(one).toEqual(other);
  });

  it("is ZIP64 when it has more files than the old format counts", async () => {
    await write(many());
    const zip = await openZip(file);
    expect(zip.files).toHaveLength(MANY);
    expect((await zip.read(zip.files.at(-1)!, 10)).toString()).toBe("x");
    await zip.close();
    if (hasCommand("unzip")) execFileSync("unzip", ["-tq", file]);
  });

  it.skipIf(!hasCommand("unzip"))("is read by others (unzip absent: skipped)", async () => {
    await write([{ name: "A", bytes: Buffer.from("content") }]);
    execFileSync("unzip", ["-tq", file]);
    expect(execFileSync("unzip", ["-Z", file, "A"], { encoding: "utf8" })).toMatch(/^-rw-------.*26-Nov-01 12:00 A/);
  });
});

function* many(): Generator<NamedFile> {
  for (let n = 1; n <= MANY; n++) yield { name: `F${n}`, bytes: Buffer.from(n === MANY ? "x" : "") };
}
