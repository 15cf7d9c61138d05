import { describe, expect, it } from "vitest";
import { type Logger, silent } from "../../appliance/base/index.ts";
import { encodeDataSet, Tags } from "../../appliance/dicom/index.ts";
import { requestAssociation, Verification } from "../../appliance/dimse/index.ts";
import { createStorageListener } from "../../appliance/pacs/index.ts";
import { syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { CT_IMAGE } from "../support/dimse.ts";
import { digests, EXPLICIT, receiving, retrieveFrom, type Site, seriesOf, site } from "./retrieving.ts";

const IMPLICIT = "1.2.840.10008.1.2";
const JPEG_LS = "1.2.840.10008.1.2.4.80";

/** Studies of many patients, alike but for what they are. */
const studies = Array.from({ length: 20 }, (_, index) =>
  syntheticStudy({ patientID: `P${index}`, series: [{ kind: "CT", images: 6, size: 16 }] }),
);
const [first, second] = studies as [(typeof studies)[0], (typeof studies)[0]];

/** A PACS of the field that sends all moves over the same two associations, in turn. */
const MIXING = { shares: 2, pause: 1 };

describe("images that come by C-MOVE", () => {
  it.each<[string, object, boolean]>([
    ["names its moves", MIXING, true],
    ["names its moves, and is not believed to", MIXING, false],
    ["does not name its moves", { ...MIXING, namesMoves: false }, false],
  ])("go to the request that asked, from a PACS that mixes them and %s", async (_, behaviour, moveOriginator) => {
    const client = { profile: { moveOriginator, associations: 12 } };
    await using at = await site({ method: "c-move", studies, behaviour, client, listener: { network: 5_000 } });
    const all = await Promise.all(studies.map((study) => retrieveFrom(at.pacs, study)));
    expect(all.map(({ code }) => code)).toEqual(studies.map(() => undefined));
    expect(all.map(({ stored }) => stored)).toEqual(studies.map((study) => digests(study)));
    await at.quiet();
  });

  it.each<[boolean, boolean]>([
    [true, true],
    [false, false],
  ])("go to both of two requests for the same series (moves named: %s)", async (namesMoves, moveOriginator) => {
    const behaviour = { ...MIXING, namesMoves };
    const client = { profile: { moveOriginator } };
    await using at = await site({ method: "c-move", studies, behaviour, client });
    const [one, two] = await Promise.all([retrieveFrom(at.pacs, first), retrieveFrom(at.pacs, first)]);
    expect([one.stored, two.stored]).toEqual([digests(first), digests(first)]);
    await at.quiet();
  });

  it("go in its own syntax to each of two requests with different offers", async () => {
    const behaviour = { ...MIXING, convertsTo: [IMPLICIT] };
    await using at = await site({
      method: "c-move",
      studies,
      behaviour,
      client: { profile: { moveOriginator: true } },
    });
    const asked = [[EXPLICIT], [IMPLICIT], [EXPLICIT], [IMPLICIT]];
    const all = await Promise.all(asked.map((transferSyntaxes) => retrieveFrom(at.pacs, first, { transferSyntaxes })));
    expect(all.map(({ stored }) => stored)).toEqual(asked.map(([syntax]) => digests(first, 0, syntax)));
    await at.quiet();
  });

  it("go to a request of another client too, such as a probe: it waits", async () => {
    await using at = await site({ method: "c-move", studies, behaviour: { ...MIXING, namesMoves: false, pause: 20 } });
    const probe = at.pacsWith({});
    const [one, two] = await Promise.all([
      retrieveFrom(at.pacs, first),
      retrieveFrom(probe, first, { anySyntax: true }),
    ]);
    expect([one.stored, two.stored]).toEqual([digests(first), digests(first)]);
    await at.quiet();
  });

  it("without the name of their move, from a PACS that should tell it: refused, and said", async () => {
    const client = { profile: { moveOriginator: true } };
    await using at = await site({ method: "c-move", studies, behaviour: { namesMoves: false }, client });
    const { code, stored } = await retrieveFrom(at.pacs, first);
    expect([code, stored.size]).toEqual(["PACS_MOVE_UNNAMED", 0]);
    await at.quiet();
  });

  it("after the PACS has said that it is done are waited for", async () => {
    const behaviour = { ...MIXING, pause: 30, early: true };
    await using at = await site({ method: "c-move", studies, behaviour });
    expect((await retrieveFrom(at.pacs, first)).stored).toEqual(digests(first));
    await at.quiet();
  });

  it("of two PACS at the same time do not mix, though both ask with the same title", async () => {
    await using at = await site({ method: "c-move", studies: [first] });
    await using elsewhere = await site({ method: "c-move", studies: [second], aeTitle: "SECOND" });
    const [one, two] = await Promise.all([retrieveFrom(at.pacs, first), retrieveFrom(elsewhere.pacs, second)]);
    expect([one.stored, two.stored]).toEqual([digests(first), digests(second)]);
  });
});

/** An association to the storage listener, as its PACS or as somebody else. */
function associate({ storage }: Pick<Site, "storage">, callingAETitle = "PACS", calledAETitle = "DRIMBOX_STORE") {
  const { port = 0 } = storage.address() ?? {};
  return requestAssociation({
    host: "127.0.0.1",
    port,
    callingAETitle,
    calledAETitle,
    presentationContexts: [Verification, CT_IMAGE].map((abstractSyntax) => ({
      abstractSyntax,
      transferSyntaxes: [EXPLICIT],
    })),
  });
}

describe("the storage listener", () => {
  it("lets in nobody but the senders of the PACS", async () => {
    await using at = await site({ method: "c-move", studies: [] });
    await expect(associate(at, "STRANGER")).rejects.toMatchObject({ code: "DIMSE_REJECTED" });
    await expect(associate(at, "PACS", "ANOTHER")).rejects.toMatchObject({ code: "DIMSE_REJECTED" });
    await using association = await associate(at);
    await association.echo();
  });

  it("takes no image that no move under way asked for", async () => {
    await using at = await site({ method: "c-move", studies: [] });
    await using association = await associate(at);
    expect(association.accepts(CT_IMAGE)).toBe(false);
  });

  it("refuses, in the middle of a move, what another association brings unasked; the log does not say what it is", async () => {
    const lines: unknown[] = [];
    const log: Logger = { ...silent, warn: (facts, message) => void lines.push([facts, message]), child: () => log };
    const client = { profile: { moveOriginator: true } };
    await using at = await site({ method: "c-move", studies: [first], behaviour: { pause: 20 }, client, log });
    const statuses: number[] = [];
    let intruding: Promise<void> | undefined;
    const intrude = async () => {
      await using association = await associate(at);
      const send = async (instance: (typeof second.instances)[0], messageID?: number, aeTitle = "DRIMBOX") => {
        const { sopClassUID, sopInstanceUID, dataSet } = instance;
        const data = encodeDataSet(dataSet, EXPLICIT);
        const moveOriginator = messageID === undefined ? undefined : { aeTitle, messageID };
        const request = { sopClassUID, sopInstanceUID, transferSyntax: EXPLICIT, data };
        const { status } = await association.store({ ...request, ...(moveOriginator && { moveOriginator }) });
        statuses.push(status);
      };
      const [stranger] = second.instances as [(typeof second.instances)[0]];
      const last = first.instances.at(-1) as (typeof first.instances)[0];
      await send(stranger);
      await send(stranger, 1);
      await send(last);
      await send(last, 999);
      await send(last, 1, "SOMEBODY");
    };
    const { stored } = await retrieveFrom(at.pacs, first, {
      async store({ sopInstanceUID }, data) {
        intruding ??= intrude();
        await intruding;
        for await (const _ of data);
        expect(sopInstanceUID).not.toBe(second.instances[0]?.sopInstanceUID);
      },
    });
    expect(stored.size).toBe(0);
    expect(statuses).toEqual([0x0124, 0x0124, 0x0124, 0x0124, 0x0124]);
    const said = JSON.stringify(lines);
    expect(said).toContain("no C-MOVE under way asked for");
    for (const secret of ["P1", "P0", second.instances[0]?.sopInstanceUID, second.studyInstanceUID]) {
      expect(said).not.toContain(`${secret}"`);
    }
    await at.quiet();
  });

  it("takes each instance once, when it comes twice at the same time", async () => {
    const twice = [...first.instances, ...first.instances];
    await using at = await site({ method: "c-move", studies: [first], behaviour: { ...MIXING, others: twice } });
    const calls: string[] = [];
    const { outcome } = await retrieveFrom(at.pacs, first, {
      async store({ sopInstanceUID }, data) {
        calls.push(sopInstanceUID);
        for await (const _ of data);
      },
    });
    expect(outcome).toMatchObject({ received: 6 });
    expect(calls.toSorted()).toEqual(
      seriesOf(first)
        .expected.map(({ sopInstanceUID }) => sopInstanceUID)
        .toSorted(),
    );
    await at.quiet();
  });

  it("does not start for two PACS that cannot be told apart", () => {
    const sender = { aeTitle: "ARCHIVE", host: "192.0.2.1" };
    const of = (...senders: { pacs: string; aeTitle: string; host: string }[]) =>
      createStorageListener({ port: 0, host: "127.0.0.1", aeTitles: ["DRIMBOX_STORE"], senders });
    expect(() => of({ ...sender, pacs: "A" }, { ...sender, pacs: "B" })).toThrow(
      expect.objectContaining({ code: "PACS_SENDERS_SHARED" }),
    );
    of({ ...sender, pacs: "A" }, { ...sender, pacs: "B", host: "192.0.2.2" }, { ...sender, pacs: "A" });
  });

  it("knows a PACS by its name in the network too, and does without one that has none", async () => {
    const { storage } = await receiving({ host: "127.0.0.1", port: 1, aeTitle: "PACS" }, ["c-move"]);
    await storage.close();
    const named = createStorageListener({
      port: 0,
      host: "127.0.0.1",
      aeTitles: ["DRIMBOX_STORE"],
      senders: [
        { pacs: "A", aeTitle: "PACS", host: "localhost" },
        { pacs: "B", aeTitle: "LOST", host: "pacs.invalid" },
      ],
    });
    await named.listen();
    try {
      await using association = await associate({ storage: named });
      await association.echo();
    } finally {
      await named.close();
    }
    expect(named.address()).toBe(undefined);
  });
});

describe("what a move is offered in", () => {
  it("is what it asks for, not what another of the same PACS does at the same time", async () => {
    await using at = await site({ method: "c-move", studies: [first, second], behaviour: { pause: 5 } });
    const [one, two] = await Promise.all([
      retrieveFrom(at.pacs, first),
      retrieveFrom(at.pacs, second, { transferSyntaxes: [JPEG_LS] }),
    ]);
    expect(one.stored).toEqual(digests(first));
    expect([two.code, two.stored.size]).toEqual(["PACS_SYNTAX_UNAVAILABLE", 0]);
    expect(first.instances[0]?.dataSet.string(Tags.PatientID)).toBe("P0");
  });
});
