/** Metadata of every kind of object, and of objects whose metadata are larger than other people's images. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DataSet, encodeDataSet, newUID, Tags } from "../../appliance/dicom/index.ts";
import { type SeriesPlan, syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { type Exam, exam, LE, openService, type Service, supplierOf } from "./support.ts";

const JSON_FORM = { form: "json", contentType: "application/dicom+json" } as const;
const PRIVATE = 0x00291010;

let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service[Symbol.asyncDispose]());

/** An exam of one instance, with what `change` does to it. */
function examOf(
  kind: SeriesPlan["kind"],
  change: (dataSet: DataSet) => void = () => {},
  studyInstanceUID = newUID(),
): Exam {
  const study = syntheticStudy({ studyInstanceUID, patientID: "P1", series: [{ kind, images: 1, size: 32 }] });
  const { dataSet } = study.instances[0]!;
  change(dataSet);
  const seriesInstanceUID = dataSet.string(Tags.SeriesInstanceUID) as string;
  return {
    ...exam(1),
    study,
    series: [
      {
        ...exam(1).series[0]!,
        studyInstanceUID,
        seriesInstanceUID,
        instances: study.instances,
      },
    ],
  };
}

async function metadataOf(one: Exam): Promise<Record<string, { vr: string; BulkDataURI?: string; Value?: unknown[] }>> {
  const { status, body } = await service.get(one, supplierOf(one), JSON_FORM);
  expect(status).toBe(200);
  return JSON.parse(body.toString())[0];
}

describe("the address of pixels", () => {
  it.each<[string, SeriesPlan["kind"], ((dataSet: DataSet) => void) | undefined]>([
    ["a report", "SR", undefined],
    ["a document", "PDF", undefined],
    [
      "float pixels",
      "CT",
      (dataSet) => dataSet.set(Tags.FloatPixelData, "OF", Buffer.alloc(4096)).delete(Tags.PixelData),
    ],
    ["an image that lost its pixels", "CT", (dataSet) => dataSet.delete(Tags.PixelData)],
  ])("is not told of %s", async (_, kind, change) => {
    expect(await metadataOf(examOf(kind, change))).not.toHaveProperty("7FE00010");
  });

  it.each(["OB", "OW"] as const)("is told of an image, whose pixels are %s", async (vr) => {
    const one = examOf("CT", (dataSet) => dataSet.set(Tags.PixelData, vr, Buffer.alloc(2048)));
    expect((await metadataOf(one))["7FE00010"]).toEqual({
      vr,
      BulkDataURI: expect.stringMatching(/bulkdata\/7FE00010$/),
    });
  });

  it.each([0, 2, 4, 6, 8])("is told when the head ends %i bytes before the end of the first read", async (before) => {
    const filled = (bytes: number) =>
      examOf("CT", (dataSet) => dataSet.set(PRIVATE, "UN", Buffer.alloc(bytes)), "2.25.1");
    const { dataSet } = filled(0).study.instances[0]!;
    dataSet.delete(Tags.PixelData);
    const one = filled(16 * 1024 - before - encodeDataSet(dataSet, LE).length);
    expect((await metadataOf(one))["7FE00010"]).toMatchObject({ vr: "OW" });
  });
});

describe("metadata that are large", () => {
  /** More than stands in the buffers of a connection. */
  const large = () => examOf("SR", (dataSet) => dataSet.set(Tags.TextValue, "UT", "x".repeat(20_000_000)));

  it("are sent one after the other, and hold up nothing that is small", async () => {
    const [first, second, small] = [large(), large(), examOf("CT")];
    for (const one of [first, second]) await service.get(one, supplierOf(one));
    const slow = await service.open(first, supplierOf(first), JSON_FORM);
    let come = false;
    const waiting = service.open(second, supplierOf(second), JSON_FORM).then((response) => {
      response.on("data", () => {
        come = true;
      });
      return response;
    });
    expect(Object.keys(await metadataOf(small))).toContain("7FE00010");
    await sleep(300);
    expect(come).toBe(false);
    slow.destroy();
    await once(await waiting, "end");
    expect(service.deliveries).toContainEqual(
      expect.objectContaining({ fault: expect.objectContaining({ code: "IMAGES_READER_GONE" }) }),
    );
    expect(service.deliveries.at(-1)).toMatchObject({ instances: 1, missing: [] });
  });

  it("keep nobody from what else is asked of the object, one after the other", async () => {
    const filler = Buffer.alloc(2_000_000, 7);
    const one = examOf("CT", (dataSet) => dataSet.set(PRIVATE, "OB", filler));
    const supply = supplierOf(one);
    const [json, frames, value, picture] = await Promise.all([
      metadataOf(one),
      service.get({ ...one, frames: [1] }, supply, { form: "frames", transferSyntaxes: [LE] }),
      service.get({ ...one, bulk: ["00291010"] }, supply, { form: "bulk-single" }),
      service.get({ ...one, picture: { what: "rendered", query: new URLSearchParams() } }, supply, { form: "jpeg" }),
    ]);
    expect(json["00291010"]).toHaveProperty("BulkDataURI");
    expect(value.body.equals(filler)).toBe(true);
    expect([frames.status, picture.status, picture.contentType]).toEqual([200, 200, "image/jpeg"]);
    expect(await metadataOf(one)).toEqual(json);
  });

  it("are whole", async () => {
    const json = await metadataOf(large());
    expect(String(json["0040A160"]?.Value?.[0])).toHaveLength(20_000_000);
  });
});
