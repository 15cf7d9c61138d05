import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { type DataSet, ExplicitVRLittleEndian, encodeDataSet, Tags } from "../../appliance/dicom/index.ts";
import { createPacsGroup, isPartial } from "../../appliance/pacs/index.ts";
import {
  abort,
  acceptAll,
  associateRj,
  listenParrot,
  type Parrot,
  type RawMessage,
  readMessage,
  respond,
} from "../support/parrot.ts";
import {
  anInstance,
  answer,
  aSeries,
  aStudy,
  CT,
  levels,
  pacsAt,
  type Script,
  STUDY,
  scriptedPacs,
  wellBehaved,
} from "./scripted-pacs.ts";

/** `findStudy` against a peer that plays exact bytes for each association. */
async function against(script: (parrot: Parrot) => Promise<void>) {
  const nest = await listenParrot(script);
  try {
    return await pacsAt(nest.port, { timeouts: { release: 50 } })
      .findStudy(STUDY)
      .catch((error: unknown) => error);
  } finally {
    await nest.close();
  }
}

const bytes = (found: Parameters<typeof answer>[0]) => encodeDataSet(answer(found), ExplicitVRLittleEndian);

/** Accepts everything, then answers the first query by hand. */
function query(reply: (parrot: Parrot, message: RawMessage) => void | Promise<void>) {
  return async (parrot: Parrot) => {
    await acceptAll(parrot);
    await reply(parrot, await readMessage(parrot));
  };
}

function rejected(result: number, source: number, reason: number) {
  return async (parrot: Parrot) => {
    await parrot.expect(1);
    parrot.send(associateRj(result, source, reason));
  };
}

describe("a study is gone when a PACS says so, and by nothing else", () => {
  it("a final success without match, at the level of studies, for that UID: gone", async () => {
    await using archive = await scriptedPacs(wellBehaved(1, 1));
    expect(await archive.pacs.findStudy("2.25.404")).toBeUndefined();
    expect(archive.asked.map(({ level, study }) => [level, study])).toEqual([["STUDY", "2.25.404"]]);
  });

  it("byte for byte: this answer and no other", async () => {
    expect(await against(query((parrot, message) => respond(parrot, message, 0x0000)))).toBeUndefined();
  });

  it.each<[string, (parrot: Parrot) => Promise<void>, string]>([
    ["cancelled, though nobody asked", query((parrot, message) => respond(parrot, message, 0xfe00)), "PACS_FAILED"],
    ["a warning as the last word", query((parrot, message) => respond(parrot, message, 0xb000)), "PACS_FAILED"],
    ["a status that nobody knows", query((parrot, message) => respond(parrot, message, 0x4321)), "PACS_FAILED"],
    ["out of resources", query((parrot, message) => respond(parrot, message, 0xa700)), "PACS_BUSY"],
    ["a match without its data set", query((parrot, message) => respond(parrot, message, 0xff00)), "PACS_INTERRUPTED"],
    ["an abort instead of an answer", query((parrot) => parrot.send(abort(2, 0))), "PACS_INTERRUPTED"],
    ["a line that falls", query((parrot) => parrot.close()), "PACS_INTERRUPTED"],
    [
      "a success that answers another message",
      query((parrot, message) => {
        const command = new Map(message.command).set(0x0110, 77);
        respond(parrot, { ...message, command }, 0x0000);
      }),
      "PACS_INTERRUPTED",
    ],
    ["no room for now", rejected(2, 3, 2), "PACS_BUSY"],
    ["congestion", rejected(2, 3, 1), "PACS_BUSY"],
    ["we are not known", rejected(1, 1, 3), "PACS_REFUSED"],
  ])("%s: asked again later", async (_, script, code) => {
    expect(await against(script)).toMatchObject({ code, retry: "later" });
  });

  it("a final success after which the line falls is a final success: the association is only closed", async () => {
    const script = query((parrot, message) => {
      respond(parrot, message, 0x0000);
      parrot.close();
    });
    expect(await against(script)).toBeUndefined();
  });

  it("nobody finds it in a group, and one could not be asked: asked again later", async () => {
    await using here = await scriptedPacs(levels({}));
    const away = await scriptedPacs(levels({}));
    await away[Symbol.asyncDispose]();
    await expect(createPacsGroup([here.pacs, away.pacs]).findStudy(STUDY)).rejects.toMatchObject({ retry: "later" });
    expect(await createPacsGroup([here.pacs]).findStudy(STUDY)).toBeUndefined();
  });
});

