/** Images of which something is wrong in the PACS: they are not sent as if nothing were, and take no other image with them. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  DataSet,
  ExplicitVRLittleEndian,
  encodeDataSet,
  readDataSet,
  readPart10,
  Tags,
} from "../../appliance/dicom/index.ts";
import type { Supplier } from "../../appliance/images/index.ts";
import { pacsErrors } from "../../appliance/pacs/index.ts";
import { arrived, type Exam, exam, inPieces, LE, multipart, openService, type Service } from "./support.ts";

const JPEG_LS = "1.2.840.10008.1.2.4.80";

let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service[Symbol.asyncDispose]());

/** What is sent of an instance, by its index; nothing of it when that is undefined. */
function sending(one: Exam, change: (bytes: Buffer, index: number) => Buffer): Supplier {
  return async ({ store, instances }) => {
    for (const [index, { dataSet, ...uids }] of one.study.instances.entries()) {
      if (!instances.some(({ sopInstanceUID }) => sopInstanceUID === uids.sopInstanceUID)) continue;
      await store({ ...uids, transferSyntax: LE }, inPieces(change(encodeDataSet(dataSet, LE), index))).catch(() => {});
    }
  };
}
const last = () => service.deliveries.at(-1);

describe("an image that ends before its pixels do", () => {
  const truncated = (one: Exam) => sending(one, (bytes, index) => (index === 1 ? bytes.subarray(0, -1000) : bytes));

  it("is not completed with black: it is missing, and the others are sent", async () => {
    const one = { ...exam(60, 4), transcode: true };
    const served = await service.get(one, truncated(one), multipart(JPEG_LS));
    const { parts, whole } = served.multipart();
    const [, damaged] = one.study.instances;
    expect([parts.length, whole]).toEqual([3, false]);
    expect(parts.map(({ body }) => arrived(body).name)).not.toContain(damaged?.sopInstanceUID);
    expect(last()).toMatchObject({ missing: [damaged?.sopInstanceUID], fault: { code: "DICOM_TRUNCATED" } });
  });

  it("has no frames, and no picture", async () => {
    const one = exam(61, 2);
    const [series] = one.series;
    const alone = {
      ...one,
      series: [{ ...series!, instances: series!.instances.slice(1), partOf: series!.instances }],
      picture: { what: "rendered" as const, query: new URLSearchParams() },
    };
    for (const form of [{ form: "frames" as const, transferSyntaxes: [LE] }, { form: "jpeg" as const }]) {
      await service.get(alone, truncated(one), form);
      expect(last()).toMatchObject({ code: "DICOM_TRUNCATED" });
    }
  });
});

describe("the identifiers of the image", () => {
  const other = (id: string, issuerOID: string) => {
    const issuer = new DataSet().set(Tags.UniversalEntityID, "UT", issuerOID);
    return new DataSet().set(Tags.PatientID, "LO", id).set(Tags.IssuerOfPatientIDQualifiersSequence, "SQ", [issuer]);
  };
  const bearing = (one: Exam, item: DataSet) =>
    sending(one, (bytes, index) => {
      if (index !== 0) return bytes;
      const dataSet = readDataSet(bytes, { transferSyntax: LE });
      return encodeDataSet(dataSet.set(Tags.OtherPatientIDsSequence, "SQ", [item]), LE);
    });

  it("that name somebody else by the same authority: the image is not sent", async () => {
    const one = exam(62);
    const { issuerOID } = one.patient.identifier;
    const served = await service.get(one, bearing(one, other("285017500000130", issuerOID)));
    expect(served.multipart().parts.map(({ body }) => arrived(body).ins)).toEqual([
      one.patient.identifier.id,
      one.patient.identifier.id,
    ]);
    expect(last()).toMatchObject({ instances: 2, missing: [one.study.instances[0]?.sopInstanceUID] });
  });

  it("of another authority stay beside the INS", async () => {
    const one = exam(63);
    const served = await service.get(one, bearing(one, other("L-7", "1.2.3")));
    expect(served.multipart().parts.map(({ body }) => arrived(body).ins)[0]).toBe(`L-7,${one.patient.identifier.id}`);
  });

  it("are not kept for another INS of the same patient: what was checked for one was not for the other", async () => {
    const one = exam(64);
    await service.get(one, bearing(one, other(one.patient.identifier.id, one.patient.identifier.issuerOID)));
    const renamed = {
      ...one,
      patient: { ...one.patient, identifier: { ...one.patient.identifier, id: "9".repeat(15) } },
    };
    const same = other(one.patient.identifier.id, one.patient.identifier.issuerOID);
    const served = await service.get(renamed, bearing(one, same));
    expect(served.multipart().parts).toHaveLength(2);
  });
});

it("a length of the group of the patient, which would be untrue with the INS, does not leave", async () => {
  const one = exam(65, 1);
  const withLength = sending(one, (bytes) => {
    const dataSet = readDataSet(bytes, { transferSyntax: LE });
    const at = [...dataSet].find(({ tag }) => tag >= 0x00100000)?.header ?? 0;
    const length = Buffer.from("10000000554c040022000000", "hex");
    return Buffer.concat([bytes.subarray(0, at), length, bytes.subarray(at)]);
  });
  const served = await service.get(one, withLength);
  const [part] = served.multipart().parts;
  const { dataSet } = readPart10(part?.body ?? Buffer.alloc(0));
  expect(dataSet.has(0x00100000)).toBe(false);
  expect(encodeDataSet(withoutINS(dataSet), ExplicitVRLittleEndian)).toEqual(
    encodeDataSet(one.study.instances[0]?.dataSet as DataSet, ExplicitVRLittleEndian),
  );
});

function withoutINS(dataSet: DataSet): DataSet {
  dataSet.delete(Tags.OtherPatientIDsSequence);
  return dataSet;
}

describe("a study of which one series cannot be had", () => {
  const both = () => {
    const [one, two] = [exam(66), exam(67)];
    return { one, two, together: { ...one, series: [...two.series, ...one.series] } };
  };

  it.each(["PACS_SYNTAX_UNAVAILABLE", "PACS_GONE", "PACS_FAILED"] as const)(
    "for %s: the others are sent, whatever their order",
    async (code) => {
      const { one, together } = both();
      const supply: Supplier = async (request) => {
        if (request.seriesInstanceUID !== one.series[0]?.seriesInstanceUID) throw pacsErrors.fault(code);
        await sending(one, (bytes) => bytes)(request);
      };
      const served = await service.get(together, supply);
      expect([served.status, served.multipart().parts.length, served.multipart().whole]).toEqual([200, 3, false]);
      expect(last()).toMatchObject({ instances: 3, fault: { code } });
    },
  );

  it("for a PACS that is away: it is not asked for each", async () => {
    const { together } = both();
    let asked = 0;
    await service.get(together, async () => {
      asked += 1;
      throw pacsErrors.fault("PACS_UNREACHABLE");
    });
    expect([asked, last()]).toMatchObject([1, { code: "PACS_UNREACHABLE" }]);
  });
});
