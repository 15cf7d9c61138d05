/** Images that leave in another transfer syntax than they came in, and pictures of them. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readPart10, Tags } from "../../appliance/dicom/index.ts";
import { frameOf } from "../../appliance/images/form.ts";
import type { Supplier, SupplyRequest } from "../../appliance/images/index.ts";
import { createPixels, planTranscoding } from "../../appliance/pixels/index.ts";
import { readJpegHeader } from "../../appliance/pixels/jpeg-header.ts";
import { pixelsLimits } from "../../appliance/pixels/limits.ts";
import { difference, drawing, fileOf, imageOf, SYNTAX, transcoded, valuesOf } from "../pixels/support.ts";
import { dataSetBytes } from "../support/corpus.ts";
import { type Exam, inPieces, multipart, openService, type Service } from "./support.ts";

const pixels = createPixels();
afterAll(() => pixels.close());

const INS = { id: "1".repeat(15), issuerOID: "1.2.250.1.213.1.4.10" };
const LE = SYNTAX.native;

/** Files of one series, and the request for them. */
interface Kept {
  readonly files: readonly Buffer[];
  readonly exam: Exam;
}

function keptOf(files: readonly Buffer[]): Kept {
  const [study, seriesUID] = ["2.25.1", "2.25.2"];
  const instances = files.map((file) => {
    const { dataSet } = readPart10(file);
    return {
      sopClassUID: dataSet.string(Tags.SOPClassUID) as string,
      sopInstanceUID: dataSet.string(Tags.SOPInstanceUID) as string,
    };
  });
  const series = [{ studyInstanceUID: study, seriesInstanceUID: seriesUID, instances }];
  return { files, exam: { patient: { patientIDs: ["P1"], identifier: INS }, series } as unknown as Exam };
}

/** A PACS that sends what it has, whatever is asked for first, as long as it is asked for at all. */
function archive({ files, exam }: Kept): { readonly supply: Supplier; readonly asked: SupplyRequest[] } {
  const asked: SupplyRequest[] = [];
  const supply: Supplier = async (request) => {
    asked.push(request);
    for (const [index, file] of files.entries()) {
      const instance = exam.series[0]?.instances[index];
      const { uid: transferSyntax } = readPart10(file).transferSyntax;
      if (instance === undefined || !request.instances.some((one) => one.sopInstanceUID === instance.sopInstanceUID))
        continue;
      if (!request.transferSyntaxes.includes(transferSyntax)) continue;
      await request.store({ ...instance, transferSyntax }, inPieces(dataSetBytes(file)));
    }
  };
  return { supply, asked };
}

let service: Service;
let plain: readonly Buffer[];
beforeAll(() => {
  plain = [1, 2, 3].map((number) =>
    fileOf(imageOf(drawing({ rows: 20 + number, frames: number })).set(Tags.SOPInstanceUID, "UI", `2.25.100${number}`)),
  );
});
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service[Symbol.asyncDispose]());

