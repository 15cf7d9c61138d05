import { createHash } from "node:crypto";
import { type RejectionNote, readManifest } from "../../kos/index.ts";
import type { FoundStudy } from "../../pacs/index.ts";
import type { StoredSubmission } from "../../store/index.ts";
import type { Reports } from "../intake/report.ts";

/** What a manifest says that can change after it was published: its images, and where to fetch them. */
export interface Content {
  /** `series class instance` each. */
  readonly instances: ReadonlySet<string>;
  readonly retrieveURLs: readonly string[];
}

export function contentOf({ manifest }: StoredSubmission): Content {
  const series = readManifest(manifest).studies.flatMap((study) => study.series);
  return {
    instances: keysOf(series),
    retrieveURLs: series.flatMap(({ retrieveURL }) => retrieveURL ?? []),
  };
}

/** True when the study has the very images of the manifest, at the address of today. */
export function isSameContent(held: Content, study: FoundStudy, publicAddress: string): boolean {
  const listed = keysOf(study.series);
  return (
    listed.size === held.instances.size &&
    [...listed].every((key) => held.instances.has(key)) &&
    isAddressed(held, publicAddress)
  );
}

/** True when all its images are to be fetched at that address. */
export function isAddressed({ retrieveURLs }: Content, publicAddress: string): boolean {
  return retrieveURLs.every((url) => url.startsWith(`${publicAddress}/studies/`));
}

function keysOf(series: FoundStudy["series"]): Set<string> {
  return new Set(
    series.flatMap(({ seriesInstanceUID, instances }) =>
      instances.map(({ sopClassUID, sopInstanceUID }) => `${seriesInstanceUID} ${sopClassUID} ${sopInstanceUID}`),
    ),
  );
}

/** Digest of the reports that a manifest is made from: it is made anew when one of them says something else. */
export function basisOf(reports: Reports): string {
  const facts = reports.map(({ documentId, documentDigest, message }) => {
    const { flags, patient, sender, visit } = message;
    return [documentId, Buffer.from(documentDigest).toString("hex"), flags, patient, sender, visit];
  });
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

/**
 * The study without the images that rejection notes took out of it, whether the PACS still lists them or not (IOCM). A
 * later note that restores an image takes its rejections back; a note that names no image names none.
 */
export function withoutRejected(study: FoundStudy, notes: readonly RejectionNote[]): FoundStudy {
  const rejected = rejectedBy(notes, study.studyInstanceUID);
  if (rejected.size === 0) return study;
  const series = study.series
    .map((one) => ({ ...one, instances: one.instances.filter(({ sopInstanceUID }) => !rejected.has(sopInstanceUID)) }))
    .filter(({ instances }) => instances.length > 0);
  return { ...study, series };
}

/** SOP Instance UIDs that are rejected and not restored, by the notes in the order in which they came. */
export function rejectedBy(notes: readonly RejectionNote[], studyInstanceUID: string): Set<string> {
  const rejected = new Set<string>();
  for (const { reason, studies } of notes) {
    const named = studies
      .filter((study) => study.studyInstanceUID === studyInstanceUID)
      .flatMap((study) => study.series.flatMap(({ instances }) => instances));
    for (const { sopInstanceUID } of named) {
      if (reason === "restored") rejected.delete(sopInstanceUID);
      else rejected.add(sopInstanceUID);
    }
  }
  return rejected;
}

/**
 * True when the PACS lists no image of those that a note rejects: the note has done its work. One that names no image has when
 * the study is gone.
 */
export function listsNone(study: FoundStudy | undefined, { studies }: RejectionNote): boolean {
  if (study === undefined) return true;
  if (
    studies.some(({ studyInstanceUID, series }) => studyInstanceUID === study.studyInstanceUID && series.length === 0)
  ) {
    return false;
  }
  const listed = new Set(study.series.flatMap(({ instances }) => instances).map((one) => one.sopInstanceUID));
  const named = studies.flatMap(({ series }) => series).flatMap(({ instances }) => instances);
  return !named.some(({ sopInstanceUID }) => listed.has(sopInstanceUID));
}

/** True when the notes reject every image of the manifest, or the last of them the study as a whole, naming no image. */
export function namesEveryImage(notes: readonly RejectionNote[], current: StoredSubmission): boolean {
  const last = notes.at(-1);
  if (last === undefined || last.reason === "restored") return false;
  const content = readManifest(current.manifest).studies;
  const [study] = content;
  if (study === undefined) return false;
  const rejected = rejectedBy(notes, study.studyInstanceUID);
  const instances = content.flatMap(({ series }) => series.flatMap((one) => one.instances));
  const each = instances.every(({ sopInstanceUID }) => rejected.has(sopInstanceUID));
  return each || rejectsWhole(notes, study.studyInstanceUID);
}

/** True when the last of the notes rejects the study as a whole, naming no image. */
export function rejectsWhole(notes: readonly RejectionNote[], studyInstanceUID: string): boolean {
  const last = notes.at(-1);
  if (last === undefined || last.reason === "restored") return false;
  return last.studies.some((study) => study.studyInstanceUID === studyInstanceUID && study.series.length === 0);
}
