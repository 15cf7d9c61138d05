/** Metadata and frames of images: what a viewer asks for before and instead of the files. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DataSet, encodeDataSet, readDataSet, Tags } from "../../appliance/dicom/index.ts";
import type { Supplier } from "../../appliance/images/index.ts";
import { pacsErrors } from "../../appliance/pacs/index.ts";
import { readParts } from "../support/multipart.ts";
import { type Exam, exam, inPieces, LE, openService, type Service, supplierOf } from "./support.ts";

let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service[Symbol.asyncDispose]());

const JSON_FORM = { form: "json", contentType: "application/dicom+json" } as const;
const J80 = "1.2.840.10008.1.2.4.80";

function alone(one: Exam, index: number): Exam {
  const [series] = one.series;
  return {
    ...one,
    series: [{ ...series!, instances: series!.instances.slice(index, index + 1), partOf: series!.instances }],
  };
}

describe("metadata", () => {
  type Json = Record<string, { vr: string; Value?: unknown[]; BulkDataURI?: string }>;

  it("tells every instance with the INS, and where its pixels are, never the pixels", async () => {
    const one = exam(1, 4);
    const served = await service.get(one, supplierOf(one), JSON_FORM);
    expect([served.status, served.contentType]).toEqual([200, "application/dicom+json"]);
    const all = JSON.parse(served.body.toString()) as Json[];
    expect(all.map((json) => json["00080018"]?.Value?.[0])).toEqual(
      one.study.instances.map((each) => each.sopInstanceUID),
    );
    const [series] = one.series;
    for (const json of all) {
      const [other] = (json["00101002"]?.Value ?? []) as Json[];
      expect(other?.["00100020"]?.Value).toEqual([one.patient.identifier.id]);
      expect(json["7FE00010"]).toEqual({
        vr: "OW",
        BulkDataURI: `https://db1.example/studies/${series!.studyInstanceUID}/series/${series!.seriesInstanceUID}/instances/${json["00080018"]?.Value?.[0]}/bulkdata/7FE00010`,
      });
    }
    expect(service.deliveries.at(-1)).toMatchObject({ instances: 4, missing: [] });
  });

  it("of what could not be had in full is cut off: a shorter list would be a lie", async () => {
    const one = exam(2, 3);
    const served = await service.get(
      one,
      async ({ store }) => {
        const { dataSet, ...uids } = one.study.instances[0]!;
        await store({ ...uids, transferSyntax: LE }, inPieces(encodeDataSet(dataSet, LE)));
      },
      JSON_FORM,
    );
    expect(served.ended).toBe(false);
    expect(service.deliveries.at(-1)).toMatchObject({ instances: 1, fault: { code: "IMAGES_INCOMPLETE" } });
  });

  it("is made of what was brought for the images, and the other way round", async () => {
    const one = exam(3);
    await service.get(one, supplierOf(one), JSON_FORM);
    const offline: Supplier = async () => {
      throw pacsErrors.fault("PACS_UNREACHABLE");
    };
    expect((await service.get(one, offline)).status).toBe(200);
  });
});

describe("frames", () => {
  /** The pixels of three frames, each told by its first byte. */
  const pixels = [1, 2, 3].map((first) => Buffer.alloc(32 * 32 * 2, first));

  function multiFrame(dataSet: DataSet, value: Parameters<DataSet["set"]>[2], vr: "OW" | "OB"): DataSet {
    const copy = readDataSet(encodeDataSet(dataSet, LE), { transferSyntax: LE });
    return copy.set(Tags.NumberOfFrames, "IS", "3").set(Tags.PixelData, vr, value);
  }
  const supply =
    (one: Exam, syntax: string): Supplier =>
    async ({ store }) => {
      const { dataSet, ...uids } = one.study.instances[0]!;
      const native = multiFrame(dataSet, Buffer.concat(pixels), "OW");
      const fragments = multiFrame(dataSet, [new Uint8Array(), ...pixels], "OB");
      const bytes = encodeDataSet(syntax === LE ? native : fragments, syntax);
      await store({ ...uids, transferSyntax: syntax }, inPieces(bytes));
    };

  it.each([
    ["as bytes", LE, "application/octet-stream"],
    ["as they are compressed", J80, "image/jls"],
  ])("come %s, in the order asked for", async (_, syntax, type) => {
    const one = alone(exam(4, 1), 0);
    await using other = await openService();
    const asked = { ...one, frames: [3, 1] };
    const served = await other.get(asked, supply(one, syntax), { form: "frames", transferSyntaxes: [syntax] });
    expect(served.status).toBe(200);
    const { parts, whole } = readParts(served.contentType, served.body);
    expect(whole).toBe(true);
    expect(parts.map(({ headers }) => headers.get("content-type"))).toEqual([
      `${type}; transfer-syntax=${syntax}`,
      `${type}; transfer-syntax=${syntax}`,
    ]);
    expect(parts.map(({ body }) => body)).toEqual([pixels[2], pixels[0]]);
  });

  it("are all of what the address of the pixels names", async () => {
    const one = { ...alone(exam(7, 1), 0), bulk: ["7FE00010"] };
    const served = await service.get(one, supply(one, LE), { form: "bulk-multipart" });
    expect(readParts(served.contentType, served.body).parts.map(({ body }) => body)).toEqual(pixels);
  });

  it("that do not exist are none", async () => {
    const one = alone(exam(5, 1), 0);
    const asked = { ...one, frames: [4] };
    const served = await service.get(asked, supply(one, LE), { form: "frames", transferSyntaxes: [LE] });
    expect(served.body.toString()).toBe("IMAGES_FRAME_UNKNOWN");
  });

  it("of what has no pixels are none", async () => {
    const one = alone(exam(6, 1), 0);
    const without: Supplier = async ({ store }) => {
      const { dataSet, ...uids } = one.study.instances[0]!;
      dataSet.delete(Tags.PixelData);
      await store({ ...uids, transferSyntax: LE }, inPieces(encodeDataSet(dataSet, LE)));
    };
    const served = await service.get(one, without, { form: "frames", transferSyntaxes: [LE] });
    expect(served.body.toString()).toBe("IMAGES_NO_PIXELS");
  });
});

