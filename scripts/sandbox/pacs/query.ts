import { DataSet, type Tag, Tags, vrOf } from "../../../appliance/dicom/index.ts";
import { PatientRoot, Status, statusFault } from "../../../appliance/dimse/index.ts";
import type { SyntheticInstance } from "../studies.ts";
import { type Archive, type ArchivedStudy, firstOf, instancesOf } from "./archive.ts";
import { matches } from "./match.ts";

type Level = "PATIENT" | "STUDY" | "SERIES" | "IMAGE";

const UNIQUE_KEYS: Readonly<Record<Level, Tag>> = {
  PATIENT: Tags.PatientID,
  STUDY: Tags.StudyInstanceUID,
  SERIES: Tags.SeriesInstanceUID,
  IMAGE: Tags.SOPInstanceUID,
};
const LEVELS: readonly Level[] = ["PATIENT", "STUDY", "SERIES", "IMAGE"];

/** Attributes below the study; group 0010 is the patient's, everything else the study's (PS3.4 C.6.1.1). */
const SERIES_TAGS = new Set<Tag>([
  Tags.SeriesDate,
  Tags.SeriesTime,
  Tags.Modality,
  Tags.Manufacturer,
  Tags.InstitutionName,
  Tags.SeriesDescription,
  Tags.BodyPartExamined,
  Tags.ProtocolName,
  Tags.SeriesInstanceUID,
  Tags.SeriesNumber,
  Tags.NumberOfSeriesRelatedInstances,
]);
const IMAGE_TAGS = new Set<Tag>([
  Tags.SOPClassUID,
  Tags.SOPInstanceUID,
  Tags.ContentDate,
  Tags.ContentTime,
  Tags.InstanceNumber,
  Tags.NumberOfFrames,
  Tags.Rows,
  Tags.Columns,
]);
/** Said in every answer, never matched. */
const NOT_KEYS = new Set<Tag>([Tags.QueryRetrieveLevel, Tags.SpecificCharacterSet, Tags.RetrieveAETitle]);

/** One thing found: what describes it, and its instances. */
interface Entity {
  readonly describes: DataSet;
  readonly instances: readonly SyntheticInstance[];
}

/** The answers to a C-FIND, as a strict server gives them: hierarchical only (PS3.4 C.4.1.3.1.1), else A900H. */
export function* find(archive: Archive, sopClassUID: string, identifier: DataSet, aeTitle: string): Generator<DataSet> {
  const level = checkHierarchy(sopClassUID, identifier);
  const keys = [...identifier].map((element) => element.tag).filter((tag) => !NOT_KEYS.has(tag));
  const answered = keys.filter((tag) => isKeyOf(tag, level, sopClassUID));
  for (const { describes } of entities(archive, level, identifier)) {
    if (!answered.every((tag) => matches(identifier, tag, describes))) continue;
    const answer = new DataSet()
      .set(Tags.SpecificCharacterSet, "CS", "ISO_IR 192")
      .set(Tags.QueryRetrieveLevel, "CS", level)
      .set(Tags.RetrieveAETitle, "AE", aeTitle);
    for (const tag of answered) {
      if (vrOf(tag) !== "SQ") answer.set(tag, vrOf(tag), describes.strings(tag));
    }
    yield answer;
  }
}

/** The instances that a C-MOVE or C-GET names: unique keys only. */
export function retrieve(archive: Archive, sopClassUID: string, identifier: DataSet): SyntheticInstance[] {
  const level = checkHierarchy(sopClassUID, identifier);
  const key = UNIQUE_KEYS[level];
  if (values(identifier, key).length === 0) throw refusal();
  return [...entities(archive, level, identifier)]
    .filter(({ describes }) => matches(identifier, key, describes))
    .flatMap(({ instances }) => instances);
}

/** @throws A900H: no level of the model, a level above without its one value, or a wild card in a UID. */
function checkHierarchy(sopClassUID: string, identifier: DataSet): Level {
  const model = modelOf(sopClassUID);
  const level = model.find((one) => one === identifier.string(Tags.QueryRetrieveLevel));
  if (level === undefined) throw refusal();
  for (const above of model.slice(0, model.indexOf(level))) {
    const given = values(identifier, UNIQUE_KEYS[above]);
    if (given.length !== 1 || /[*?]/.test(given[0] ?? "")) throw refusal();
  }
  const own = values(identifier, UNIQUE_KEYS[level]);
  if (level !== "PATIENT" && own.some((uid) => /[*?]/.test(uid))) throw refusal();
  return level;
}

