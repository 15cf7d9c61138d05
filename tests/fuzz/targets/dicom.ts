/** Data sets in every transfer syntax, files, streams, manifests and rejection notes. */
import { deflateRawSync } from "node:zlib";
import {
  DataSet,
  DeflatedExplicitVRLittleEndian,
  ExplicitVRBigEndian,
  ExplicitVRLittleEndian,
  encodeDataSet,
  frameLocations,
  ImplicitVRLittleEndian,
  locateInsertion,
  locatePixelData,
  otherPatientIDs,
  readDataSet,
  readFileHeader,
  readHeader,
  readPart10,
  Tags,
  type TransferSyntax,
  TransferSyntaxes,
  toExplicitVR,
  toJson,
  transferSyntaxOf,
  writePart10,
} from "../../../appliance/dicom/index.ts";
import { buildManifest, readManifest, readRejectionNote } from "../../../appliance/kos/index.ts";
import { buildRejectionNote, TITLES } from "../../../scripts/sandbox/rejection-note.ts";
import { syntheticStudy } from "../../../scripts/sandbox/studies.ts";
import { explicit, item, openItem, sequenceEnd, tagBytes, UNDEFINED, u32 } from "../../dicom/bytes.ts";
import { CLASSES, instances, manifestInput, STUDY } from "../../kos/fixtures.ts";
import { samplesNamed, type Target, words } from "../target.ts";

const NESTING = 70;
const LITTLE_ENDIAN_WORDS = [
  tagBytes(0xfffee000),
  tagBytes(0xfffee00d),
  tagBytes(0xfffee0dd),
  u32(UNDEFINED),
  sequenceEnd,
  openItem(),
  item(explicit(Tags.PatientName, "PN", "A^B")),
  explicit(Tags.ContentSequence, "SQ", "", UNDEFINED),
  Buffer.concat(
    Array<Buffer>(NESTING).fill(
      Buffer.concat([explicit(Tags.ContentSequence, "SQ", "", UNDEFINED), tagBytes(0xfffee000), u32(UNDEFINED)]),
    ),
  ),
  explicit(Tags.SpecificCharacterSet, "CS", "ISO 2022 IR 87\\ISO 2022 IR 149"),
  ...words("\x1b$B", "\x1b(B", "\x1b$)C", "\\", "^", "=", "DICM", "UN", "OB", "UT", "SQ"),
];

/** Asks all that a user of the room may ask. */
function useAll(dataSet: DataSet): void {
  askAll(dataSet);
  JSON.parse([...toJson(dataSet, { bulkDataURI: (path) => path })].join(""));
}

function askAll(dataSet: DataSet): void {
  for (const { tag } of dataSet) {
    dataSet.strings(tag);
    dataSet.numbers(tag);
    dataSet.isSuspect(tag);
    dataSet.fragments(tag);
    dataSet.items(tag).forEach(askAll);
  }
}

/** A report, a PDF and an image, of small pixels. */
function objects(): DataSet[] {
  const { instances: made } = syntheticStudy({
    studyInstanceUID: "2.25.1",
    series: [{ kind: "SR" }, { kind: "PDF" }, { kind: "MR" }],
  });
  return made.map(({ dataSet }) => {
    const pixels = dataSet.bytes(Tags.PixelData);
    return pixels === undefined ? dataSet : dataSet.set(Tags.PixelData, "OW", pixels.subarray(0, 512));
  });
}

const CORPUS = [
  "chrH31",
  "chrI2",
  "chrX1",
  "priv_SQ",
  "test-SR",
  "rtplan",
  "reportsi",
  "SC_rgb_rle",
  "image_dfl",
  "ExplVR_LitEndNoMeta",
];
const files = () => [
  ...objects().map((dataSet) => writePart10({ transferSyntax: ExplicitVRLittleEndian, dataSet })),
  ...samplesNamed(...CORPUS.map((name) => `dicom-corpus/${name}.dcm`)),
];

