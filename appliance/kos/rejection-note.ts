import { said } from "../base/index.ts";
import { DataSet, readFileHeader, readPart10, type Tag, Tags } from "../dicom/index.ts";
import { fault } from "./errors.ts";
import { KEY_OBJECT_SELECTION } from "./head.ts";
import { pauses } from "./pause.ts";

/** What is said of the instances that a note names: why they are not to be used any more, or that they are again. */
export type RejectionReason = "quality" | "patient-safety" | "wrong-worklist" | "retention-expired" | "restored";

/**
 * An IOCM rejection note (IHE RAD TF-3 4.66): the Key Object Selection Document by which an archive says that instances
 * are rejected, or restored. It is a signal, not the truth: what an archive holds is what it answers when it is asked.
 */
export interface RejectionNote {
  readonly sopInstanceUID: string;
  readonly reason: RejectionReason;
  /** The document title as written. */
  readonly title: { readonly value: string; readonly scheme: string; readonly meaning: string };
  /** PatientID (0010,0020) of the archive; empty when the note has none. */
  readonly patientID: string;
  readonly issuerOfPatientID?: string;
  readonly patientIDIssuerOID?: string;
  /** At least one; a study without series names no instance: whatever was in it (nothing may be left) has changed. */
  readonly studies: readonly RejectedStudy[];
}

export interface RejectedStudy {
  readonly studyInstanceUID: string;
  readonly series: readonly RejectedSeries[];
}

export interface RejectedSeries {
  /** Empty for the instances that the content names and no series of the evidence holds. */
  readonly seriesInstanceUID: string;
  readonly instances: readonly { readonly sopClassUID: string; readonly sopInstanceUID: string }[];
}

/**
 * The document titles of a rejection (PS3.16 CID 7010), by value and scheme. The standard has no title that takes one
 * back: the second scheme is that of dcm4chee-arc, whose notes of restoration come the same way.
 */
const REASONS: ReadonlyMap<string, RejectionReason> = new Map([
  ["113001 DCM", "quality"],
  ["113037 DCM", "patient-safety"],
  ["113038 DCM", "wrong-worklist"],
  ["113039 DCM", "retention-expired"],
  ["REVOKE_REJECTION 99DCM4CHEE", "restored"],
]);

/** References of one note, evidence and content together: twice the 100,000 instances of the largest studies of the field. */
const REFERENCE_LIMIT = 250_000;

/** Elements and items: ten for each of 100,000 instances, and room for the private remarks of an archive. */
const ELEMENT_LIMIT = 1_200_000;

/** In bytes: 100,000 instances with UIDs of 64 characters are 32 MB in any uncompressed transfer syntax. */
export const NOTE_LIMIT = 48 * 1024 * 1024;

/** Bytes read, and references looked at, between two looks at the clock: about 1 ms each. */
const BYTES_AT_ONCE = 64 * 1024;
const REFERENCES_AT_ONCE = 256;

/** What a note may ask of this process. */
const LIMITS = { elements: ELEMENT_LIMIT, headerBytes: NOTE_LIMIT, inflatedBytes: NOTE_LIMIT };

/**
 * What a rejection note says; undefined for any other Key Object Selection Document: a key image note ("for referring
 * provider") and a manifest reject nothing.
 *
 * PS3.3 C.17.6 asks that the evidence lists what the content references. Where a writer breaks the rule, a rejection holds
 * for what either names: showing a rejected image may harm, hiding a good one shows. A restoration holds for the evidence.
 *
 * Throws `DICOM_*` when the bytes are no DICOM object, `KOS_NOT_A_MANIFEST` when it is another kind of object,
 * `KOS_NOTE_UNREADABLE` when a note does not say what it is about, and `KOS_TOO_MANY_INSTANCES`.
 */
export function readRejectionNote(input: DataSet | Uint8Array): RejectionNote | undefined {
  const reading = steps(input instanceof DataSet ? input : readPart10(input, LIMITS).dataSet);
  let step = reading.next();
  while (step.done !== true) step = reading.next();
  return step.value;
}

/** The same for a process that serves others meanwhile: the file is read slice by slice, with pauses between. */
export async function readRejectionNoteInSlices(bytes: Uint8Array): Promise<RejectionNote | undefined> {
  const pause = pauses();
  async function* slices() {
    for (let start = 0; start < bytes.length; start += BYTES_AT_ONCE) {
      yield bytes.subarray(start, start + BYTES_AT_ONCE);
      await pause();
    }
  }
  const { dataSet } = await readFileHeader(slices(), { untilTag: Tags.DataSetTrailingPadding, limits: LIMITS });
  const reading = steps(dataSet);
  let step = reading.next();
  while (step.done !== true) {
    await pause();
    step = reading.next();
  }
  return step.value;
}

