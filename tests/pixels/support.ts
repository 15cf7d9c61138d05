/** Images drawn for the tests, and whole files turned from one transfer syntax into another with the room under test. */
import {
  DataSet,
  encodeDataSet,
  encodeMeta,
  frameLocations,
  readPart10,
  Tags,
  writePart10,
} from "../../appliance/dicom/index.ts";
import {
  applyTranscoding,
  frameAround,
  type Pixels,
  pixelDataEnd,
  pixelDataHead,
  planTranscoding,
} from "../../appliance/pixels/index.ts";
import { PixelTags } from "../../appliance/pixels/tags.ts";

export const SYNTAX = {
  implicit: "1.2.840.10008.1.2",
  native: "1.2.840.10008.1.2.1",
  bigEndian: "1.2.840.10008.1.2.2",
  baseline: "1.2.840.10008.1.2.4.50",
  lossless: "1.2.840.10008.1.2.4.57",
  losslessFirstOrder: "1.2.840.10008.1.2.4.70",
  jpegLs: "1.2.840.10008.1.2.4.80",
  nearLossless: "1.2.840.10008.1.2.4.81",
  j2kLossless: "1.2.840.10008.1.2.4.90",
  j2k: "1.2.840.10008.1.2.4.91",
  htj2k: "1.2.840.10008.1.2.4.201",
  rle: "1.2.840.10008.1.2.5",
} as const;

export interface Drawing {
  readonly rows: number;
  readonly columns: number;
  readonly bitsAllocated: 8 | 16 | 32;
  readonly bitsStored: number;
  readonly signed: boolean;
  readonly photometric: string;
  readonly planar: 0 | 1;
  readonly frames: number;
}

export const drawing = (options: Partial<Drawing> = {}): Drawing => ({
  rows: 32,
  columns: 24,
  bitsAllocated: 16,
  bitsStored: 12,
  signed: false,
  photometric: "MONOCHROME2",
  planar: 0,
  frames: 1,
  ...options,
});

/** Slopes with grain, over the whole range of values, its ends included. */
function cellsOf(options: Drawing): Buffer {
  const { rows, columns, bitsAllocated, bitsStored, signed, frames, photometric } = options;
  const samples = photometric === "RGB" || photometric.startsWith("YBR") ? 3 : 1;
  const count = rows * columns * samples * frames;
  const range = 2 ** bitsStored;
  const least = signed ? -range / 2 : 0;
  const bytes = Buffer.alloc((count * bitsAllocated) / 8);
  let grain = 1;
  for (let at = 0; at < count; at += 1) {
    grain = (Math.imul(grain, 1_103_515_245) + 12_345) & 0x7fffffff;
    const slope = Math.floor((at / count) * (range - 1)) + ((grain >> 16) % Math.min(8, range));
    const value = least + (at % 97 === 0 ? range - 1 : at % 89 === 0 ? 0 : Math.min(slope, range - 1));
    const width = bitsAllocated / 8;
    if (signed) bytes.writeIntLE(value, at * width, width);
    else bytes.writeUIntLE(value, at * width, width);
  }
  return bytes;
}

