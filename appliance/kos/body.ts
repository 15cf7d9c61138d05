import { type DataSet, ExplicitVRLittleEndian, encodeDataSet, type Tag, Tags } from "../dicom/index.ts";
import type { ManifestInstance, ManifestSeries } from "./model.ts";
import type { Pause } from "./pause.ts";
import { dataSetOf, dicomCode, type Row, sequence } from "./rows.ts";
import { referenceValueType } from "./sop-class.ts";

/** Instances encoded between two looks at the clock: about 1 ms when the code is still cold. */
const INSTANCES_AT_ONCE = 64;

/** Header of an SQ element in Explicit VR Little Endian: tag, VR, two reserved bytes, length (PS3.5 7.1.2). */
const SEQUENCE_HEADER = 12;
const ITEM: Tag = 0xfffee000;

/**
 * The elements of a manifest from (0040,A375) on, encoded in Explicit VR Little Endian, in pieces to be written in turn:
 * evidence, template and content. A study of 10,000 instances is 3 MB and 130,000 elements: it is encoded slice by slice,
 * so that no other association waits for it.
 *
 * `text` is the Key Object Description in the character set of the manifest.
 */
export async function manifestBody(
  studyInstanceUID: string,
  series: readonly ManifestSeries[],
  retrieveBase: string,
  text: Uint8Array,
  pause: Pause,
): Promise<Buffer[]> {
  const evidence: Buffer[] = [];
  const content: Buffer[] = [];
  for (const one of series) {
    const instances: Buffer[] = [];
    for (let start = 0; start < one.instances.length; start += INSTANCES_AT_ONCE) {
      const slice = one.instances.slice(start, start + INSTANCES_AT_ONCE);
      instances.push(encodeItems(slice.map(evidenceItem)));
      content.push(encodeItems(slice.map(contentItem)));
      await pause();
    }
    const { seriesInstanceUID, seriesNumber } = one;
    evidence.push(
      ...item([
        // PS3.18 10.4: the WADO-RS address of the series.
        encode([[Tags.RetrieveURL, "UR", `${retrieveBase}/studies/${studyInstanceUID}/series/${seriesInstanceUID}`]]),
        ...sequenceOf(Tags.ReferencedSOPSequence, instances),
        encode([
          [Tags.SeriesInstanceUID, "UI", seriesInstanceUID],
          [Tags.SeriesNumber, "IS", seriesNumber],
        ]),
      ]),
    );
  }
  content.push(encodeItems([descriptionItem(text)]));

  const study = [
    ...sequenceOf(Tags.ReferencedSeriesSequence, evidence),
    encode([[Tags.StudyInstanceUID, "UI", studyInstanceUID]]),
  ];
  const template: Row[] = [
    [Tags.MappingResource, "CS", "DCMR"],
    [Tags.TemplateIdentifier, "CS", "2010"],
  ];
  return [
    ...sequenceOf(Tags.CurrentRequestedProcedureEvidenceSequence, item(study)),
    encode([sequence(Tags.ContentTemplateSequence, template)]),
    ...sequenceOf(Tags.ContentSequence, content),
  ];
}

/**
 * An item of ReferencedSOPSequence in the evidence. InstanceNumber and NumberOfFrames are not part of the macro (PS3.3 table
 * C.17-3a): viewers of the network order and count images by them before fetching any (Standard Extended SOP Class).
 */
function evidenceItem({ sopClassUID, sopInstanceUID, instanceNumber, numberOfFrames }: ManifestInstance): DataSet {
  return dataSetOf([
    ...sopReference(sopClassUID, sopInstanceUID),
    [Tags.InstanceNumber, "IS", instanceNumber],
    [Tags.NumberOfFrames, "IS", numberOfFrames],
  ]);
}

function contentItem({ sopClassUID, sopInstanceUID }: ManifestInstance): DataSet {
  return dataSetOf([
    sequence(Tags.ReferencedSOPSequence, sopReference(sopClassUID, sopInstanceUID)),
    [Tags.RelationshipType, "CS", "CONTAINS"],
    [Tags.ValueType, "CS", referenceValueType(sopClassUID)],
  ]);
}

function descriptionItem(text: Uint8Array): DataSet {
  return dataSetOf([
    [Tags.RelationshipType, "CS", "CONTAINS"],
    [Tags.ValueType, "CS", "TEXT"],
    dicomCode(Tags.ConceptNameCodeSequence, "113012", "Key Object Description"),
    [Tags.TextValue, "UT", text],
  ]);
}

function sopReference(sopClassUID: string, sopInstanceUID: string): readonly Row[] {
  return [
    [Tags.ReferencedSOPClassUID, "UI", sopClassUID],
    [Tags.ReferencedSOPInstanceUID, "UI", sopInstanceUID],
  ];
}

function encode(rows: readonly Row[]): Buffer {
  return encodeDataSet(dataSetOf(rows), ExplicitVRLittleEndian);
}

/** Items as they stand inside a sequence. */
function encodeItems(items: readonly DataSet[]): Buffer {
  return encode([[Tags.ContentSequence, "SQ", items]]).subarray(SEQUENCE_HEADER);
}

/** A sequence element whose items are already encoded. */
function sequenceOf(tag: Tag, items: readonly Buffer[]): Buffer[] {
  const header = encode([[tag, "SQ", []]]);
  header.writeUInt32LE(total(items), SEQUENCE_HEADER - 4);
  return [header, ...items];
}

/** An item whose elements are already encoded (PS3.5 7.5.1). */
function item(elements: readonly Buffer[]): Buffer[] {
  const header = Buffer.alloc(8);
  header.writeUInt16LE(ITEM >>> 16, 0);
  header.writeUInt16LE(ITEM & 0xffff, 2);
  header.writeUInt32LE(total(elements), 4);
  return [header, ...elements];
}

function total(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