function modelOf(sopClassUID: string): readonly Level[] {
  return Object.values<string>(PatientRoot).includes(sopClassUID) ? LEVELS : LEVELS.slice(1);
}

/** The unique keys of the levels above, and what belongs to the level; the patient is part of the study in Study Root. */
function isKeyOf(tag: Tag, level: Level, sopClassUID: string): boolean {
  const model = modelOf(sopClassUID);
  const above = model.slice(0, model.indexOf(level)).map((one) => UNIQUE_KEYS[one]);
  if (above.includes(tag)) return true;
  const own: Level = IMAGE_TAGS.has(tag)
    ? "IMAGE"
    : SERIES_TAGS.has(tag)
      ? "SERIES"
      : tag >>> 16 === 0x0010 && model.includes("PATIENT")
        ? "PATIENT"
        : "STUDY";
  return own === level;
}

function* entities(archive: Archive, level: Level, identifier: DataSet): Generator<Entity> {
  if (level === "PATIENT") yield* patients(archive);
  else if (level === "STUDY") yield* archive.studies.map(studyEntity).filter((one) => ofPatient(identifier, one));
  else yield* belowStudy(archive, level, identifier);
}

function* patients(archive: Archive): Generator<Entity> {
  const byId = new Map<string, SyntheticInstance[]>();
  for (const instance of archive.studies.flatMap(instancesOf)) {
    const id = instance.dataSet.string(Tags.PatientID) ?? "";
    byId.set(id, [...(byId.get(id) ?? []), instance]);
  }
  for (const instances of byId.values()) yield entity(instances);
}

function* belowStudy(archive: Archive, level: "SERIES" | "IMAGE", identifier: DataSet): Generator<Entity> {
  const study = archive.get(identifier.string(Tags.StudyInstanceUID) ?? "");
  if (study === undefined || !ofPatient(identifier, studyEntity(study))) return;
  for (const series of study.series.values()) {
    const instances = [...series.instances.values()];
    const counts = [[Tags.NumberOfSeriesRelatedInstances, [String(instances.length)]]] as const;
    if (level === "SERIES") yield entity(instances, counts);
    else if (matches(identifier, Tags.SeriesInstanceUID, firstOf(instances) ?? new DataSet())) {
      for (const instance of instances) yield entity([instance]);
    }
  }
}

/** In Patient Root the patient above must be the right one; in Study Root the key is matched with the others. */
function ofPatient(identifier: DataSet, { describes }: Entity): boolean {
  return matches(identifier, Tags.PatientID, describes);
}

function studyEntity(study: ArchivedStudy): Entity {
  const instances = instancesOf(study);
  const modalities = new Set(instances.map(({ dataSet }) => dataSet.string(Tags.Modality) ?? ""));
  const classes = new Set(instances.map(({ sopClassUID }) => sopClassUID));
  return entity(instances, [
    [Tags.ModalitiesInStudy, [...modalities]],
    [Tags.SOPClassesInStudy, [...classes]],
    [Tags.NumberOfStudyRelatedSeries, [String(study.series.size)]],
    [Tags.NumberOfStudyRelatedInstances, [String(instances.length)]],
  ]);
}

/** A copy of what the first instance says, and what only the whole can say. */
function entity(
  instances: readonly SyntheticInstance[],
  whole: readonly (readonly [Tag, readonly string[]])[] = [],
): Entity {
  const first = firstOf(instances);
  if (first === undefined || whole.length === 0) return { describes: first ?? new DataSet(), instances };
  const describes = new DataSet();
  for (const { tag, vr } of first) {
    if (vr !== "SQ" && tag < Tags.PixelData) describes.set(tag, vr, [...first.strings(tag)]);
  }
  for (const [tag, given] of whole) describes.set(tag, vrOf(tag), given);
  return { describes, instances };
}

function values(identifier: DataSet, tag: Tag): string[] {
  return identifier.strings(tag).filter((value) => value !== "");
}

function refusal() {
  return statusFault("query", Status.identifierDoesNotMatch);
}