describe("a value by its address", () => {
  const tag = (number: number) => number.toString(16).toUpperCase().padStart(8, "0");
  const VENDOR = 0x00291010;
  const SEQUENCE = 0x00400555;

  const supply =
    (one: Exam): Supplier =>
    async ({ store }) => {
      const { dataSet, ...uids } = one.study.instances[0]!;
      const inside = new DataSet().set(VENDOR, "OB", Buffer.from("inside"));
      dataSet.set(VENDOR, "OB", Buffer.from("outside!")).set(SEQUENCE, "SQ", [new DataSet(), inside]);
      await store({ ...uids, transferSyntax: LE }, inPieces(encodeDataSet(dataSet, LE)));
    };

  it.each([
    [[tag(VENDOR)], "outside!"],
    [[tag(SEQUENCE), "2", tag(VENDOR)], "inside"],
  ])("%j", async (bulk, value) => {
    const one = { ...alone(exam(8, 1), 0), bulk };
    expect((await service.get(one, supply(one), { form: "bulk-single" })).body.toString()).toBe(value);
    const { contentType, body } = await service.get(one, supply(one), { form: "bulk-multipart" });
    expect(readParts(contentType, body).parts[0]?.body.toString()).toBe(value);
  });

  it.each([
    [["00291011"]],
    [[tag(SEQUENCE), "3", tag(VENDOR)]],
    [[tag(SEQUENCE), "1"]],
    [[tag(SEQUENCE), "0", tag(VENDOR)]],
  ])("%j is none", async (bulk) => {
    const one = { ...alone(exam(9, 1), 0), bulk };
    expect((await service.get(one, supply(one), { form: "bulk-single" })).body.toString()).toBe("IMAGES_BULK_UNKNOWN");
  });
});
