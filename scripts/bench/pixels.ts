/** Frames through the one thread of the pixels: a CT of 512 x 512 of 12 bits, a mammogram of 3,000 x 4,000. */
import { DataSet, Tags } from "../../appliance/dicom/index.ts";
import {
  createPixels,
  describeImage,
  planTranscoding,
  readRenderingQuery,
  renderingOf,
} from "../../appliance/pixels/index.ts";

const NATIVE = "1.2.840.10008.1.2.1";
const SYNTAXES = {
  jpeg_ls: "1.2.840.10008.1.2.4.80",
  jpeg_2000: "1.2.840.10008.1.2.4.90",
  htj2k: "1.2.840.10008.1.2.4.201",
  rle: "1.2.840.10008.1.2.5",
} as const;
const RUNS = 9;

/** Medians, in milliseconds a frame; an encoding includes the decoding that proves it. */
export async function benchPixels(): Promise<Record<string, number>> {
  const pixels = createPixels();
  const figures: Record<string, number> = {};
  const median = async (work: () => Promise<Uint8Array>): Promise<[number, Uint8Array]> => {
    const durations: number[] = [];
    let result = await work();
    for (let run = 0; run < RUNS; run += 1) {
      const start = performance.now();
      result = await work();
      durations.push(performance.now() - start);
    }
    return [durations.sort((one, other) => one - other)[RUNS >> 1] as number, result];
  };
  for (const [image, rows, columns] of [
    ["ct", 512, 512],
    ["mammogram", 4000, 3000],
  ] as const) {
    const head = headOf(rows, columns);
    const native = grainy(rows, columns);
    for (const [name, syntax] of Object.entries(SYNTAXES)) {
      const there = planTranscoding(head, NATIVE, syntax);
      const back = planTranscoding(head, syntax, NATIVE);
      const [encoding, encoded] = await median(() => pixels.transcode(native.slice(), there, { urgency: "now" }));
      const [decoding] = await median(() => pixels.transcode(encoded.slice(), back, { urgency: "now" }));
      figures[`pixels_${image}_${name}_encode_ms`] = encoding;
      figures[`pixels_${image}_${name}_decode_ms`] = decoding;
    }
    const drawing = {
      image: describeImage(head),
      from: NATIVE,
      rendering: renderingOf(head, 1, readRenderingQuery(new URLSearchParams(), "thumbnail")),
    };
    const [thumbnail] = await median(() => pixels.render(native.slice(), drawing, { urgency: "now" }));
    figures[`pixels_${image}_thumbnail_ms`] = thumbnail;
  }
  await pixels.close();
  return figures;
}

function headOf(rows: number, columns: number): DataSet {
  return new DataSet()
    .set(Tags.SamplesPerPixel, "US", 1)
    .set(Tags.PhotometricInterpretation, "CS", "MONOCHROME2")
    .set(Tags.Rows, "US", rows)
    .set(Tags.Columns, "US", columns)
    .set(Tags.BitsAllocated, "US", 16)
    .set(Tags.BitsStored, "US", 12)
    .set(Tags.HighBit, "US", 11)
    .set(Tags.PixelRepresentation, "US", 0);
}

/** A slope with the grain of a scanner. */
function grainy(rows: number, columns: number): Uint8Array {
  const cells = new Uint16Array(rows * columns);
  let state = 1;
  for (let at = 0; at < cells.length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    cells[at] = Math.floor(((at % columns) / columns) * 3000) + 500 + ((state >> 16) % 24);
  }
  return new Uint8Array(cells.buffer);
}
