import { fault } from "./errors.ts";

/** What the header of a JPEG or JPEG-LS stream says (ITU-T T.81 B.2, T.87 C.2). */
export interface JpegHeader {
  /** Second byte of the start of frame: 0xC0 baseline, 0xC3 lossless, 0xF7 JPEG-LS. */
  readonly frame: number;
  readonly precision: number;
  readonly rows: number;
  readonly columns: number;
  readonly components: readonly { readonly id: number; readonly horizontal: number; readonly vertical: number }[];
  /** Components of the first scan. */
  readonly inFirstScan: number;
  /** What the stream says of its colours: a JFIF segment, the transform of an Adobe segment. */
  readonly jfif: boolean;
  readonly adobe: number | undefined;
}

type Frame = Pick<JpegHeader, "frame" | "precision" | "rows" | "columns" | "components">;

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP0 = 0xe0;
const APP14 = 0xee;
/** Start of frame: 0xC0 to 0xCF but for DHT, JPG and DAC; JPEG-LS. */
const isFrame = (marker: number) =>
  marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker));

/** Reads up to the first scan. Throws PIXELS_DAMAGED: also when the end of the image is missing. */
export function readJpegHeader(stream: Uint8Array, codec: string): JpegHeader {
  const damaged = fault("PIXELS_DAMAGED", { details: { codec } });
  if (stream[0] !== 0xff || stream[1] !== SOI || !endsWith(stream, EOI)) throw damaged;
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  let frame: Frame | undefined;
  let jfif = false;
  let adobe: number | undefined;
  for (let at = 2; at + 4 <= stream.length; ) {
    const marker = stream[at + 1] as number;
    if (stream[at] !== 0xff) throw damaged;
    // Fill bytes (T.81 B.1.1.2).
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = view.getUint16(at + 2);
    const segment = stream.subarray(at + 4, at + 2 + length);
    if (length < 2 || segment.length !== length - 2) throw damaged;
    if (marker === SOS) {
      if (frame === undefined) throw damaged;
      return { ...frame, inFirstScan: segment[0] ?? 0, jfif, adobe };
    }
    if (isFrame(marker)) {
      if (frame !== undefined || segment.length < 6) throw damaged;
      frame = readFrame(marker, segment);
      if (frame.components.length === 0 || segment.length < 6 + frame.components.length * 3) throw damaged;
    }
    if (marker === APP0 && startsWith(segment, "JFIF\0")) jfif = true;
    if (marker === APP14 && startsWith(segment, "Adobe") && segment.length >= 12) adobe = segment[11] as number;
    at += 2 + length;
  }
  throw damaged;
}

function readFrame(frame: number, segment: Uint8Array): Frame {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
  const count = Math.min(view.getUint8(5), Math.floor((segment.length - 6) / 3));
  return {
    frame,
    precision: view.getUint8(0),
    rows: view.getUint16(1),
    columns: view.getUint16(3),
    components: Array.from({ length: view.getUint8(5) === count ? count : 0 }, (_, index) => {
      const at = 6 + index * 3;
      const sampling = view.getUint8(at + 1);
      return { id: view.getUint8(at), horizontal: sampling >> 4, vertical: sampling & 15 };
    }),
  };
}

/** True when the last bytes are that marker, but for padding: zeros by PS3.5 A.4, ones by some encoders. */
export function endsWith(stream: Uint8Array, marker: number): boolean {
  let end = stream.length;
  while (end > 0 && (stream[end - 1] === 0 || stream[end - 1] === 0xff)) end -= 1;
  return stream[end - 1] === marker && stream[end - 2] === 0xff;
}

function startsWith(segment: Uint8Array, text: string): boolean {
  return (
    Buffer.from(segment.buffer, segment.byteOffset, Math.min(text.length, segment.length)).toString("latin1") === text
  );
}