/** The data set of an image; `cells` instead of a drawing. */
export function imageOf(options: Drawing, cells = cellsOf(options)): DataSet {
  const colour = options.photometric === "RGB" || options.photometric.startsWith("YBR");
  const dataSet = new DataSet()
    .set(Tags.SOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.7.4")
    .set(Tags.SOPInstanceUID, "UI", "2.25.1234567890")
    .set(Tags.StudyInstanceUID, "UI", "2.25.1")
    .set(Tags.SeriesInstanceUID, "UI", "2.25.2")
    .set(Tags.PatientID, "LO", "P1")
    .set(Tags.SamplesPerPixel, "US", colour ? 3 : 1)
    .set(Tags.PhotometricInterpretation, "CS", options.photometric)
    .set(Tags.Rows, "US", options.rows)
    .set(Tags.Columns, "US", options.columns)
    .set(Tags.BitsAllocated, "US", options.bitsAllocated)
    .set(Tags.BitsStored, "US", options.bitsStored)
    .set(Tags.HighBit, "US", options.bitsStored - 1)
    .set(Tags.PixelRepresentation, "US", options.signed ? 1 : 0);
  if (colour) dataSet.set(PixelTags.PlanarConfiguration, "US", options.planar);
  if (options.frames > 1) dataSet.set(Tags.NumberOfFrames, "IS", String(options.frames));
  if (options.photometric === "PALETTE COLOR") withPalette(dataSet, options);
  const padded = Buffer.concat([cells, Buffer.alloc(cells.length % 2)]);
  return dataSet.set(Tags.PixelData, options.bitsAllocated > 8 ? "OW" : "OB", padded);
}

/** Red rises, green falls, blue is what it is. */
function withPalette(dataSet: DataSet, { bitsStored }: Drawing): void {
  const entries = 2 ** bitsStored;
  for (const [index, colour] of [(at: number) => at, (at: number) => entries - 1 - at, () => 7].entries()) {
    const data = Buffer.alloc(entries * 2);
    for (let at = 0; at < entries; at += 1) data.writeUInt16LE(colour(at) * 257, at * 2);
    dataSet.set(PixelTags.RedPaletteColorLookupTableDescriptor + index, "US", [entries, 0, 16]);
    dataSet.set(PixelTags.RedPaletteColorLookupTableData + index, "OW", data);
  }
}

export function fileOf(dataSet: DataSet, transferSyntax: string = SYNTAX.native): Buffer {
  return writePart10({ dataSet, transferSyntax });
}

/** The frames of a file, and its data set without them. */
export async function framesOf(file: Buffer) {
  const { dataSet, transferSyntax } = readPart10(file);
  const element = dataSet.get(Tags.PixelData);
  if (element === undefined) throw new Error("no pixels");
  const { bytes } = dataSet.origin!.source;
  const length = element.undefinedLength ? undefined : element.end - element.value;
  const locations = await frameLocations({
    dataSet,
    transferSyntax,
    pixelData: { offset: element.value, length },
    read: async (offset, size) => bytes.subarray(offset, offset + size),
  });
  const frames = locations.map(({ pieces }) =>
    Buffer.concat(pieces.map((piece) => bytes.subarray(piece.offset, piece.offset + piece.length))),
  );
  return { head: dataSet, uid: transferSyntax.uid, frames };
}

/** The file in another transfer syntax, written as it would be while it streams: the head, then frame by frame. */
export async function transcoded(pixels: Pixels, file: Buffer, to: string): Promise<Buffer> {
  const { head, uid, frames } = await framesOf(file);
  const transcoding = planTranscoding(head, uid, to);
  applyTranscoding(head, transcoding);
  head.delete(Tags.PixelData);
  const pieces = [Buffer.alloc(128), Buffer.from("DICM"), encodeMeta(undefined, to, head), encodeDataSet(head, to)];
  pieces.push(pixelDataHead(transcoding));
  let written = 0;
  for (const frame of frames) {
    const result = await pixels.transcode(frame, transcoding, { urgency: "now" });
    const { before, after } = frameAround(transcoding, result.length);
    pieces.push(before, Buffer.from(result), after);
    written += result.length;
  }
  return Buffer.concat([...pieces, pixelDataEnd(transcoding, written)]);
}

/** The value of every sample of every frame of a file without compression, colours by pixel. */
export async function valuesOf(file: Buffer): Promise<Int32Array> {
  const { head, uid, frames } = await framesOf(file);
  if (uid !== SYNTAX.native && uid !== SYNTAX.implicit) throw new Error(`not native: ${uid}`);
  const width = (head.integer(Tags.BitsAllocated) ?? 8) / 8;
  const stored = head.integer(Tags.BitsStored) ?? 8;
  const signed = head.integer(Tags.PixelRepresentation) === 1;
  const samples = head.integer(Tags.SamplesPerPixel) ?? 1;
  const pixels = (head.integer(Tags.Rows) ?? 0) * (head.integer(Tags.Columns) ?? 0);
  const planar = head.integer(PixelTags.PlanarConfiguration) === 1;
  const values = new Int32Array(frames.length * pixels * samples);
  for (const [index, frame] of frames.entries()) {
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      for (let sample = 0; sample < samples; sample += 1) {
        const at = planar ? sample * pixels + pixel : pixel * samples + sample;
        const raw = frame.readUIntLE(at * width, width);
        const shift = 32 - stored;
        values[(index * pixels + pixel) * samples + sample] = signed
          ? (raw << shift) >> shift
          : (raw << shift) >>> shift;
      }
    }
  }
  return values;
}

/** Where two images differ first, for a message that can be read; undefined when nowhere. */
export function difference(one: Int32Array, other: Int32Array): string | undefined {
  if (one.length !== other.length) return `${one.length} samples and ${other.length}`;
  const at = one.findIndex((value, index) => value !== other[index]);
  return at < 0 ? undefined : `sample ${at}: ${one[at]} and ${other[at]}`;
}
