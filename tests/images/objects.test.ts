/** Images on their way out: all of them, unchanged but for the INS, of that patient only; and what happens when something fails. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { type DataSet, encodeDataSet, ImplicitVRLittleEndian, readDataSet, Tags } from "../../appliance/dicom/index.ts";
import { NETWORK_SYNTAXES } from "../../appliance/dicomweb/index.ts";
import type { Supplier, SupplyRequest } from "../../appliance/images/index.ts";
import { pacsErrors } from "../../appliance/pacs/index.ts";
import {
  arrived,
  type Exam,
  exam,
  expected,
  inPieces,
  LE,
  multipart,
  openService,
  type Service,
  supplierOf,
} from "./support.ts";

let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service[Symbol.asyncDispose]());

const never: Supplier = async () => {
  throw new Error("it was to be there");
};
const offline: Supplier = async () => {
  throw pacsErrors.fault("PACS_UNREACHABLE");
};
const last = () => service.deliveries.at(-1);
/** The box may learn of a cut after its reader. */
const told = async () => {
  while (service.deliveries.length === 0) await sleep(5);
};
const until = async (condition: () => boolean) => {
  while (!condition()) await sleep(5);
};
const J80 = "1.2.840.10008.1.2.4.80";
const J57 = "1.2.840.10008.1.2.4.57";
const J50 = "1.2.840.10008.1.2.4.50";

describe("a series", () => {
  it("arrives whole, each image as it is but for the INS, in a body that is well formed", async () => {
    const one = exam(1);
    const served = await service.get(one, supplierOf(one));
    expect(served.status).toBe(200);
    const { parts, whole } = served.multipart();
    expect(whole).toBe(true);
    expect(parts.map(({ body }) => arrived(body))).toEqual(expected(one));
    expect(parts[0]?.headers.get("content-type")).toBe(`application/dicom; transfer-syntax=${LE}`);
    expect(last()).toEqual({ instances: 3, bytes: served.body.length, missing: [] });
  });

  it("that the PACS keeps in Implicit VR leaves in Explicit VR", async () => {
    const one = exam(2);
    const served = await service.get(one, supplierOf(one, { syntax: ImplicitVRLittleEndian.uid, pieces: 20 }));
    expect(served.multipart().parts.map(({ body }) => arrived(body))).toEqual(expected(one));
  });

  it("is brought once for all who ask, and not again", async () => {
    const one = exam(3);
    let brought = 0;
    const supply: Supplier = async (request) => {
      brought += 1;
      await supplierOf(one)(request);
    };
    const all = await Promise.all(Array.from({ length: 10 }, () => service.get(one, supply)));
    for (const { multipart } of all) expect(multipart().parts).toHaveLength(3);
    const again = await service.get(one, never);
    expect(again.multipart().parts.map(({ body }) => arrived(body))).toEqual(expected(one));
    expect(brought).toBe(1);
  });

  it("begins to leave before its second image is complete", async () => {
    const one = exam(4);
    const gate = Promise.withResolvers<void>();
    const response = await service.open(one, async ({ store }) => {
      const [first, ...others] = one.study.instances;
      await store({ ...first!, transferSyntax: LE }, inPieces(encodeDataSet(first!.dataSet, LE)));
      await gate.promise;
      for (const { dataSet, ...uids } of others)
        await store({ ...uids, transferSyntax: LE }, inPieces(encodeDataSet(dataSet, LE)));
    });
    const [piece] = (await once(response, "data")) as [Buffer];
    expect(piece.length).toBeGreaterThan(0);
    gate.resolve();
    await once(response, "end");
  });

  it("is withdrawn: what is kept of it is not sent any more", async () => {
    const one = exam(5);
    await service.get(one, supplierOf(one));
    await service.images.withdraw(one.study.studyInstanceUID);
    await service.get(one, offline);
    expect(last()).toMatchObject({ code: "PACS_UNREACHABLE" });
  });

  it("is withdrawn while it is being asked for: nothing is brought any more", async () => {
    const one = exam(20);
    const gate = Promise.withResolvers<void>();
    const asked = service.get(one, async (request) => {
      await gate.promise;
      await supplierOf(one)(request);
    });
    await sleep(50);
    await service.images.withdraw(one.study.studyInstanceUID);
    gate.resolve();
    await asked;
    expect(last()).toMatchObject({ code: "IMAGES_WITHDRAWN" });
  });

  it("is withdrawn when another of the study has left: the study does not go on", async () => {
    const [first, second] = [exam(21), exam(22)];
    const [one] = first.series;
    const [two] = second.series;
    // Two series of one study, as far as those who withdraw are concerned.
    const both = { ...first, series: [one!, { ...two!, studyInstanceUID: one!.studyInstanceUID }] };
    const served = await service.get(both, async (request) => {
      if (request.seriesInstanceUID === one!.seriesInstanceUID) return supplierOf(first)(request);
      await service.images.withdraw(one!.studyInstanceUID);
      await supplierOf(second)(request).catch(() => {});
    });
    expect(served.ended).toBe(false);
    await told();
    expect(last()).toMatchObject({ instances: 3, fault: { code: "IMAGES_WITHDRAWN" } });
  });

  it("that breaks off is cut, though images of another were missing before", async () => {
    const [first, second] = [exam(23), exam(24, 1)];
    const both = { ...second, series: [first.series[0]!, second.series[0]!] };
    const served = await service.get(both, async ({ seriesInstanceUID, store }) => {
      if (seriesInstanceUID !== second.series[0]!.seriesInstanceUID) return;
      const { dataSet, ...uids } = second.study.instances[0]!;
      const pieces = async function* () {
        yield encodeDataSet(dataSet, LE);
        for (let more = 0; more < 20; more++) yield Buffer.alloc(100_000);
        await sleep(50);
        throw pacsErrors.fault("PACS_BUSY");
      };
      await store({ ...uids, transferSyntax: LE }, pieces());
    });
    expect(served.ended).toBe(false);
    await told();
    expect(last()).toMatchObject({ instances: 0, fault: { code: "PACS_BUSY" } });
  });

  it("of which more may be sent than was kept is brought anew", async () => {
    const one = exam(6);
    const [series] = one.series;
    await service.get({ ...one, series: [{ ...series!, instances: series!.instances.slice(1) }] }, supplierOf(one));
    await service.get(one, offline);
    expect(last()).toMatchObject({ code: "PACS_UNREACHABLE" });
  });

  it("is there alone, as one file", async () => {
    const one = exam(7);
    const [series] = one.series;
    const alone = {
      ...one,
      series: [{ ...series!, instances: series!.instances.slice(1, 2), partOf: series!.instances }],
    };
    const served = await service.get(alone, supplierOf(one), { form: "single", transferSyntaxes: [LE] });
    expect(served.contentType).toBe(`application/dicom; transfer-syntax=${LE}`);
    expect(arrived(served.body)).toEqual(expected(one)[1]);
  });
});

