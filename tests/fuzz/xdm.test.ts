import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { read, submission, write } from "../xdm/fixtures.ts";
import { forge } from "../xdm/forge.ts";

const BUDGET_MS = 4000;

describe("an XDM archive that anybody may have written", () => {
  let folder: string;
  let sound: Buffer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "xdm-fuzz-"));
    const file = join(folder, "sound.zip");
    await write(file, [submission(1)]);
    sound = readFileSync(file);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Whatever the bytes: submissions that are whole, or a coded error. */
  async function settles(bytes: Uint8Array): Promise<void> {
    const file = join(folder, "fuzzed.zip");
    writeFileSync(file, bytes);
    try {
      for (const outcome of await read(file)) {
        if ("fault" in outcome) expect(outcome.fault.code).toMatch(/^XDM_/);
        else expect(Buffer.from(outcome.submission.manifests[0].bytes)).toEqual(submission(1).manifests[0]!.bytes);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(CodedError);
      expect((error as CodedError).code).toMatch(/^XDM_/);
    }
  }

  it("yields what is whole or a coded error when bytes of the zip are changed", async () => {
    const change = fc.record({ at: fc.nat(sound.length - 1), to: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(sound);
        for (const { at, to } of changes) bytes[at] = to;
        return settles(bytes);
      }),
      { interruptAfterTimeLimit: BUDGET_MS, numRuns: 2000 },
    );
  });

  it("yields what is whole or a coded error when the zip is sound and its metadata are not", async () => {
    const { metadata, manifests } = submission(1);
    const cut = fc.tuple(
      fc.nat(metadata.length),
      fc.nat(200),
      fc.constantFrom("", "<", ">", '"', "&", "<Slot/>", "\0"),
    );
    await fc.assert(
      fc.asyncProperty(cut, ([at, length, put]) =>
        settles(
          forge([
            {
              name: "IHE_XDM/SS000001/METADATA.XML",
              data: metadata.slice(0, at) + put + metadata.slice(at + length),
            },
            { name: "IHE_XDM/SS000001/KOS_1_1.DCM", data: manifests[0]!.bytes },
          ]),
        ),
      ),
      { interruptAfterTimeLimit: BUDGET_MS, numRuns: 2000 },
    );
  });
});
