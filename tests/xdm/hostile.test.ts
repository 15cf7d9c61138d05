import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { read, readAll, submission, write } from "./fixtures.ts";
import { type Forged, forge } from "./forge.ts";

const at = "IHE_XDM/SS000001";

/** The files of a good submission set, in the demonstrator's naming: no URI leads to its manifest. */
function good(n = 1, folder = at): Forged[] {
  const one = submission(n);
  return [
    { name: `${folder}/METADATA.XML`, data: one.metadata },
    { name: `${folder}/KOS_11.DCM`, data: one.manifests[0]!.bytes },
    { name: `${folder}/SIGN_1.XML`, data: one.signature!.bytes },
    { name: `${folder}/CR.TXT`, data: "1.2;A;1;1.2;I;1.3&ISO" },
  ];
}

describe("an archive from anywhere", () => {
  let folder: string;
  const fileOf = (bytes: Uint8Array) => {
    const file = join(folder, "archive.zip");
    writeFileSync(file, bytes);
    return file;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "xdm-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is read whatever its naming, as long as the hash proves the manifest", async () => {
    const lower = good().map((file) => ({ ...file, name: `KA202611/${file.name.toLowerCase()}` }));
    const [one] = await readAll(fileOf(forge(lower)));
    expect(Buffer.from(one!.manifests[0].bytes)).toEqual(submission(1).manifests[0]!.bytes);
    expect(one!.manifests[0].entryUUID).toBeUndefined();
    expect(one!.reports).toEqual([{ root: "1.2", extension: "A", ins: "1", insOid: "1.2", ipp: "I", ippOid: "1.3" }]);
  });

  const refusals: readonly [title: string, code: string, bytes: () => Uint8Array][] = [
    ["nothing", "XDM_ZIP_UNREADABLE", () => Buffer.alloc(0)],
    ["text", "XDM_ZIP_UNREADABLE", () => Buffer.from("this is no zip".repeat(100))],
    ["a zip cut short", "XDM_ZIP_UNREADABLE", () => forge(good()).subarray(0, -30)],
    ["a directory longer than the zip", "XDM_ZIP_UNREADABLE", () => forge(good(), 5)],
    ["a name that climbs out", "XDM_ZIP_REFUSED", () => forge([...good(), { name: "../../etc/passwd", data: "x" }])],
    ["an absolute name", "XDM_ZIP_REFUSED", () => forge([...good(), { name: "/etc/passwd", data: "x" }])],
    ["a name of another system", "XDM_ZIP_REFUSED", () => forge([...good(), { name: "..\\..\\x", data: "x" }])],
    ["a drive", "XDM_ZIP_REFUSED", () => forge([...good(), { name: "C:/x", data: "x" }])],
    ["a name twice", "XDM_ZIP_REFUSED", () => forge([...good(), ...good()])],
    ["a name twice but for case", "XDM_ZIP_REFUSED", () => forge([...good(), { name: `${at}/cr.txt`, data: "" }])],
    ["an endless name", "XDM_ZIP_REFUSED", () => forge([...good(), { name: "A".repeat(300), data: "" }])],
    ["encryption", "XDM_ZIP_REFUSED", () => forge([...good(), { name: "A", data: "x", flags: 1 }])],
    ["another compression", "XDM_ZIP_REFUSED", () => forge([...good(), { name: "A", data: "x", method: 12 }])],
    ["files over one another", "XDM_ZIP_REFUSED", () => forge([...good(), { name: "A", data: "x", at: 0 }])],
    ["a bomb", "XDM_ZIP_REFUSED", () => forge([...good(), { name: "A", data: Buffer.alloc(10_000_000) }])],
    ["no submission", "XDM_NO_SUBMISSION", () => forge([{ name: "README.TXT", data: "x" }])],
    ["submissions too deep", "XDM_NO_SUBMISSION", () => forge([{ name: `a/b/${at}/METADATA.XML`, data: "x" }])],
  ];
  it.each(refusals)("with %s is refused: %s", async (_title, code, bytes) => {
    await expect(read(fileOf(bytes()))).rejects.toMatchObject({ code });
  });

  it("that is not there is said so", async () => {
    await expect(read(join(folder, "absent.zip"))).rejects.toMatchObject({ code: "XDM_ZIP_UNREADABLE" });
  });

  const change = (name: string, patch: Partial<Forged>) =>
    good().map((file) => (file.name.endsWith(name) ? { ...file, ...patch } : file));
  const without = (name: string) => good().filter((file) => !file.name.endsWith(name));
  const rewrite = (from: string | RegExp, to: string) =>
    change("METADATA.XML", { data: submission(1).metadata.replaceAll(from, to) });
  const faults: readonly [title: string, code: string, files: () => readonly Forged[]][] = [
    ["no metadata", "XDM_DOCUMENT_MISSING", () => without("METADATA.XML")],
    ["metadata that are no XML", "XDM_METADATA_UNREADABLE", () => change("METADATA.XML", { data: "<a>" })],
    [
      "metadata with a DTD",
      "XDM_METADATA_UNREADABLE",
      () => change("METADATA.XML", { data: '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>' }),
    ],
    ["metadata of something else", "XDM_METADATA_INCOMPLETE", () => change("METADATA.XML", { data: "<a/>" })],
    ["metadata too large", "XDM_FILE_TOO_LARGE", () => change("METADATA.XML", { data: randomBytes(5_000_000) })],
    ["metadata without hash", "XDM_METADATA_INCOMPLETE", () => rewrite('"hash"', '"cash"')],
    ["metadata of no manifest", "XDM_METADATA_INCOMPLETE", () => rewrite("application/dicom", "text/plain")],
    ["metadata without identifier", "XDM_METADATA_INCOMPLETE", () => rewrite("urn:uuid:2e82c1f6", "urn:uuid:00000000")],
    ["a set without identifier", "XDM_METADATA_INCOMPLETE", () => rewrite("urn:uuid:96fdda7c", "urn:uuid:00000000")],
    ["no manifest", "XDM_DOCUMENT_MISSING", () => without("KOS_11.DCM")],
    [
      "two candidates for the manifest",
      "XDM_DOCUMENT_MISSING",
      () => [...good(), { name: `${at}/KOS_2_1.DCM`, data: "x" }],
    ],
    ["a manifest of another size", "XDM_DOCUMENT_ALTERED", () => change("KOS_11.DCM", { data: "x" })],
    [
      "a manifest of other bytes",
      "XDM_DOCUMENT_ALTERED",
      () => change("KOS_11.DCM", { data: Buffer.from(submission(1).manifests[0]!.bytes).fill(0, 3, 4) }),
    ],
    ["a manifest of another CRC", "XDM_FILE_DAMAGED", () => change("KOS_11.DCM", { crc: 1 })],
    ["a manifest that swells", "XDM_FILE_DAMAGED", () => change("KOS_11.DCM", { size: 3 })],
    ["a manifest that shrinks", "XDM_FILE_DAMAGED", () => change("KOS_11.DCM", { size: 1000 })],
    ["reports of another form", "XDM_REPORTS_UNREADABLE", () => change("CR.TXT", { data: "1.2;A;1" })],
  ];
  it.each(faults)("with %s in one folder gives %s for it, and the next folder", async (_title, code, files) => {
    const found = await read(fileOf(forge([...files(), ...good(2, "IHE_XDM/SS000002")])));
    expect(found).toMatchObject([
      { folder: at, position: 1, total: 2, fault: { code } },
      { folder: "IHE_XDM/SS000002", submission: { submissionSet: { uniqueId: "2.25.21" } } },
    ]);
  });

  it("with an altered signature is read, and says so", async () => {
    const [one] = await readAll(fileOf(forge(change("SIGN_1.XML", { data: "<Signature/>" }))));
    expect(one?.signature).toMatchObject({ intact: false });
  });

  it("without report list or signature file is read", async () => {
    const [one] = await readAll(fileOf(forge(good().slice(0, 2))));
    expect(one).toMatchObject({ reports: [] });
    expect(one?.signature).toBeUndefined();
  });

  it("with a document named in another folder does not reach it", async () => {
    await write(join(folder, "ours.zip"), [submission(1)]);
    const [ours] = await readAll(join(folder, "ours.zip"));
    const lured = ours!.metadata.replace("KOS_1_1.DCM", "../SS000002/KOS_1_1.DCM");
    const files = [
      { name: `${at}/METADATA.XML`, data: lured },
      { name: "IHE_XDM/SS000002/KOS_1_1.DCM", data: submission(1).manifests[0]!.bytes },
    ];
    const [first] = await read(fileOf(forge(files)));
    expect(first).toMatchObject({ fault: { code: "XDM_DOCUMENT_MISSING" } });
  });

  it("leaves no file open behind", async () => {
    const before = readFdCount();
    for (let round = 0; round < 20; round++) {
      await read(fileOf(forge(good())));
      await read(fileOf(forge([...good(), ...good()]))).catch(() => {});
      await read(fileOf(Buffer.from("x"))).catch(() => {});
    }
    expect(readFdCount()).toBeLessThan(before + 5);
  });
});

function readFdCount(): number {
  return readdirSync("/proc/self/fd").length;
}