describe("two wishes for the same series", () => {
  const asStored =
    (one: ReturnType<typeof exam>, syntax: string): Supplier =>
    async ({ store, transferSyntaxes }) => {
      const used = transferSyntaxes.includes(syntax) ? syntax : LE;
      for (const { dataSet, ...uids } of one.study.instances) {
        const pixels = used === LE ? dataSet : compressed(dataSet);
        await store({ ...uids, transferSyntax: used }, inPieces(encodeDataSet(pixels, used)));
      }
    };

  /** Not really: what is inside a fragment is nobody's business here. */
  function compressed(dataSet: DataSet): DataSet {
    const copy = readDataSet(encodeDataSet(dataSet, LE), { transferSyntax: LE });
    return copy.set(Tags.PixelData, "OB", [new Uint8Array(), Buffer.from("compressed")]);
  }

  it("in different syntaxes at the same time are both served as they asked", async () => {
    const one = exam(8);
    const supply = asStored(one, J80);
    const both = await Promise.all([
      service.get(one, supply, multipart(J80, LE)),
      service.get(one, supply, multipart(LE)),
    ]);
    expect(both.map(({ multipart }) => multipart().parts.map(({ body }) => arrived(body).syntax))).toEqual([
      [J80, J80, J80],
      [LE, LE, LE],
    ]);
  });

  it("what is kept does for another wish when nothing that it prefers could have come", async () => {
    const one = exam(9);
    await service.get(one, asStored(one, J80), multipart(J50, J80, LE));
    for (const wish of [multipart(J80), multipart(J80, LE), multipart(J50, J80)]) {
      expect((await service.get(one, never, wish)).multipart().parts).toHaveLength(3);
    }
    await service.get(one, offline, multipart("1.2.840.10008.1.2.4.70", J80));
    expect(last()).toMatchObject({ code: "PACS_UNREACHABLE" });
    await service.get(one, offline, multipart(LE));
    expect(last()).toMatchObject({ code: "PACS_UNREACHABLE" });
  });
});

