import { type CharacterSet, type DataSet, type Tag, Tags } from "../dicom/index.ts";
import type { ManifestInstance, ManifestSeries } from "../kos/index.ts";
import { fault } from "./errors.ts";
import type { FoundStudy } from "./model.ts";

/** A series as the SERIES level describes it. */
export type SeriesFacts = Omit<ManifestSeries, "instances">;

/** An instance as the IMAGE level describes it; the SOP class is empty when the PACS does not give it. */
export type InstanceFacts = ManifestInstance;

/** UIDs are padded with a NUL; some peers pad with spaces (both are trimmed by `string`), or send several. */
export function uidOf(answer: DataSet, tag: Tag): string {
  return answer.string(tag)?.replaceAll("\0", "").trim() ?? "";
}

/** True when the answer declares no character set though one of its texts is not ASCII. */
export function isUndeclared(answer: DataSet): boolean {
  return !answer.has(Tags.SpecificCharacterSet) && [...answer].some(({ tag }) => answer.isSuspect(tag));
}

/** Reads in `characterSet` the texts of an answer that declares none and is not ASCII, as far as they make sense in it. */
export function assumeCharacterSet(answer: DataSet, characterSet: CharacterSet): void {
  if (answer.has(Tags.SpecificCharacterSet)) return;
  for (const { tag, vr } of [...answer]) {
    const bytes = answer.isSuspect(tag) ? answer.bytes(tag) : undefined;
    if (bytes === undefined) continue;
    const { text, suspect } = characterSet.decode(Buffer.from(bytes), vr === "PN");
    if (!suspect) answer.set(tag, vr, text);
  }
}

/** What the answers of the STUDY level say of a study, and how many instances the PACS counts in it. */
export type StudyFacts = Omit<FoundStudy, "studyInstanceUID" | "series" | "expectedInstances" | "unanswered"> & {
  readonly counted: number | undefined;
};

/**
 * The study that these answers of the STUDY level describe. A PACS may have one line for each patient or request that a
 * study was filed under: identical facts are merged, blanks filled from the other lines.
 *
 * Throws `PACS_CONFLICTING_PATIENT` or `PACS_CONFLICTING_ACCESSION` when the lines disagree: it cannot be told whose the
 * images are.
 */
export function studyFacts(answers: readonly DataSet[], pacs: string): StudyFacts {
  const patientIDs = distinct(answers, Tags.PatientID);
  const issuers = distinct(answers, Tags.IssuerOfPatientID);
  const qualifiers = answers.flatMap((answer) => answer.items(Tags.IssuerOfPatientIDQualifiersSequence));
  const oids = distinct(qualifiers, Tags.UniversalEntityID);
  if (patientIDs.length > 1 || issuers.length > 1 || oids.length > 1) {
    const values = { patientIDs: patientIDs.join(" | "), issuers: [...issuers, ...oids].join(" | ") };
    throw fault("PACS_CONFLICTING_PATIENT", { details: { pacs }, values });
  }
  const accessionNumbers = distinct(answers, Tags.AccessionNumber);
  if (accessionNumbers.length > 1) {
    throw fault("PACS_CONFLICTING_ACCESSION", {
      details: { pacs },
      values: { accessionNumbers: accessionNumbers.join(" | ") },
    });
  }
  const counts = answers.flatMap((answer) => answer.integer(Tags.NumberOfStudyRelatedInstances) ?? []);
  return {
    pacs,
    patientID: patientIDs[0] ?? "",
    accessionNumber: accessionNumbers[0] ?? "",
    ...text("issuerOfPatientID", answers, Tags.IssuerOfPatientID),
    ...text("patientIDIssuerOID", qualifiers, Tags.UniversalEntityID),
    ...text("studyDate", answers, Tags.StudyDate),
    ...text("studyTime", answers, Tags.StudyTime),
    ...text("studyID", answers, Tags.StudyID),
    ...text("description", answers, Tags.StudyDescription),
    ...text("referringPhysicianName", answers, Tags.ReferringPhysicianName),
    counted: counts.length === 0 ? undefined : Math.max(...counts),
  };
}

/** A series, and how many instances the PACS counts in it. */
export type CountedSeries = SeriesFacts & { readonly counted: number | undefined };

export function countedSeries(answer: DataSet): CountedSeries {
  return { ...seriesFacts(answer), counted: answer.integer(Tags.NumberOfSeriesRelatedInstances) };
}

export function seriesFacts(answer: DataSet): SeriesFacts {
  const seriesNumber = answer.integer(Tags.SeriesNumber);
  return {
    seriesInstanceUID: uidOf(answer, Tags.SeriesInstanceUID),
    modality: answer.string(Tags.Modality) ?? "",
    ...(seriesNumber !== undefined && { seriesNumber }),
    ...text("description", [answer], Tags.SeriesDescription),
    ...text("bodyPart", [answer], Tags.BodyPartExamined),
  };
}

export function instanceFacts(answer: DataSet): InstanceFacts {
  const instanceNumber = answer.integer(Tags.InstanceNumber);
  const numberOfFrames = answer.integer(Tags.NumberOfFrames);
  return {
    sopClassUID: uidOf(answer, Tags.SOPClassUID),
    sopInstanceUID: uidOf(answer, Tags.SOPInstanceUID),
    ...(instanceNumber !== undefined && { instanceNumber }),
    ...(numberOfFrames !== undefined && numberOfFrames > 0 && { numberOfFrames }),
  };
}

/** By number, those without one last, then by UID: two PACS list the same study in the same order. */
export function inOrder<Item>(
  items: readonly Item[],
  key: (item: Item) => readonly [number | undefined, string],
): Item[] {
  return items
    .map((item) => ({ item, key: key(item) }))
    .sort(({ key: [a, one] }, { key: [b, other] }) => {
      if (a !== b) return (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY);
      return one < other ? -1 : Number(one > other);
    })
    .map(({ item }) => item);
}

/** Every value: an identifier that holds a backslash is two, and none of them is the one that is meant. */
function distinct(answers: readonly DataSet[], tag: Tag): string[] {
  const values = answers.flatMap((answer) => answer.strings(tag).map((value) => value.trim()));
  return [...new Set(values.filter((value) => value !== ""))];
}

/**
 * The first answer's text that there is; a text whose bytes are not of the declared character set is left out: a manifest
 * is published under the site's name, and no one can tell what was meant.
 */
function text<Key extends string>(key: Key, answers: readonly DataSet[], tag: Tag): { readonly [K in Key]?: string } {
  const answer = answers.find((one) => one.string(tag) !== undefined && !one.isSuspect(tag));
  return (answer === undefined ? {} : { [key]: answer.string(tag) }) as { readonly [K in Key]?: string };
}
