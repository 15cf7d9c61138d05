import type { CachedItem } from "../cache/index.ts";
import { DataSet, encodeMeta, otherPatientIDs, Tags } from "../dicom/index.ts";
import type { ImagesPatient, InstanceFacts } from "./model.ts";

/** Preamble of a file that says nothing (PS3.10 7.1), and the prefix. */
const PREAMBLE = Buffer.concat([Buffer.alloc(128), Buffer.from("DICM")]);

/**
 * One instance as a file (PS3.10): meta information that is true, then the data set as its PACS has it, but for the
 * identifier that is put in.
 */
export async function* fileOf(item: CachedItem<InstanceFacts>, patient: ImagesPatient): AsyncGenerator<Uint8Array> {
  await using dataSet = dataSetOf(item, patient);
  // What fails before its first bytes have come is no file that broke off.
  const first = await dataSet.next();
  yield* fileHead(item, item.facts.transferSyntax);
  if (first.done !== true) yield first.value;
  yield* dataSet;
}

/** What comes before the data set in a file: the preamble, and meta information that is true. */
export function* fileHead({ name, facts }: CachedItem<InstanceFacts>, transferSyntax: string): Generator<Uint8Array> {
  const said = new DataSet().set(Tags.SOPClassUID, "UI", facts.sopClassUID).set(Tags.SOPInstanceUID, "UI", name);
  yield PREAMBLE;
  yield encodeMeta(undefined, transferSyntax, said);
}

/** The data set of an instance, with the identifier put into OtherPatientIDsSequence; `kept` are its bytes as they are kept. */
export function dataSetOf(
  item: CachedItem<InstanceFacts>,
  { identifier }: ImagesPatient,
  kept: AsyncIterable<Uint8Array> = item.read(),
): AsyncGenerator<Uint8Array> {
  const { at, replaces, items = "" } = item.facts;
  return splice(kept, at, replaces, otherPatientIDs({ items: Buffer.from(items, "base64"), identifier }));
}

/** The stream with the bytes from `at` on, `length` of them, replaced. */
export async function* splice(
  source: AsyncIterable<Uint8Array>,
  at: number,
  length: number,
  replacement: Uint8Array,
): AsyncGenerator<Uint8Array> {
  let position = 0;
  let replaced = false;
  for await (const chunk of source) {
    const before = chunk.subarray(0, Math.max(0, at - position));
    const after = chunk.subarray(Math.min(chunk.length, Math.max(0, at + length - position)));
    position += chunk.length;
    if (before.length > 0) yield before;
    if (!replaced && position >= at) {
      replaced = true;
      yield replacement;
    }
    if (after.length > 0) yield after;
  }
}