describe("a wish", () => {
  it("is not met by what another preferred: the source was not asked what it has of the best", async () => {
    const one = exam(70);
    /** A source that has all of it and sends what is asked for first. */
    const willing: Supplier = async ({ store, transferSyntaxes: [first = LE] }) => {
      for (const { dataSet, ...uids } of one.study.instances) {
        const copy = readDataSet(encodeDataSet(dataSet, LE), { transferSyntax: LE });
        copy.set(Tags.PixelData, "OB", [new Uint8Array(), Buffer.from(first.padEnd(24))]);
        await store({ ...uids, transferSyntax: first }, inPieces(encodeDataSet(copy, first)));
      }
    };
    const syntaxes = async (wish: ReturnType<typeof multipart>) =>
      new Set((await service.get(one, willing, wish)).multipart().parts.map(({ body }) => arrived(body).syntax));
    expect(await syntaxes(multipart(J50, J80))).toEqual(new Set([J50]));
    expect(await syntaxes(multipart(J80, J50))).toEqual(new Set([J80]));
  });

  it("for one image after the other is met by the series that is at hand", async () => {
    const one = exam(71, 6);
    await service.get(one, supplierOf(one));
    const [series] = one.series;
    for (const instance of series!.instances) {
      const alone = { ...one, series: [{ ...series!, instances: [instance], partOf: series!.instances }] };
      for (const form of [multipart(LE), { form: "single" as const, transferSyntaxes: [LE] }]) {
        expect((await service.get(alone, never, form)).status).toBe(200);
        expect(last()).toMatchObject({ instances: 1, missing: [] });
      }
    }
    // Of another manifest, the same image is asked for anew.
    const fewer = {
      ...one,
      series: [{ ...series!, instances: series!.instances.slice(0, 1), partOf: series!.instances.slice(1) }],
    };
    await service.get(fewer, offline);
    expect(last()).toMatchObject({ code: "PACS_UNREACHABLE" });
  });
});

describe("what has grown too old", () => {
  it("is brought again as who asks wants it: neither a part of it nor in another syntax under the name of the whole", async () => {
    await using forgetful = await openService({ maximumAgeMs: 100 });
    const one = exam(72, 4);
    const [series] = one.series;
    const alone = {
      ...one,
      series: [{ ...series!, instances: series!.instances.slice(0, 1), partOf: series!.instances }],
    };
    for (let time = 0; time < 3; time += 1) {
      await forgetful.get(one, supplierOf(one), multipart(J80, LE));
      await sleep(120);
      expect((await forgetful.get(alone, supplierOf(one), multipart(LE))).multipart().parts).toHaveLength(1);
      const served = await forgetful.get(one, supplierOf(one), multipart(J80, LE));
      expect(served.multipart().parts.map(({ body }) => arrived(body))).toEqual(expected(one));
      await sleep(120);
    }
  });
});

describe("what is not what was asked for", () => {
  const stray = (change: (dataSet: DataSet) => void): Supplier => {
    const one = exam(10);
    return async (request) => {
      const { dataSet, ...uids } = one.study.instances[0]!;
      change(dataSet);
      const asked = request.instances[0]!;
      dataSet.set(Tags.SOPInstanceUID, "UI", asked.sopInstanceUID);
      await request
        .store({ ...uids, ...asked, transferSyntax: LE }, inPieces(encodeDataSet(dataSet, LE)))
        .catch(() => {});
    };
  };
  const like = (dataSet: DataSet, { study, series }: ReturnType<typeof exam>) =>
    dataSet
      .set(Tags.StudyInstanceUID, "UI", study.studyInstanceUID)
      .set(Tags.SeriesInstanceUID, "UI", series[0]!.seriesInstanceUID);

  it.each<[string, string, (dataSet: DataSet, wanted: ReturnType<typeof exam>) => void]>([
    ["another study", "IMAGES_OTHER_OBJECT", (dataSet) => dataSet.set(Tags.StudyInstanceUID, "UI", "1.9")],
    [
      "another series",
      "IMAGES_OTHER_OBJECT",
      (dataSet, wanted) => like(dataSet, wanted).set(Tags.SeriesInstanceUID, "UI", "1.9"),
    ],
    [
      "another patient",
      "IMAGES_OTHER_PATIENT",
      (dataSet, wanted) => like(dataSet, wanted).set(Tags.PatientID, "LO", "P77"),
    ],
    ["no patient", "IMAGES_OTHER_PATIENT", (dataSet, wanted) => like(dataSet, wanted).delete(Tags.PatientID)],
  ])("an image of %s is not sent", async (_, code, change) => {
    const wanted = exam(11);
    const served = await service.get(
      wanted,
      stray((dataSet) => change(dataSet, wanted)),
    );
    expect([served.status, served.body.toString()]).toEqual([500, code]);
  });

  it("an object that nobody asked for is not sent, and does not spoil the others", async () => {
    const one = exam(12);
    const other = exam(13);
    const served = await service.get(one, async (request) => {
      const { dataSet, ...uids } = other.study.instances[0]!;
      await request.store({ ...uids, transferSyntax: LE }, inPieces(encodeDataSet(dataSet, LE))).catch(() => {});
      await supplierOf(one)(request);
    });
    expect(served.multipart().parts.map(({ body }) => arrived(body))).toEqual(expected(one));
  });
});

