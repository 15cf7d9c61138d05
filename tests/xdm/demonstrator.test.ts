import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sharedSamples } from "../support/samples.ts";
import { readAll, sha1, write } from "./fixtures.ts";
import { forge } from "./forge.ts";

const samples = sharedSamples();
const tree = samples && join(samples, "ans-demonstrator/history-2024-05/XDM");

describe.skipIf(tree === undefined)("the demonstrator's archive (../shared absent: skipped)", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "xdm-"));
    file = join(folder, "KA202401.zip");
    // Zipped as the demonstrator does: with the month's folder inside.
    const entries = readdirSync(tree!, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = entries.map((entry) => join(entry.parentPath, entry.name));
    const files = paths.map((path) => ({ name: path.slice(tree!.length + 1), data: readFileSync(path) }));
    writeFileSync(file, forge(files));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is imported, out of its SOAP envelope", async () => {
    const [one, ...others] = await readAll(file);
    expect(others).toEqual([]);
    expect(one?.submissionSet.uniqueId).toBe("1.2.250.1.999.1.1.8121.4.9618");
    expect(one?.reports).toEqual([
      {
        root: "1.2.250.1.213.1.1.6",
        extension: "A7102400008_6",
        ins: "162018885045327",
        insOid: "1.2.250.1.213.1.4.10",
        ipp: "627028977073869316",
        ippOid: "2.25.308558515749272265601084678280819623195.3.2.1",
      },
    ]);
    const [manifest] = one!.manifests;
    expect(sha1(manifest.bytes)).toBe("5a4009cca445f28810fd34dc8e3526cbe9814664");
    expect(manifest.entry.uniqueId).toBe("1.3.2.751468943.3.1234.99352.240116151112.1.1.1");
    expect(manifest.entryUUID).toBe("urn:uuid:3d188b5d-0446-468b-a750-09246812625d");
    expect(manifest.studyInstanceUID).toBe("1.3.6.1.4.1.5962.99.1.3711725607.829148806.1687338938407.3.12");
    expect(manifest.entry.authorInstitutions[0]).toMatch(/^BCOM\^/);
    // The file in the example is not the one whose hash was submitted.
    expect(one?.signature).toMatchObject({ intact: false });
    expect(one?.metadata).not.toMatch(/Envelope|Assertion|Security/);
  });

  it("is exported again in order: no envelope, every element where the schema has it", async () => {
    const ours = join(folder, "ours.zip");
    await write(ours, await readAll(file));
    const [again] = await readAll(ours);
    expect(again?.manifests[0].entryUUID).toBe("urn:uuid:3d188b5d-0446-468b-a750-09246812625d");
    const xml = again!.metadata;
    for (const object of xml.split("<ExtrinsicObject ").slice(1)) {
      expect(object.indexOf("referenceIdList")).toBeLessThan(object.indexOf("<Name"));
      expect(object.match(/name="URI"/g)).toHaveLength(1);
    }
    expect(xml.match(/EntryUUID/g)).toHaveLength(1);
    const kept = readFileSync(join(tree!, "KA202401/IHE_XDM/SS000001/SIGN_1.XML"));
    expect(Buffer.from(again!.signature!.bytes)).toEqual(kept);
  });
});
