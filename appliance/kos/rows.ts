import { DataSet, type ElementValue, type Tag, Tags, type VR } from "../dicom/index.ts";

/** One element as the tables of PS3.3 list it; an undefined value leaves the attribute out. */
export type Row = readonly [tag: Tag, vr: VR, value: ElementValue | undefined];

export function dataSetOf(rows: readonly Row[]): DataSet {
  const dataSet = new DataSet();
  for (const [tag, vr, value] of rows) if (value !== undefined) dataSet.set(tag, vr, value);
  return dataSet;
}

/** A sequence of the given items, each a list of rows. */
export function sequence(tag: Tag, ...items: readonly (readonly Row[])[]): Row {
  return [tag, "SQ", items.map(dataSetOf)];
}

/** A code of the DICOM terminology as the only item of `tag` (PS3.3 8.8). */
export function dicomCode(tag: Tag, value: string, meaning: string): Row {
  return sequence(tag, [
    [Tags.CodeValue, "SH", value],
    [Tags.CodingSchemeDesignator, "SH", "DCM"],
    [Tags.CodeMeaning, "LO", meaning],
  ]);
}

/** Every text of a data set of our making, at all levels: what its character set must hold. */
export function* texts(dataSet: DataSet): Generator<string> {
  for (const { given, items } of dataSet) {
    if (typeof given === "string") yield given;
    for (const item of items ?? []) yield* texts(item);
  }
}