describe("what fails", () => {
  it("before the first image is told by the status", async () => {
    const served = await service.get(exam(14), offline);
    expect([served.status, served.body.toString()]).toEqual([500, "PACS_UNREACHABLE"]);
  });

  it("nothing at all is an absence", async () => {
    expect((await service.get(exam(15), async () => {})).body.toString()).toBe("IMAGES_GONE");
  });

  it("some images missing: the body ends without its final boundary, and it is known which", async () => {
    const one = exam(16);
    const served = await service.get(one, async ({ store }) => {
      const { dataSet, ...uids } = one.study.instances[1]!;
      await store({ ...uids, transferSyntax: LE }, inPieces(encodeDataSet(dataSet, LE)));
    });
    expect(served.ended).toBe(true);
    const { parts, whole } = served.multipart();
    expect([parts.length, whole]).toEqual([1, false]);
    expect(last()).toMatchObject({ instances: 1, fault: { code: "IMAGES_INCOMPLETE" } });
    const names = one.study.instances.map(({ sopInstanceUID }) => sopInstanceUID);
    expect(last()).toMatchObject({ missing: [names[0], names[2]] });
  });

  it("in the middle of an image: the connection is cut, and what was brought is not kept", async () => {
    const one = exam(17);
    const broken: Supplier = async ({ store }) => {
      const [first, second] = one.study.instances;
      await store({ ...first!, transferSyntax: LE }, inPieces(encodeDataSet(first!.dataSet, LE)));
      const bytes = Buffer.concat([encodeDataSet(second!.dataSet, LE)]);
      const pieces = async function* () {
        yield bytes.subarray(0, bytes.length - 100);
        // Long enough to be on its way already.
        for (let more = 0; more < 20; more++) yield Buffer.alloc(100_000);
        await sleep(50);
        throw pacsErrors.fault("PACS_BUSY");
      };
      await store({ ...second!, transferSyntax: LE }, pieces());
    };
    const served = await service.get(one, broken);
    expect([served.status, served.ended]).toEqual([200, false]);
    expect(last()).toMatchObject({ instances: 1, fault: { code: "PACS_BUSY" } });
    await service.get(one, offline);
    expect(last()).toMatchObject({ code: "PACS_UNREACHABLE" });
  });

  it("the reader who leaves: the retrieval is cancelled at once, unless another waits for it", async () => {
    const one = exam(18);
    const cancelled = Promise.withResolvers<unknown>();
    const supply: Supplier = async ({ store, signal }) => {
      const { dataSet, ...uids } = one.study.instances[0]!;
      await store({ ...uids, transferSyntax: LE }, inPieces(encodeDataSet(dataSet, LE)));
      await once(signal, "abort");
      cancelled.resolve(signal.reason);
      throw signal.reason;
    };
    const response = await service.open(one, supply);
    await once(response, "data");
    response.destroy();
    expect(await cancelled.promise).toBeInstanceOf(CodedError);
    while (service.deliveries.length === 0) await sleep(5);
    expect(last()).toMatchObject({ fault: { code: "IMAGES_READER_GONE" } });
  });

  it("the reader who does not read: he is left after a while, and nothing piles up for him", async () => {
    await using impatient = await openService({ longestWaitMs: 300 });
    const one = exam(19, 1);
    const endless: Supplier = async ({ store }) => {
      const { dataSet, ...uids } = one.study.instances[0]!;
      const pieces = async function* () {
        yield encodeDataSet(dataSet, LE);
        for (let more = 0; more < 600; more++) yield Buffer.alloc(100_000);
      };
      await store({ ...uids, transferSyntax: LE }, pieces());
    };
    const response = await impatient.open(one, endless);
    response.on("error", () => {}).pause();
    const began = process.memoryUsage().rss;
    while (impatient.deliveries.length === 0) await sleep(20);
    expect(impatient.deliveries[0]).toMatchObject({ fault: { code: "IMAGES_READER_SLOW" } });
    expect(process.memoryUsage().rss - began).toBeLessThan(64e6);
  });
});

