import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { archiveName, readXdm, writeXdm } from "../../appliance/xdm/index.ts";
import { parseRoot } from "../../appliance/xds/index.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";
import { collect, facts, read, readAll, report, submission, write } from "./fixtures.ts";

const samples = sharedSamples();
const unzip = hasCommand("unzip");

describe("an XDM archive", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "xdm-"));
    file = join(folder, "KA202611.ZIP");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is named after its month", () => {
    expect(archiveName({ year: 2026, month: 3 })).toBe("KA202603");
  });

  it("gives back what was put into it: bytes, identifiers, reports", async () => {
    expect(await write(file, [submission(1), submission(2)])).toBe(2);
    const found = await readAll(file);
    for (const [index, one] of found.entries()) {
      const n = index + 1;
      const given = submission(n);
      expect(one.submissionSet.uniqueId).toBe(`2.25.${n}1`);
      expect(one.reports).toEqual([report(n)]);
      expect(one.signature).toMatchObject({ intact: true });
      expect(Buffer.from(one.signature!.bytes)).toEqual(given.signature!.bytes);
      const [manifest] = one.manifests;
      expect(Buffer.from(manifest.bytes)).toEqual(given.manifests[0]!.bytes);
      expect(manifest.entryUUID).toBe(given.manifests[0]!.entryUUID);
      expect(manifest.studyInstanceUID).toBe(`2.25.${n}000`);
      expect(manifest.entry).toMatchObject({
        uniqueId: `2.25.${n}2`,
        patientId: "285017500000130^^^&1.2.250.1.213.1.4.10&ISO^NH",
        authorInstitutions: ["IMAGERIE^^^^^&1.2&ISO^IDNST^^^1750099999"],
      });
      expect(manifest.entry.slots.get("legalAuthenticator")?.[0]).toMatch(/MARTIN/);
    }
  });

  it("written again from what was read is the same file, byte for byte", async () => {
    await write(file, [submission(1), submission(2)]);
    const again = join(folder, "again.zip");
    await write(again, await readAll(file));
    expect(readFileSync(again)).toEqual(readFileSync(file));
  });

  it("carries a report's every line, and refuses an identifier that its format cannot carry", async () => {
    const several = { ...submission(1), reports: [report(1), report(7)] };
    const impossible = { ...submission(2), reports: [{ ...report(2), ipp: "A;B" }] };
    await expect(write(file, [impossible])).rejects.toMatchObject({ code: "XDM_VALUE_NOT_WRITABLE" });
    const refused: string[] = [];
    await writeXdm(sink(), facts, [several, impossible], { onRefused: (_, fault) => refused.push(fault.code) });
    expect(refused).toEqual(["XDM_VALUE_NOT_WRITABLE"]);
    await write(file, [several]);
    expect((await readAll(file))[0]!.reports).toEqual([report(1), report(7)]);
  });

  it("is not made of a manifest that the metadata do not describe", async () => {
    const { manifests, ...rest } = submission(1);
    const altered = { ...rest, manifests: [{ ...manifests[0]!, bytes: Buffer.from("another") }] };
    await expect(write(file, [altered])).rejects.toMatchObject({ code: "XDM_DOCUMENT_ALTERED" });
  });

  it("goes on with the folders after the last one imported", async () => {
    await write(file, [submission(1), submission(2), submission(3)]);
    const rest = await collect(readXdm(file, { skip: 2 }));
    expect(rest).toMatchObject([{ folder: "IHE_XDM/SS000003", position: 3, total: 3 }]);
  });

  it("stops when it is told to, writing and reading", async () => {
    const signal = AbortSignal.abort();
    await expect(writeXdm(sink(), facts, [submission(1)], { signal })).rejects.toMatchObject({ name: "AbortError" });
    await write(file, [submission(1)]);
    await expect(collect(readXdm(file, { signal }))).rejects.toMatchObject({ name: "AbortError" });
  });

  it("fails with its target, whatever the target is at", async () => {
    let room = 1000;
    const full = new Writable({
      write(chunk: Buffer, _encoding, done) {
        room -= chunk.length;
        done(room < 0 ? Object.assign(new Error("full"), { code: "ENOSPC" }) : null);
      },
    });
    await expect(writeXdm(full, facts, endless())).rejects.toMatchObject({ code: "ENOSPC" });
  });

  it("is written at the pace of its target", async () => {
    let made = 0;
    const submissions = (async function* () {
      for (; made < 50; made++) yield { ...submission(made), reports: [{ ...report(1), extension: noise(made) }] };
    })();
    const stuck = new Writable({ highWaterMark: 1, write() {} });
    const controller = new AbortController();
    const written = writeXdm(stuck, facts, submissions, { signal: controller.signal }).catch((error) => error);
    await delay(300);
    expect(made).toBeLessThan(10);
    controller.abort();
    expect(await written).toMatchObject({ name: "AbortError" });
  });

  it.skipIf(!unzip)("is a zip that others open, in names of ISO 9660 level 1 (unzip absent: skipped)", async () => {
    await write(file, [submission(1)]);
    execFileSync("unzip", ["-t", file]);
    const names = execFileSync("unzip", ["-Z1", file], { encoding: "utf8" }).trim().split("\n");
    expect(names.sort()).toEqual([
      "IHE_XDM/SS000001/CR.TXT",
      "IHE_XDM/SS000001/KOS_1_1.DCM",
      "IHE_XDM/SS000001/METADATA.XML",
      "IHE_XDM/SS000001/SIGN_1.XML",
      "INDEX.HTM",
      "README.TXT",
    ]);
    for (const part of names.flatMap((name) => name.split("/")))
      expect(part).toMatch(/^[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?$/);
  });

  it.skipIf(!unzip)("says who made it, to a person, without harm to the page (unzip absent: skipped)", async () => {
    await write(file, [submission(1)]);
    const page = parseRoot(content(file, "INDEX.HTM").replace(/<!DOCTYPE[^>]*>/, ""));
    expect(page.textContent).toContain('Clinique <"Éluard"> & fils (1750099999)');
    expect(content(file, "README.TXT")).toContain('Clinique <"Éluard"> & fils (1750099999)\r\n');
    expect(content(file, "INDEX.HTM") + content(file, "README.TXT")).not.toMatch(/IPP1|285017500000130|DURAND/);
  });

  it.skipIf(!unzip || samples === undefined || !hasCommand("xmllint"))(
    "holds metadata that the ebRIM schema knows, nothing around them (unzip, xmllint or ../shared absent: skipped)",
    async () => {
      await write(file, [submission(1)]);
      const xml = content(file, "IHE_XDM/SS000001/METADATA.XML");
      validate(xml);
      expect(parseRoot(xml).localName).toBe("SubmitObjectsRequest");
      expect(xml).toContain('<ExtrinsicObject id="urn:uuid:00000000-0000-4000-8000-000000000001"');
      expect(xml).toContain("<Value>KOS_1_1.DCM</Value>");
      expect(xml).toContain("<Value>SIGN_1.XML</Value>");
      expect(xml).not.toContain('"DocumentKOS"');
    },
  );

  it.skipIf(samples === undefined || !hasCommand("xmllint"))(
    "keeps to the prefixes of its metadata, whoever wrote them (xmllint or ../shared absent: skipped)",
    async () => {
      const { metadata, ...rest } = submission(1);
      const prefixed = metadata.replaceAll(/<(\/?)(?!lcm:)(\w)/g, "<$1rim:$2").replace(" xmlns=", " xmlns:rim=");
      await write(file, [{ ...rest, metadata: prefixed }]);
      const [one] = await readAll(file);
      validate(one!.metadata);
      expect(one!.metadata).toContain('<rim:Slot name="URI">');
      expect(one!.manifests[0].entry.slots.get("URI")).toEqual(["KOS_1_1.DCM"]);
    },
  );

  it("may hold hundreds of submissions, one of them in memory", async () => {
    const count = 500;
    const digest = createHash("sha1");
    const submissions = (function* () {
      for (let n = 1; n <= count; n++) {
        const one = submission(n);
        digest.update(one.manifests[0]!.bytes);
        yield one;
      }
    })();
    await write(file, submissions);
    const found = createHash("sha1");
    for await (const outcome of readXdm(file))
      if ("submission" in outcome) found.update(outcome.submission.manifests[0].bytes);
    expect(found.digest("hex")).toBe(digest.digest("hex"));
  });

  it("with nothing in it is an archive without a submission set", async () => {
    expect(await write(file, [])).toBe(0);
    await expect(read(file)).rejects.toMatchObject({ code: "XDM_NO_SUBMISSION" });
  });
});

function validate(xml: string): void {
  const schema = join(samples!, "schemas/ihe-xds/nist-toolkit2-v3/lcm.xsd");
  execFileSync("xmllint", ["--noout", "--schema", schema, "-"], { input: xml, stdio: ["pipe", "pipe", "pipe"] });
}

function content(file: string, name: string): string {
  return execFileSync("unzip", ["-p", file, name], { encoding: "utf8" });
}

function sink(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

function* endless() {
  for (let n = 1; ; n++) yield submission(n);
}

/** 60 kB that do not compress. */
function noise(seed: number): string {
  let text = "";
  for (let index = 0; text.length < 60_000; index++)
    text += createHash("sha512").update(`${seed} ${index}`).digest("hex");
  return text;
}