describe("a study that lists less than it holds says so", () => {
  const counted = { ...aStudy, NumberOfStudyRelatedInstances: "3" };
  const two: DataSet[] = [1, 2].map((one) => answer({ ...anInstance, SOPInstanceUID: `${STUDY}.1.${one}` }));
  const series = [answer(aSeries)];

  it.each<[string, Script, number | undefined, boolean]>([
    ["all there, and counted", wellBehaved(2, 3), 6, false],
    ["nothing is counted", levels({ STUDY: [answer(aStudy)], SERIES: series, IMAGE: two }), undefined, false],
    ["the study counts one more", levels({ STUDY: [answer(counted)], SERIES: series, IMAGE: two }), 3, true],
    [
      "a series counts one more",
      levels({
        STUDY: [answer(aStudy)],
        SERIES: [answer({ ...aSeries, NumberOfSeriesRelatedInstances: "3" })],
        IMAGE: two,
      }),
      3,
      true,
    ],
    [
      "the study counts one less: it has just grown",
      levels({ STUDY: [answer({ ...counted, NumberOfStudyRelatedInstances: "1" })], SERIES: series, IMAGE: two }),
      2,
      false,
    ],
    ["no series any more: the index is being dropped", levels({ STUDY: [answer(counted)] }), 3, true],
    ["no series, nothing counted", levels({ STUDY: [answer(aStudy)] }), 1, true],
    ["a series without instance", levels({ STUDY: [answer(aStudy)], SERIES: series }), 1, true],
    [
      "the answers about one series are another's",
      levels({
        STUDY: [answer(aStudy)],
        SERIES: series,
        IMAGE: [answer({ ...anInstance, SeriesInstanceUID: `${STUDY}.9` })],
      }),
      1,
      true,
    ],
  ])("%s", async (_, script, expected, partial) => {
    await using archive = await scriptedPacs(script);
    const study = await archive.pacs.findStudy(STUDY);
    expect(study?.expectedInstances).toBe(expected);
    expect(study && isPartial(study)).toBe(partial);
  });

  it("unless its counts are not to be trusted; but a study without any instance is never whole", async () => {
    const untrusted = { profile: { trustedCounts: false } };
    await using archive = await scriptedPacs(
      levels({ STUDY: [answer(counted)], SERIES: series, IMAGE: two }),
      untrusted,
    );
    expect((await archive.pacs.findStudy(STUDY))?.expectedInstances).toBeUndefined();
    await using empty = await scriptedPacs(levels({ STUDY: [answer(counted)] }), untrusted);
    const study = await empty.pacs.findStudy(STUDY);
    expect(study && isPartial(study)).toBe(true);
  });

  it("the warning that an optional key was not matched (FF01) is an answer like another", async () => {
    const script = async (parrot: Parrot) => {
      await acceptAll(parrot);
      for (const found of [aStudy, aSeries, { ...anInstance, SOPClassUID: CT }]) {
        const message = await readMessage(parrot);
        respond(parrot, message, 0xff01, [], bytes(found));
        respond(parrot, message, 0x0000);
      }
    };
    expect(await against(script)).toMatchObject({ series: [{ instances: [{ sopInstanceUID: `${STUDY}.1.1` }] }] });
  });

  it("answers that stop half-way are an error, not a smaller study", async () => {
    const script = async (parrot: Parrot) => {
      await acceptAll(parrot);
      for (const found of [aStudy, aSeries]) {
        const message = await readMessage(parrot);
        respond(parrot, message, 0xff00, [], bytes(found));
        respond(parrot, message, 0x0000);
      }
      respond(parrot, await readMessage(parrot), 0xff00, [], bytes(anInstance));
      parrot.send(abort());
    };
    expect(await against(script)).toMatchObject({ code: "PACS_INTERRUPTED", retry: "later" });
  });

  it("a caller that gives up between two levels gets an error, not a smaller study", async () => {
    const leaving = new AbortController();
    await using archive = await scriptedPacs({
      async *find({ level }) {
        if (level === "IMAGE") {
          leaving.abort();
          await sleep(20);
        }
        yield* { STUDY: [answer(aStudy)], SERIES: series, IMAGE: two }[level];
      },
    });
    const outcome: unknown = await archive.pacs
      .findStudy(STUDY, { signal: leaving.signal })
      .catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(CodedError);
    expect(outcome).toMatchObject({ code: "PACS_INTERRUPTED", retry: "later" });
  });

  it("it is asked for what says so", async () => {
    await using archive = await scriptedPacs(wellBehaved(1, 1));
    await archive.pacs.findStudy(STUDY);
    const [study, ofSeries] = archive.asked;
    expect(study?.identifier.has(Tags.NumberOfStudyRelatedInstances)).toBe(true);
    expect(ofSeries?.identifier.has(Tags.NumberOfSeriesRelatedInstances)).toBe(true);
  });
});
