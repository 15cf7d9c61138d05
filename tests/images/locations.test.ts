/** Where frames are is found once: a viewer asks for one frame after the other of objects of thousands. */
import { expect, it } from "vitest";
import type { CachedItem } from "../../appliance/cache/index.ts";
import { encodeDataSet, Tags } from "../../appliance/dicom/index.ts";
import type { InstanceFacts, Supplier } from "../../appliance/images/index.ts";
import { locationsOf } from "../../appliance/images/locations.ts";
import { readParts } from "../support/multipart.ts";
import { type Exam, exam, inPieces, LE, openService } from "./support.ts";

const { signal } = new AbortController();

/** An image of so many frames as the cache has it; `reads` counts how often somebody reads it. */
function kept(frames: number, facts = { sopClassUID: "1", transferSyntax: LE, at: 0, replaces: 0 } as InstanceFacts) {
  const { dataSet } = exam(1, 1).study.instances[0]!;
  dataSet.set(Tags.NumberOfFrames, "IS", frames).set(Tags.PixelData, "OW", Buffer.alloc(2048 * frames));
  const bytes = encodeDataSet(dataSet, LE);
  const item: CachedItem<InstanceFacts> = {
    name: "2.25.1",
    facts,
    size: bytes.length,
    whole: async () => bytes.length,
    async *read({ start = 0, end = bytes.length } = {}) {
      counted.reads += 1;
      yield bytes.subarray(start, end);
    },
  };
  const counted = { item, reads: 0 };
  return counted;
}

it("what was found is not looked for again", async () => {
  const first = kept(3);
  const found = await locationsOf(first.item, signal);
  expect(found).toHaveLength(3);
  const { reads } = first;
  expect(reads).toBeGreaterThan(0);
  expect(await locationsOf({ ...first.item }, signal)).toBe(found);
  expect(first.reads).toBe(reads);
});

it("is not mistaken for that of another, whose facts are the same", async () => {
  const first = kept(3);
  await locationsOf(first.item, signal);
  expect(await locationsOf(kept(5, { ...first.item.facts }).item, signal)).toHaveLength(5);
});

it("is forgotten when many others were looked into", async () => {
  const first = kept(3);
  await locationsOf(first.item, signal);
  const { reads } = first;
  for (let other = 0; other < 100; other += 1) await locationsOf(kept(1).item, signal);
  await locationsOf(first.item, signal);
  expect(first.reads).toBe(2 * reads);
});

it("is looked for anew in what was withdrawn and has come again", async () => {
  await using service = await openService();
  const one = exam(1, 1);
  const framed = (frames: number): [Exam, Supplier] => [
    { ...one, frames: [frames] },
    async ({ store }) => {
      const { dataSet, ...uids } = one.study.instances[0]!;
      const pixels = Array.from({ length: frames }, (_, index) => Buffer.alloc(2048, index + 1));
      dataSet.set(Tags.NumberOfFrames, "IS", frames).set(Tags.PixelData, "OW", Buffer.concat(pixels));
      await store({ ...uids, transferSyntax: LE }, inPieces(encodeDataSet(dataSet, LE)));
    },
  ];
  for (const frames of [5, 3, 4]) {
    const { contentType, body } = await service.get(...framed(frames), { form: "frames", transferSyntaxes: [LE] });
    expect(readParts(contentType, body).parts.map((part) => part.body)).toEqual([Buffer.alloc(2048, frames)]);
    await service.images.withdraw(one.study.studyInstanceUID);
  }
});