describe("many patients at the same time", () => {
  const rounds = Number(process.env.IMAGE_ROUNDS ?? 3);
  it(`each receives his own images, with his own INS (${rounds} rounds of 50)`, async () => {
    for (let round = 0; round < rounds; round++) {
      const exams = Array.from({ length: 50 }, (_, index) => exam(1000 * round + index + 100, 2));
      await Promise.all(
        exams.map(async (one) => {
          const slow: Supplier = async (request) => {
            await sleep(Math.random() * 5);
            await supplierOf(one, { pieces: 5 })(request);
          };
          const served = await service.get(one, slow);
          expect(served.multipart().parts.map(({ body }) => arrived(body))).toEqual(expected(one));
        }),
      );
    }
  }, 600_000);
});

describe("a study that is brought before anybody asks", () => {
  const { signal } = new AbortController();
  const bring = async (one: Exam, supply: Supplier, until = signal) => {
    using preparation = service.images.prepare(one.study.studyInstanceUID);
    await preparation.bring({ ...one, supply, urgency: "background" }, until);
  };
  /** A supplier that waits, and how it was asked. */
  const held = (one: Exam) => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<SupplyRequest>();
    const supply: Supplier = async (request) => {
      asked.resolve(request);
      await gate.promise;
      request.signal.throwIfAborted();
      await supplierOf(one)(request);
    };
    return { supply, asked: asked.promise, open: gate.resolve };
  };

  it("is then there for who asks, in whatever form", async () => {
    const one = exam(50);
    await bring(one, supplierOf(one));
    for (const form of [multipart(LE), multipart(J80, LE), multipart(...NETWORK_SYNTAXES)]) {
      const served = await service.get(one, never, form);
      expect(served.multipart().parts.map(({ body }) => arrived(body))).toEqual(expected(one));
    }
  });

  it("is brought by one who asks meanwhile too, who is not made to wait behind it", async () => {
    const one = exam(51);
    const { supply, asked, open } = held(one);
    const brought = bring(one, supply);
    const { urgency, urgent } = await asked;
    expect([urgency, urgent?.aborted]).toEqual(["background", false]);
    // All that may come is among what he takes.
    const served = service.get(one, never, multipart(...NETWORK_SYNTAXES, J57));
    await until(() => urgent?.aborted === true);
    open();
    expect((await served).multipart().parts.map(({ body }) => arrived(body))).toEqual(expected(one));
    await brought;
  });

  it("is brought anew for who may not take what is coming", async () => {
    const one = exam(52);
    const { supply, asked, open } = held(one);
    const brought = bring(one, supply);
    const { urgent } = await asked;
    const served = await service.get(one, supplierOf(one));
    expect(served.multipart().parts.map(({ body }) => arrived(body))).toEqual(expected(one));
    expect(urgent?.aborted).toBe(false);
    open();
    await brought;
  });

  it("goes on for who asked when it is given up itself, and ends when nobody did", async () => {
    const one = exam(53);
    const { supply, asked, open } = held(one);
    const leaving = new AbortController();
    const brought = bring(one, supply, leaving.signal).catch((error: Error) => error.message);
    const { urgent, signal: source } = await asked;
    const served = service.get(one, never, multipart(...NETWORK_SYNTAXES));
    await until(() => urgent?.aborted === true);
    leaving.abort(new Error("enough"));
    open();
    expect((await served).multipart().parts).toHaveLength(3);
    expect([await brought, source.aborted]).toEqual(["enough", false]);

    const other = exam(54);
    const alone = held(other);
    const stopping = new AbortController();
    const ended = bring(other, alone.supply, stopping.signal).catch((error: Error) => error.message);
    const request = await alone.asked;
    stopping.abort(new Error("enough"));
    expect([await ended, request.signal.aborted]).toEqual(["enough", true]);
    alone.open();
  });

  it("is withdrawn while it is brought: nothing of it stays", async () => {
    const one = exam(55);
    const { supply, asked, open } = held(one);
    const brought = bring(one, supply);
    const { signal: source } = await asked;
    const withdrawn = service.images.withdraw(one.study.studyInstanceUID);
    open();
    await expect(brought).rejects.toMatchObject({ code: "IMAGES_WITHDRAWN" });
    await withdrawn;
    expect(source.aborted).toBe(true);
    expect((await service.get(one, offline)).body.toString()).toBe("PACS_UNREACHABLE");
  });

  it("is withdrawn before it is brought: the PACS is not asked", async () => {
    const one = exam(56);
    using preparation = service.images.prepare(one.study.studyInstanceUID);
    await service.images.withdraw(one.study.studyInstanceUID);
    const brought = preparation.bring({ ...one, supply: never, urgency: "background" }, signal);
    await expect(brought).rejects.toMatchObject({ code: "IMAGES_WITHDRAWN" });
  });
});