describe("images whose PACS has them in another transfer syntax", () => {
  it.each([
    ["compressed", SYNTAX.jpegLs, LE],
    ["without compression", LE, SYNTAX.jpegLs],
    ["in JPEG 2000", SYNTAX.j2kLossless, SYNTAX.htj2k],
  ])("%s, are transcoded on their way, each pixel the same", async (_, from, to) => {
    const kept = keptOf(await Promise.all(plain.map((file) => transcoded(pixels, file, from))));
    const { supply, asked } = archive(kept);
    const served = await service.get({ ...kept.exam, transcode: true }, supply, multipart(to));
    const parts = served.multipart();
    expect([served.status, parts.whole]).toEqual([200, true]);
    expect(parts.parts.map(({ headers }) => headers.get("content-type"))).toEqual(
      plain.map(() => `application/dicom; transfer-syntax=${to}`),
    );
    for (const [index, { body }] of parts.parts.entries()) {
      const { dataSet, transferSyntax } = readPart10(body);
      expect(transferSyntax.uid).toBe(to);
      expect(dataSet.items(Tags.OtherPatientIDsSequence).map((item) => item.string(Tags.PatientID))).toEqual([INS.id]);
      const back = await transcoded(pixels, body, LE);
      expect(difference(await valuesOf(plain[index]!), await valuesOf(back))).toBeUndefined();
    }
    expect(asked[0]?.transferSyntaxes[0]).toBe(to);
  });

  it("are not asked for unless they may be transcoded", async () => {
    const kept = keptOf(await Promise.all(plain.map((file) => transcoded(pixels, file, SYNTAX.jpegLs))));
    const { supply, asked } = archive(kept);
    const served = await service.get(kept.exam, supply, multipart(LE));
    expect([served.status, served.body.toString()]).toEqual([500, "IMAGES_GONE"]);
    expect(asked.map(({ transferSyntaxes }) => transferSyntaxes)).toEqual([[LE]]);
  });

  it("nor when what is accepted cannot be made", async () => {
    const kept = keptOf(plain);
    const { supply, asked } = archive(kept);
    await service.get({ ...kept.exam, transcode: true }, supply, multipart(SYNTAX.baseline));
    expect(asked[0]?.transferSyntaxes).toEqual([SYNTAX.baseline]);
  });

  it("leave as they are when that is accepted", async () => {
    const kept = keptOf(plain);
    const { supply } = archive(kept);
    const served = await service.get({ ...kept.exam, transcode: true }, supply, multipart(SYNTAX.jpegLs, LE));
    expect(served.multipart().parts.map(({ headers }) => headers.get("content-type"))).toEqual(
      plain.map(() => `application/dicom; transfer-syntax=${LE}`),
    );
  });

  it("are sent but for one whose pixels cannot be, and the end says that it is missing", async () => {
    const [first, , last] = await Promise.all(plain.map((file) => transcoded(pixels, file, SYNTAX.jpegLs)));
    const damaged = Buffer.from(await transcoded(pixels, plain[1]!, SYNTAX.jpegLs));
    // The height that its first frame says.
    const height = damaged.indexOf("fff7", 0, "hex") + 6;
    damaged[height] = (damaged[height] ?? 0) + 1;
    const kept = keptOf([first!, damaged, last!]);
    const served = await service.get({ ...kept.exam, transcode: true }, archive(kept).supply, multipart(LE));
    expect(served.multipart()).toMatchObject({ whole: false });
    expect(service.deliveries.at(-1)).toMatchObject({
      instances: 2,
      missing: ["2.25.1002"],
      fault: { code: expect.stringMatching(/^PIXELS_/) },
    });
  });

  it("say that they are lossy when only their stream says so", async () => {
    const file = await transcoded(pixels, plain[2]!, SYNTAX.j2kLossless);
    // The wavelet of each frame is the one with loss; and the header names the syntax that may be either.
    for (let at = file.indexOf("ff52000c", 0, "hex"); at > 0; at = file.indexOf("ff52000c", at + 1, "hex"))
      file[at + 13] = 0;
    const { dataSet } = readPart10(file);
    const kept = keptOf([fileOf(dataSet, SYNTAX.j2k)]);
    const { supply } = archive(kept);
    const served = await service.get({ ...kept.exam, transcode: true }, supply, multipart(LE));
    const [part] = served.multipart().parts;
    const sent = readPart10(part!.body).dataSet;
    expect(sent.string(Tags.LossyImageCompression)).toBe("01");
  });

  it("that are none are refused as such, and nothing is said to be damaged", async () => {
    const dataSet = imageOf(drawing());
    for (const { tag } of [...dataSet].filter(({ tag }) => tag >>> 16 === 0x0028)) dataSet.delete(tag);
    dataSet.delete(Tags.PixelData);
    const kept = keptOf([fileOf(dataSet)]);
    const served = await service.get({ ...kept.exam, transcode: true }, archive(kept).supply, multipart(SYNTAX.jpegLs));
    expect(served.body.toString()).toBe("PIXELS_UNSUPPORTED");
  });

  it("come as frames, too", async () => {
    const kept = keptOf([await transcoded(pixels, plain[2]!, SYNTAX.jpegLs)]);
    const served = await service.get({ ...kept.exam, frames: [3, 1], transcode: true }, archive(kept).supply, {
      form: "frames",
      transferSyntaxes: [LE],
    });
    const native = readPart10(plain[2]!).dataSet.bytes(Tags.PixelData)!;
    const frame = native.length / 3;
    expect(served.multipart().parts.map(({ body }) => body.equals(native.subarray(0, frame)))).toEqual([false, true]);
    expect(served.multipart().parts.map(({ body }) => body.equals(native.subarray(2 * frame)))).toEqual([true, false]);
  });
});

