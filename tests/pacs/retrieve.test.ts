import { describe, expect, it } from "vitest";
import { ImplicitVRLittleEndian, Tags } from "../../appliance/dicom/index.ts";
import { StudyRoot } from "../../appliance/dimse/index.ts";
import { pacsErrors, type RetrieveMethod } from "../../appliance/pacs/index.ts";
import { syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { eventually } from "../support/dimse.ts";
import { digests, EXPLICIT, retrieveFrom, SHORT, seriesOf, site } from "./retrieving.ts";

const METHODS: readonly RetrieveMethod[] = ["c-get", "c-move"];
const JPEG_LS = "1.2.840.10008.1.2.4.80";

const study = syntheticStudy({ series: [{ kind: "CT", images: 12 }] });
const other = syntheticStudy({ patientID: "P0002", series: [{ kind: "MR", images: 6 }] });

/** Told in one word: thousands of lines say less. */
function sameMaps(one: ReadonlyMap<string, string>, two: ReadonlyMap<string, string>): boolean {
  return one.size === two.size && [...one].every(([key, value]) => two.get(key) === value);
}

describe.each(METHODS)("a series that is had by %s", (method) => {
  it("comes whole, byte for byte, with what the PACS counts", async () => {
    await using at = await site({ method, studies: [study, other] });
    const { stored, outcome } = await retrieveFrom(at.pacs, study);
    expect(stored).toEqual(digests(study));
    expect(outcome).toMatchObject({
      method,
      received: 12,
      failedSOPInstanceUIDs: [],
      counts: { completed: 12, failed: 0 },
    });
    await at.quiet();
  });

  it("may be some of its instances only", async () => {
    await using at = await site({ method, studies: [study] });
    const { expected } = seriesOf(study);
    const sopInstanceUIDs = expected.slice(3, 7).map(({ sopInstanceUID }) => sopInstanceUID);
    const { stored, outcome } = await retrieveFrom(at.pacs, study, { sopInstanceUIDs });
    expect([...stored.keys()]).toEqual(sopInstanceUIDs);
    expect(outcome).toMatchObject({ received: 4, counts: { completed: 4 } });
  });

  it("of 4,000 instances, asked one by one in lists of a bearable length, comes whole", async () => {
    const large = syntheticStudy({ series: [{ kind: "CT", images: 4_000, size: 2 }] });
    // The sandbox takes its time to find 500 of 4,000.
    await using at = await site({ method, studies: [large], client: { timeouts: { response: 20_000 } } });
    const sopInstanceUIDs = seriesOf(large).expected.map(({ sopInstanceUID }) => sopInstanceUID);
    const { stored, outcome, code } = await retrieveFrom(at.pacs, large, { sopInstanceUIDs });
    expect(code).toBe(undefined);
    expect(sameMaps(stored, digests(large))).toBe(true);
    expect(outcome).toMatchObject({ received: 4_000, counts: { completed: 4_000 } });
    await at.quiet();
  }, 60_000);

  it("comes in Implicit VR from a PACS that has nothing else, where Explicit VR is asked", async () => {
    await using at = await site({ method, studies: [study], behaviour: { sendsIn: ImplicitVRLittleEndian.uid } });
    const { stored } = await retrieveFrom(at.pacs, study);
    expect(stored).toEqual(digests(study, 0, ImplicitVRLittleEndian.uid));
  });

  it("is converted by a PACS that can, when it keeps another syntax than is asked", async () => {
    const behaviour = { sendsIn: "1.2.840.10008.1.2.2", convertsTo: [EXPLICIT] };
    await using at = await site({ method, studies: [study], behaviour });
    expect((await retrieveFrom(at.pacs, study)).stored).toEqual(digests(study));
  });

  it("in no syntax that is asked: says so, and takes nothing", async () => {
    await using at = await site({ method, studies: [study] });
    const { stored, code, error } = await retrieveFrom(at.pacs, study, { transferSyntaxes: [JPEG_LS] });
    expect([code, stored.size]).toEqual(["PACS_SYNTAX_UNAVAILABLE", 0]);
    if (method === "c-move") expect(error?.details.available).toBe(EXPLICIT);
    await at.quiet();
  });

  it("comes in whatever it is kept in, when any syntax is welcome", async () => {
    await using at = await site({ method, studies: [study] });
    const { stored } = await retrieveFrom(at.pacs, study, { transferSyntaxes: [JPEG_LS], anySyntax: true });
    expect(stored).toEqual(digests(study));
  });

  it("that the PACS does not have is gone; one of which it has a part is not", async () => {
    await using at = await site({ method, studies: [other] });
    expect(await retrieveFrom(at.pacs, study)).toMatchObject({ code: "PACS_GONE" });
    at.archive.add({ ...study, instances: study.instances.slice(0, 5) });
    const { outcome, stored } = await retrieveFrom(at.pacs, study);
    expect([outcome?.received, stored.size]).toEqual([5, 5]);
    await at.quiet();
  });

  it("holds only what was expected: a new instance, or one of another class, is not taken", async () => {
    await using at = await site({ method, studies: [study] });
    const { expected } = seriesOf(study);
    const { stored } = await retrieveFrom(at.pacs, study, { expected: expected.slice(0, 3) });
    expect(stored.size).toBe(3);
    const otherClass = expected.map((one, index) => (index === 0 ? { ...one, sopClassUID: "1.2.3" } : one));
    expect((await retrieveFrom(at.pacs, study, { expected: otherClass })).stored.size).toBe(11);
    await at.quiet();
  });

  it("goes on when an instance is refused; when all are, the reason of the first is told", async () => {
    await using at = await site({ method, studies: [study] });
    const refusal = pacsErrors.fault("PACS_UNKNOWN", { details: { pacs: "first" } });
    let seen = 0;
    const { outcome } = await retrieveFrom(at.pacs, study, {
      async store(_instance, data) {
        seen += 1;
        if (seen % 2 === 1) throw refusal;
        for await (const _ of data);
      },
    });
    expect(outcome).toMatchObject({ received: 6, counts: { failed: 6 } });
    const { error } = await retrieveFrom(at.pacs, study, { store: () => Promise.reject(refusal) });
    expect(error).toBe(refusal);
    await at.quiet();
  });

  it("holds the PACS back while it is slow to store, and a PACS that is held back is not too late", async () => {
    const held = syntheticStudy({ series: [{ kind: "CT", images: 3, size: 1_500 }] });
    const impatient = { network: 300 };
    const client = { timeouts: impatient };
    await using at = await site({ method, studies: [held], client, listener: impatient });
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    let begun = 0;
    const retrieving = retrieveFrom(at.pacs, held, {
      async store(_instance, data) {
        begun += 1;
        await gate;
        for await (const _ of data);
      },
    });
    await eventually(() => begun === 1);
    // Longer than the time without progress that is borne.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(begun).toBe(1);
    open();
    expect((await retrieving).outcome).toMatchObject({ received: 3 });
    await at.quiet();
  });

  it("is cancelled when who asked leaves: before its turn, at the first image, in the middle of one", async () => {
    await using at = await site({
      method,
      studies: [study],
      behaviour: { pause: 20 },
      client: { profile: { associations: 1 } },
    });
    const leave = new AbortController();
    const first = retrieveFrom(at.pacs, study, {
      signal: leave.signal,
      async store(_instance, data) {
        leave.abort(new Error("gone"));
        for await (const _ of data);
      },
    });
    const early = new AbortController();
    const waiting = retrieveFrom(at.pacs, study, { signal: early.signal });
    early.abort(new Error("no patience"));
    expect(await waiting).toMatchObject({ code: "PACS_CANCELLED" });
    expect(await first).toMatchObject({ code: "PACS_CANCELLED" });
    await at.quiet();
    expect(await retrieveFrom(at.pacs, study, { signal: AbortSignal.abort() })).toMatchObject({
      code: "PACS_CANCELLED",
    });
    expect((await retrieveFrom(at.pacs, study)).outcome).toMatchObject({ received: 12 });
    await at.quiet();
  });

  it("may be asked for by many at once, more than the PACS takes: nobody is lost, none is mixed", async () => {
    const studies = Array.from({ length: 12 }, (_, index) =>
      syntheticStudy({ patientID: `P${index}`, series: [{ kind: "CT", images: 5, size: 8 }] }),
    );
    await using at = await site({ method, studies, limits: { associations: 3 } });
    const all = await Promise.all(studies.map((one) => retrieveFrom(at.pacs, one)));
    expect(all.map(({ code }) => code)).toEqual(studies.map(() => undefined));
    expect(all.map(({ stored }) => stored)).toEqual(studies.map((one) => digests(one)));
    await at.quiet();
  }, 30_000);

  it.each<[string, Parameters<typeof retrieveFrom>[2]]>([
    ["a wild card for a study", { studyInstanceUID: "*" }],
    ["a list of series", { seriesInstanceUID: "1.2\\1.3" }],
    ["nothing expected", { expected: [] }],
    ["an empty list of instances", { sopInstanceUIDs: [] }],
    ["no syntax", { transferSyntaxes: [] }],
  ])("is not asked for with %s", async (_, changes) => {
    await using at = await site({ method, studies: [study] });
    expect(await retrieveFrom(at.pacs, study, changes)).toMatchObject({ code: "PACS_RETRIEVE_INVALID" });
  });
});

describe("a series of many classes by C-GET", () => {
  it("is asked for over several associations when one bears too few contexts", async () => {
    const mixed = syntheticStudy({ series: [{ kind: "CT", images: 3 }, { kind: "MR", images: 2 }, { kind: "SR" }] });
    const { seriesInstanceUID } = seriesOf(mixed);
    for (const { dataSet } of mixed.instances) dataSet.set(Tags.SeriesInstanceUID, "UI", seriesInstanceUID);
    await using at = await site({ method: "c-get", studies: [mixed], client: { profile: { getContexts: 4 } } });
    const { stored, outcome } = await retrieveFrom(at.pacs, mixed);
    expect(stored).toEqual(digests(mixed));
    expect(outcome).toMatchObject({ received: 6, counts: { completed: 6, failed: 0 } });
    await at.quiet();
  });
});

describe("the way of a PACS", () => {
  it("is the next one when it does not know the first", async () => {
    await using at = await site({
      method: ["c-get", "c-move"],
      studies: [study],
      without: [StudyRoot.get],
    });
    expect((await retrieveFrom(at.pacs, study)).outcome).toMatchObject({ method: "c-move", received: 12 });
    await at.quiet();
  });

  it("is not C-MOVE when the PACS does not know us, or we have no listener", async () => {
    await using at = await site({ method: "c-move", studies: [study] });
    const unknown = at.pacsWith({ profile: { moveDestination: "NOBODY" } });
    expect(await retrieveFrom(unknown, study)).toMatchObject({ code: "PACS_DESTINATION_UNKNOWN" });
    const { code } = await retrieveFrom(
      at.pacsWith({ profile: { retrieve: ["c-move"], moveDestination: "X" }, timeouts: SHORT }),
      study,
    );
    expect(code).toBe("PACS_DESTINATION_UNKNOWN");
    await at.quiet();
  });
});
