import type { EntryWriter } from "../cache/index.ts";
import {
  contradicts,
  type DataSet,
  ExplicitVRLittleEndian,
  encodeDataSet,
  ImplicitVRLittleEndian,
  locateInsertion,
  readHeader,
  type Tag,
  Tags,
  toExplicitVR,
} from "../dicom/index.ts";
import { fault } from "./errors.ts";
import type { ImagesPatient, InstanceFacts, SuppliedInstance, WantedSeries } from "./model.ts";

/** The first tag after SeriesInstanceUID (0020,000E): by then an object has said whose and what it is. */
const AFTER_IDENTITY: Tag = 0x0020000f;

const PATIENT_GROUP_LENGTH: Tag = 0x00100000;

/** Bytes of an object before that: private groups of some modalities take hundreds of kilobytes. */
const HEADER_BYTES = 4 * 1024 * 1024;

export interface ReceivedInstance {
  /** UID of what is kept. */
  readonly transferSyntax: string;
  /** Resolves when all of it is kept; rejects when it cannot be. */
  readonly written: Promise<void>;
}

/**
 * Takes one instance of a series into the cache as it comes: Explicit VR Little Endian or encapsulated, otherwise as the
 * PACS sent it. Nothing is kept before the object has said itself that it is the instance asked for, of this patient. It resolves
 * when the last byte has come.
 */
export async function receive(
  entry: EntryWriter<InstanceFacts>,
  series: WantedSeries,
  patient: ImagesPatient,
  instance: SuppliedInstance,
  data: AsyncIterable<Uint8Array>,
): Promise<ReceivedInstance> {
  const implicit = instance.transferSyntax === ImplicitVRLittleEndian.uid;
  const source = implicit ? toExplicitVR(data) : data;
  const syntax = implicit ? ExplicitVRLittleEndian.uid : instance.transferSyntax;
  const limits = { headerBytes: HEADER_BYTES };
  const { dataSet, transferSyntax, rest } = await readHeader(source, syntax, { untilTag: AFTER_IDENTITY, limits });
  try {
    checkIdentity(dataSet, series, patient, instance);
    const { at, replaces, items } = locateInsertion(dataSet);
    if (contradicts(items, patient.identifier)) throw fault("IMAGES_OTHER_PATIENT");
    const dropped = dropGroupLength(dataSet);
    const item = await entry.add(instance.sopInstanceUID, {
      sopClassUID: instance.sopClassUID,
      transferSyntax: transferSyntax.uid,
      at: at - dropped,
      replaces,
      ...(items.length > 0 && { items: Buffer.from(items).toString("base64") }),
    });
    try {
      await item.write(encodeDataSet(dataSet, transferSyntax));
      for await (const chunk of rest) await item.write(chunk);
    } catch (error) {
      await item.abort(error);
      throw error;
    }
    const written = item.end();
    written.catch(() => {});
    return { transferSyntax: transferSyntax.uid, written };
  } finally {
    await rest.return(undefined);
  }
}

/** Retired (PS3.5 7.2), and untrue once an identifier is put into its group. Gives the bytes that are gone. */
function dropGroupLength(dataSet: DataSet): number {
  const element = dataSet.get(PATIENT_GROUP_LENGTH);
  dataSet.delete(PATIENT_GROUP_LENGTH);
  return element === undefined ? 0 : element.end - element.header;
}

function checkIdentity(
  object: DataSet,
  series: WantedSeries,
  { patientIDs }: ImagesPatient,
  asked: SuppliedInstance,
): void {
  const expected: readonly (readonly [Tag, string, string])[] = [
    [Tags.SOPClassUID, asked.sopClassUID, "SOPClassUID"],
    [Tags.SOPInstanceUID, asked.sopInstanceUID, "SOPInstanceUID"],
    [Tags.StudyInstanceUID, series.studyInstanceUID, "StudyInstanceUID"],
    [Tags.SeriesInstanceUID, series.seriesInstanceUID, "SeriesInstanceUID"],
  ];
  for (const [tag, value, attribute] of expected) {
    if (object.string(tag) !== value) throw fault("IMAGES_OTHER_OBJECT", { details: { attribute } });
  }
  const found = object.string(Tags.PatientID) ?? "";
  if (patientIDs.includes(found)) return;
  throw fault("IMAGES_OTHER_PATIENT", { values: { manifest: patientIDs.join(" "), image: found } });
}