describe("a picture", () => {
  const asked = (what: "rendered" | "thumbnail", query = "") => ({ what, query: new URLSearchParams(query) });

  it("of a series is one of its middle instance, which alone is brought", async () => {
    const kept = keptOf(plain);
    const { supply, asked: requests } = archive(kept);
    const served = await service.get({ ...kept.exam, picture: asked("thumbnail") }, supply, { form: "jpeg" });
    expect([served.status, served.contentType]).toEqual([200, "image/jpeg"]);
    expect(readJpegHeader(served.body, "JPEG")).toMatchObject({ rows: 176, columns: 192 });
    expect(requests.map(({ instances }) => instances.map((one) => one.sopInstanceUID))).toEqual([["2.25.1002"]]);
  });

  it("of a study is one of its images, not of its reports", async () => {
    const kept = keptOf(plain.slice(0, 1));
    const [images] = kept.exam.series;
    const instances = [{ sopClassUID: "1.2.840.10008.5.1.4.1.1.88.22", sopInstanceUID: "2.25.9" }];
    const series = [{ ...images!, seriesInstanceUID: "2.25.8", instances }, images!];
    const exam = { ...kept.exam, series, picture: asked("thumbnail") };
    expect((await service.get(exam, archive(kept).supply, { form: "jpeg" })).status).toBe(200);
  });

  it("is as large as was asked", async () => {
    const kept = keptOf(plain);
    const picture = asked("rendered", "viewport=48,48&quality=50&window=500,1000,linear");
    const served = await service.get({ ...kept.exam, picture }, archive(kept).supply, { form: "jpeg" });
    expect(readJpegHeader(served.body, "JPEG")).toMatchObject({ rows: 44, columns: 48 });
  });

  it("of a frame too large to work on is refused before it is read", async () => {
    const head = imageOf(drawing({ bitsAllocated: 8, bitsStored: 8 })).set(Tags.PixelData, "OB", [
      new Uint8Array(),
      new Uint8Array(pixelsLimits.frameBytes + 2),
    ]);
    const kept = keptOf([fileOf(head, SYNTAX.jpegLs)]);
    const exam = { ...kept.exam, picture: asked("thumbnail") };
    const served = await service.get(exam, archive(kept).supply, { form: "jpeg" });
    expect(served.body.toString()).toBe("PIXELS_TOO_LARGE");
    // Nor is one that is brought into another form.
    const unread = { read: () => expect.unreachable("it was read") } as unknown as Parameters<typeof frameOf>[0];
    const frame = frameOf(unread, { pieces: [{ offset: 0, length: pixelsLimits.frameBytes + 2 }] });
    const plan = planTranscoding(imageOf(drawing()), LE, SYNTAX.jpegLs);
    await expect(pixels.transcode(frame, plan, { urgency: "now" })).rejects.toMatchObject({ code: "PIXELS_TOO_LARGE" });
  });

  it.each([
    ["a frame that is not there", { frames: [9] }, "", "IMAGES_FRAME_UNKNOWN"],
    ["a viewport that is none", {}, "viewport=0,0", "PIXELS_QUERY_INVALID"],
  ])("of %s is refused", async (_, more, query, code) => {
    const kept = keptOf(plain);
    const exam = { ...kept.exam, ...more, picture: asked("rendered", query) };
    const served = await service.get(exam, archive(kept).supply, { form: "jpeg" });
    expect(served.body.toString()).toBe(code);
  });
});