/** Reads the note, and stops now and then for those who want their turn. */
function* steps(dataSet: DataSet): Generator<void, RejectionNote | undefined> {
  if (dataSet.string(Tags.SOPClassUID) !== KEY_OBJECT_SELECTION) {
    throw fault("KOS_NOT_A_MANIFEST", { where: "(0008,0016)" });
  }
  const title = titleOf(dataSet);
  const reason = REASONS.get(`${title.value} ${title.scheme}`);
  if (reason === undefined) return undefined;

  const named = new NamedInstances();
  const evidence = dataSet.items(Tags.CurrentRequestedProcedureEvidenceSequence);
  for (const [index, study] of evidence.entries()) yield* named.addStudy(study, `(0040,A375)[${index}]`);
  const own = uidOf(dataSet, Tags.StudyInstanceUID);
  if (reason !== "restored") yield* named.addContent(dataSet.items(Tags.ContentSequence), own);
  // Nothing named: all that the study held is concerned.
  if (named.empty) named.study(own ?? unreadable("(0020,000D)"));
  const [issuer] = dataSet.items(Tags.IssuerOfPatientIDQualifiersSequence);
  return said({
    sopInstanceUID: uidOf(dataSet, Tags.SOPInstanceUID) ?? unreadable("(0008,0018)"),
    reason,
    title,
    patientID: dataSet.string(Tags.PatientID) ?? "",
    issuerOfPatientID: dataSet.string(Tags.IssuerOfPatientID),
    patientIDIssuerOID: issuer?.string(Tags.UniversalEntityID),
    studies: named.studies(),
  });
}

type Instances = Map<string, string>;

/** The instances that a note names, each once: SOP class by instance, by series, by study. */
class NamedInstances {
  readonly #studies = new Map<string, Map<string, Instances>>();
  readonly #all = new Set<string>();
  #references = 0;

  get empty(): boolean {
    return this.#studies.size === 0;
  }

  study(studyInstanceUID: string): Map<string, Instances> {
    return entry(this.#studies, studyInstanceUID, () => new Map<string, Instances>());
  }

  /** An item of the evidence (PS3.3 table C.17-3b). */
  *addStudy(item: DataSet, where: string): Generator<void> {
    const study = this.study(uidOf(item, Tags.StudyInstanceUID) ?? unreadable(`${where}.(0020,000D)`));
    for (const [index, series] of item.items(Tags.ReferencedSeriesSequence).entries()) {
      const place = `${where}.(0008,1115)[${index}]`;
      const seriesInstanceUID = uidOf(series, Tags.SeriesInstanceUID) ?? unreadable(`${place}.(0020,000E)`);
      const instances = entry(study, seriesInstanceUID, () => new Map<string, string>());
      for (const reference of series.items(Tags.ReferencedSOPSequence)) {
        const [uid, sopClassUID] = yield* this.#reference(reference, `${place}.(0008,1199)`);
        instances.set(uid, sopClassUID);
        this.#all.add(uid);
      }
    }
  }

  /** The references of the content (PS3.16 TID 2010: children of the root) that the evidence leaves out. */
  *addContent(items: readonly DataSet[], studyInstanceUID: string | undefined): Generator<void> {
    for (const item of items) {
      for (const reference of item.items(Tags.ReferencedSOPSequence)) {
        const [uid, sopClassUID] = yield* this.#reference(reference, "(0040,A730).(0008,1199)");
        if (this.#all.has(uid)) continue;
        const study = this.study(studyInstanceUID ?? unreadable("(0020,000D)"));
        entry(study, "", () => new Map<string, string>()).set(uid, sopClassUID);
      }
    }
  }

  studies(): RejectedStudy[] {
    return [...this.#studies].map(([studyInstanceUID, series]) => ({
      studyInstanceUID,
      series: [...series].map(([seriesInstanceUID, instances]) => ({
        seriesInstanceUID,
        instances: [...instances].map(([sopInstanceUID, sopClassUID]) => ({ sopClassUID, sopInstanceUID })),
      })),
    }));
  }

  *#reference(item: DataSet, where: string): Generator<void, readonly [sopInstanceUID: string, sopClassUID: string]> {
    if (++this.#references > REFERENCE_LIMIT) {
      throw fault("KOS_TOO_MANY_INSTANCES", { details: { count: this.#references, limit: REFERENCE_LIMIT } });
    }
    if (this.#references % REFERENCES_AT_ONCE === 0) yield;
    const sopInstanceUID = uidOf(item, Tags.ReferencedSOPInstanceUID) ?? unreadable(`${where}.(0008,1155)`);
    return [sopInstanceUID, uidOf(item, Tags.ReferencedSOPClassUID) ?? ""];
  }
}

function titleOf(dataSet: DataSet): RejectionNote["title"] {
  const [title] = dataSet.items(Tags.ConceptNameCodeSequence);
  const text = (tag: Tag) => title?.string(tag)?.trim() ?? "";
  return { value: text(Tags.CodeValue), scheme: text(Tags.CodingSchemeDesignator), meaning: text(Tags.CodeMeaning) };
}

/** The UID without padding; undefined for what is none. */
function uidOf(dataSet: DataSet, tag: Tag): string | undefined {
  const uid = dataSet.string(tag)?.replaceAll("\0", "").trim() ?? "";
  return /^[0-9.]{1,64}$/.test(uid) ? uid : undefined;
}

function unreadable(where: string): never {
  throw fault("KOS_NOTE_UNREADABLE", { where });
}

function entry<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