function dataSetTarget(transferSyntax: TransferSyntax): Target {
  return {
    async material() {
      const swapped = LITTLE_ENDIAN_WORDS.map((word) =>
        Buffer.from(word.length % 2 === 0 ? word : [...word, 0]).swap16(),
      );
      return {
        corpus: objects().map((dataSet) => encodeDataSet(dataSet, transferSyntax)),
        // A character set that is a text of the character set.
        harmful:
          transferSyntax === ExplicitVRLittleEndian ? [explicit(Tags.SpecificCharacterSet, "LO", "ISO_IR 192")] : [],
        words: transferSyntax.bigEndian ? [...LITTLE_ENDIAN_WORDS, ...swapped] : LITTLE_ENDIAN_WORDS,
      };
    },
    read(bytes) {
      const dataSet = readDataSet(bytes, { transferSyntax });
      useAll(dataSet);
      if (!encodeDataSet(dataSet, transferSyntax).equals(bytes)) throw new TypeError("not the bytes that were read");
      encodeDataSet(dataSet, ImplicitVRLittleEndian);
    },
  };
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  const PIECE = 4096;
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

const ct = (series: number, count: number) => ({
  seriesInstanceUID: `${STUDY}.${series}`,
  instances: instances(CLASSES.CT, `${STUDY}.${series}`, count),
});

export const targets: Readonly<Record<string, Target>> = {
  "a data set, implicit VR": dataSetTarget(ImplicitVRLittleEndian),
  "a data set, explicit VR": dataSetTarget(ExplicitVRLittleEndian),
  "a data set, big endian": dataSetTarget(ExplicitVRBigEndian),
  "a data set, encapsulated": {
    async material() {
      const pixels = [item(), item(u32(0)), item(Buffer.alloc(300, 0xd8)), item(Buffer.alloc(20)), sequenceEnd];
      const encapsulated = Buffer.concat([explicit(Tags.PixelData, "OB", "", UNDEFINED), ...pixels]);
      const heads = objects().map((one) => {
        one.delete(Tags.PixelData);
        return encodeDataSet(one, ExplicitVRLittleEndian);
      });
      return { corpus: heads.map((head) => Buffer.concat([head, encapsulated])), words: LITTLE_ENDIAN_WORDS };
    },
    read(bytes) {
      const transferSyntax = transferSyntaxOf("1.2.840.10008.1.2.4.90") as TransferSyntax;
      const dataSet = readDataSet(bytes, { transferSyntax });
      useAll(dataSet);
      if (!encodeDataSet(dataSet, transferSyntax).equals(bytes)) throw new TypeError("not the bytes that were read");
    },
  },
  "a data set, deflated": dataSetTarget(DeflatedExplicitVRLittleEndian),
  "a damaged data set, deflated then": {
    async material() {
      return { corpus: objects().map((one) => encodeDataSet(one, ExplicitVRLittleEndian)), words: LITTLE_ENDIAN_WORDS };
    },
    read: (bytes) =>
      useAll(readDataSet(deflateRawSync(bytes, { level: 1 }), { transferSyntax: DeflatedExplicitVRLittleEndian })),
  },
  "a file": {
    async material() {
      return {
        corpus: files(),
        words: [...LITTLE_ENDIAN_WORDS, ...[...TransferSyntaxes.values()].map(({ uid }) => Buffer.from(uid))],
      };
    },
    read(bytes) {
      const file = readPart10(bytes);
      useAll(file.dataSet);
      if (!writePart10(file).equals(bytes)) throw new TypeError("not the bytes that were read");
    },
  },
  "a file as a stream": {
    async material() {
      return { corpus: files(), words: LITTLE_ENDIAN_WORDS };
    },
    async read(bytes) {
      const { dataSet, rest } = await readFileHeader(inPieces(bytes));
      useAll(dataSet);
      for await (const _piece of rest);
    },
  },
  "a data set turned into explicit VR": {
    async material() {
      return { corpus: objects().map((one) => encodeDataSet(one, ImplicitVRLittleEndian)), words: LITTLE_ENDIAN_WORDS };
    },
    async read(bytes) {
      const explicitVR = Buffer.concat(await Array.fromAsync(toExplicitVR(inPieces(bytes))));
      useAll(readDataSet(explicitVR, { transferSyntax: ExplicitVRLittleEndian }));
    },
  },
  "the place of an identifier": {
    async material() {
      const items = item(explicit(Tags.PatientID, "LO", "P1"), explicit(0x00100024, "SQ", item()));
      const sequences = [
        explicit(Tags.OtherPatientIDsSequence, "SQ", items),
        explicit(
          Tags.OtherPatientIDsSequence,
          "SQ",
          Buffer.concat([openItem(items.subarray(8)), sequenceEnd]),
          UNDEFINED,
        ),
      ];
      const before = explicit(Tags.PatientID, "LO", "P001");
      const behind = explicit(Tags.StudyInstanceUID, "UI", "2.25.1\0\0");
      return {
        corpus: sequences.map((sequence) => Buffer.concat([before, sequence, behind])),
        words: [...LITTLE_ENDIAN_WORDS, ...sequences],
      };
    },
    async read(bytes) {
      const { dataSet } = await readHeader(inPieces(bytes), ExplicitVRLittleEndian, { untilTag: 0x0020000f });
      const { at, replaces, items } = locateInsertion(dataSet);
      const put = otherPatientIDs({ items, identifier: { id: "1", issuerOID: "1.2.3" } });
      const out = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + replaces)]);
      useAll((await readHeader(inPieces(out), ExplicitVRLittleEndian, { untilTag: 0x0020000f })).dataSet);
    },
  },
  "the frames of an image": {
    async material() {
      const head = encodeDataSet(
        new DataSet()
          .set(Tags.SamplesPerPixel, "US", 1)
          .set(Tags.NumberOfFrames, "IS", 2)
          .set(Tags.Rows, "US", 2)
          .set(Tags.Columns, "US", 2)
          .set(Tags.BitsAllocated, "US", 8),
        ExplicitVRLittleEndian,
      );
      const fragment = item(Buffer.from("ffd8ff00", "hex"));
      const fragments = [item(u32(0), u32(24)), fragment, item(u32(1)), fragment, item(u32(2)), sequenceEnd];
      const pixels = [
        explicit(Tags.PixelData, "OB", Buffer.alloc(8)),
        explicit(Tags.PixelData, "OB", Buffer.concat(fragments), UNDEFINED),
      ];
      return { corpus: pixels.map((value) => Buffer.concat([head, value])), words: LITTLE_ENDIAN_WORDS };
    },
    async read(bytes) {
      const transferSyntax = transferSyntaxOf("1.2.840.10008.1.2.4.50") as TransferSyntax;
      const read = async (offset: number, length: number) => bytes.subarray(offset, offset + length);
      const until = { untilTag: Tags.FloatPixelData };
      const { dataSet } = await readHeader(inPieces(bytes), transferSyntax, until);
      const pixelData = await locatePixelData(dataSet, read);
      if (pixelData !== undefined) await frameLocations({ dataSet, transferSyntax, pixelData, read });
    },
  },
  "a manifest": {
    async material() {
      const ours = (await buildManifest(manifestInput())).bytes;
      return {
        corpus: [Buffer.from(ours), ...samplesNamed("ans-demonstrator/kos.dcm")],
        words: LITTLE_ENDIAN_WORDS,
      };
    },
    read: (bytes) => readManifest(bytes),
  },
  "a rejection note": {
    async material() {
      const corpus = Object.values(TITLES).map(
        (title, index) =>
          buildRejectionNote({
            title,
            studyInstanceUID: STUDY,
            sopInstanceUID: `${STUDY}.9.${index}`,
            evidence: [ct(1, 3), ct(2, 2)],
          }).bytes,
      );
      return { corpus, words: LITTLE_ENDIAN_WORDS };
    },
    read: (bytes) => readRejectionNote(bytes),
  },
};
