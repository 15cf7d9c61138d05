/** Values by their address: pixels alone, and values that are long. */
import { once } from "node:events";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeDataSet, readPart10, Tags } from "../../appliance/dicom/index.ts";
import type { Supplier } from "../../appliance/images/index.ts";
import { createPixels } from "../../appliance/pixels/index.ts";
import { drawing, fileOf, framesOf, imageOf, SYNTAX, transcoded } from "../pixels/support.ts";
import { dataSetBytes } from "../support/corpus.ts";
import { eventually } from "../support/dimse.ts";
import { type Exam, exam, inPieces, LE, openService, type Service } from "./support.ts";

const pixels = createPixels();
afterAll(() => pixels.close());
let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service[Symbol.asyncDispose]());

const ALONE = { form: "bulk-single" } as const;

describe("pixels that are to come alone", () => {
  const asked = (file: Buffer): { readonly wanted: Exam; readonly supply: Supplier } => {
    const { dataSet, transferSyntax } = readPart10(file);
    const uid = (tag: number) => dataSet.string(tag) as string;
    const instance = { sopClassUID: uid(Tags.SOPClassUID), sopInstanceUID: uid(Tags.SOPInstanceUID) };
    const series = [
      {
        studyInstanceUID: uid(Tags.StudyInstanceUID),
        seriesInstanceUID: uid(Tags.SeriesInstanceUID),
        instances: [instance],
      },
    ];
    return {
      wanted: { ...exam(1), patient: { ...exam(1).patient, patientIDs: ["P1"] }, series, bulk: ["7FE00010"] },
      supply: ({ store }) => store({ ...instance, transferSyntax: transferSyntax.uid }, inPieces(dataSetBytes(file))),
    };
  };
  const native = (frames: number) => fileOf(imageOf(drawing({ frames })));

  it.each([
    ["one frame without compression", LE, 1],
    ["several frames without compression, which are one value", LE, 3],
    ["one compressed frame", SYNTAX.jpegLs, 1],
  ])("do: %s", async (_, syntax, frames) => {
    const file = syntax === LE ? native(frames) : await transcoded(pixels, native(frames), syntax);
    const { wanted, supply } = asked(file);
    const served = await service.get(wanted, supply, ALONE);
    expect([served.status, served.contentType]).toEqual([200, `application/octet-stream; transfer-syntax=${syntax}`]);
    expect(served.body).toEqual(Buffer.concat((await framesOf(file)).frames));
  });

  it("do not when they are several compressed frames, which need parts", async () => {
    const { wanted, supply } = asked(await transcoded(pixels, native(2), SYNTAX.jpegLs));
    expect((await service.get(wanted, supply, ALONE)).body.toString()).toBe("IMAGES_SYNTAX_REFUSED");
    const parts = (await service.get(wanted, supply, { form: "bulk-multipart" })).multipart();
    expect([parts.whole, parts.parts.length]).toEqual([true, 2]);
  });
});

describe("a long value", () => {
  const OVERLAY = 0x60003000;
  const value = Buffer.alloc(20_000_000, "overlay");
  const wanted: Exam = { ...exam(2, 1), bulk: ["60003000"] };
  const supply: Supplier = async ({ store }) => {
    const { dataSet, ...uids } = wanted.study.instances[0]!;
    dataSet.set(OVERLAY, "OB", value);
    await store({ ...uids, transferSyntax: LE }, inPieces(encodeDataSet(dataSet, LE)));
  };

  it("arrives", async () => {
    expect((await service.get(wanted, supply, ALONE)).body.equals(value)).toBe(true);
    const { parts } = (await service.get(wanted, supply, { form: "bulk-multipart" })).multipart();
    expect(parts[0]?.body.equals(value)).toBe(true);
  });

  it.each(["bulk-single", "bulk-multipart"] as const)(
    "whose reader leaves in the middle is told of as such, with what he had (%s)",
    async (form) => {
      const response = await service.open(wanted, supply, { form });
      await once(response, "readable");
      response.destroy();
      await eventually(() => service.deliveries.length === 1);
      const [delivery] = service.deliveries;
      expect(delivery).toMatchObject({
        instances: 0,
        missing: [expect.any(String)],
        fault: { code: "IMAGES_READER_GONE" },
      });
      // What had not left is not written for nobody.
      expect((delivery as { bytes: number }).bytes).toBeLessThan(value.length);
    },
  );
});
