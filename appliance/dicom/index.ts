/** Data sets: read, written and streamed (PS3.5, PS3.6, PS3.10). */
export { type CharacterSet, characterSetOf, type Decoded, defaultCharacterSet } from "./character-set.ts";
export { encodeDataSet, type ReadOptions, readDataSet } from "./codec.ts";
export { DataSet } from "./data-set.ts";
export { vrOf } from "./dictionary.ts";
export type { Element, ElementValue } from "./element.ts";
export { dicomErrors } from "./errors.ts";
export { toExplicitVR } from "./explicit.ts";
export {
  type FrameLocation,
  type FramesInput,
  frameLocations,
  locatePixelData,
  type PixelDataPlace,
  type ReadAt,
} from "./frames.ts";
export { contradicts, type Insertion, locateInsertion, otherPatientIDs, type PatientIdentifier } from "./insertion.ts";
export { type JsonOptions, toJson } from "./json/index.ts";
export { type DicomLimits, dicomLimits } from "./limits.ts";
export {
  encodeMeta,
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
  type Part10File,
  type Part10Input,
  readPart10,
  writePart10,
} from "./part10.ts";
export { type HeaderOptions, readFileHeader, readHeader, type StreamedDataSet, type StreamedFile } from "./stream.ts";
export { type Tag, Tags, tagString } from "./tags.ts";
export { chooseCharacterSet, encodeText } from "./text-encoding.ts";
export {
  DeflatedExplicitVRLittleEndian,
  ExplicitVRBigEndian,
  ExplicitVRLittleEndian,
  ImplicitVRLittleEndian,
  type TransferSyntax,
  TransferSyntaxes,
  transferSyntaxOf,
} from "./transfer-syntax.ts";
export { derivedUID, isValidUID, newUID, uidFromUuid } from "./uid.ts";
export type { VR } from "./vr.ts";
