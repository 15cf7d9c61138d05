import { fault } from "./errors.ts";
import { endsWith } from "./jpeg-header.ts";
import { pixelsLimits } from "./limits.ts";

/** What the main header of a JPEG 2000 codestream says (ITU-T T.800 A.4 to A.6). */
export interface J2kHeader {
  readonly rows: number;
  readonly columns: number;
  /** Of every component. */
  readonly precision: number;
  readonly signed: boolean;
  readonly components: number;
  /** True when the first three components are transformed (RCT or ICT). */
  readonly colourTransform: boolean;
}

/** What COD says of all components (T.800 A.6.1). */
interface CodingStyle {
  readonly colourTransform: boolean;
  /** By the 9-7 wavelet: what comes back is not what went in. */
  readonly irreversible: boolean;
}

const SOC = 0xff4f;
const SIZ = 0xff51;
const COD = 0xff52;
const SOT = 0xff90;
const EOC = 0xffd9;

/** Of SIZ up to its components, and of SOT, behind the markers. */
const SIZ_BYTES = 38;
const SOT_BYTES = 10;
/** Of COD with its marker, up to the kind of its wavelet. */
const COD_BYTES = 14;

/**
 * Reads the main header and follows the tile-parts to the end of the codestream: the decoders fill in silently what is not there.
 * Throws PIXELS_DAMAGED, and PIXELS_CONTRADICTION for components of different kinds, which no DICOM image has.
 */
export function readJ2kHeader(stream: Uint8Array): J2kHeader {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  if (stream.length < 4 + SIZ_BYTES || view.getUint16(0) !== SOC || view.getUint16(2) !== SIZ) throw damaged();
  if (!endsWith(stream, EOC & 0xff)) throw damaged();
  const { tiles, ...size } = readSize(view, 4);
  const { style, end } = readMainHeader(view);
  if (style === undefined) throw damaged();
  followTileParts(view, end, tiles);
  return { ...size, colourTransform: style.colourTransform };
}

/**
 * True when a JPEG 2000 frame was coded with loss, by its first bytes, a JP2 file or not. Throws PIXELS_DAMAGED when these do not
 * tell.
 */
export function isIrreversible(beginning: Uint8Array): boolean {
  const stream = codestreamIn(beginning);
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  if (stream.length < 2 || view.getUint16(0) !== SOC) throw damaged();
  const { style } = readMainHeader(view);
  if (style === undefined) throw damaged();
  return style.irreversible;
}

/** Its marker segments up to the first tile-part; `end` is where that begins. */
function readMainHeader(view: DataView): { readonly style: CodingStyle | undefined; readonly end: number } {
  let style: CodingStyle | undefined;
  let at = 2;
  for (; at + 4 <= view.byteLength; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker === SOT) break;
    if (marker < 0xff00 || view.getUint16(at + 2) < 2) throw damaged();
    if (marker === COD && at + COD_BYTES <= view.byteLength) {
      style = { colourTransform: view.getUint8(at + 8) === 1, irreversible: view.getUint8(at + 13) === 0 };
    }
  }
  return { style, end: at };
}

/** T.800 A.5.1; `at`: Lsiz. */
function readSize(view: DataView, at: number) {
  const word = (index: number) => view.getUint32(at + index * 4);
  const [right, bottom, tileWidth, tileHeight] = [word(1), word(2), word(5), word(6)];
  const offsets = word(3) + word(4) + word(7) + word(8);
  const components = view.getUint16(at + 36);
  if (view.getUint16(at) !== SIZ_BYTES + components * 3 || at + SIZ_BYTES + components * 3 > view.byteLength)
    throw damaged();
  const kinds = new Set(Array.from({ length: components }, (_, index) => kindOf(view, at + SIZ_BYTES + index * 3)));
  const [kind] = kinds;
  if (kind === undefined || tileWidth === 0 || tileHeight === 0) throw damaged();
  const tiles = Math.ceil(right / tileWidth) * Math.ceil(bottom / tileHeight);
  if (tiles > pixelsLimits.tiles) throw damaged();
  // An image that does not begin where its grid begins, or whose components differ, is not one that its header can describe.
  if (kinds.size > 1 || offsets > 0 || kind % 0x10000 !== 0x0101) {
    throw fault("PIXELS_CONTRADICTION", { details: { attribute: "SIZ" } });
  }
  const depth = kind >> 16;
  return { rows: bottom, columns: right, precision: (depth & 0x7f) + 1, signed: depth >= 0x80, components, tiles };
}

/** Depth and sampling of a component in one number. */
function kindOf(view: DataView, at: number): number {
  return view.getUint8(at) * 0x10000 + view.getUint16(at + 1);
}

/** T.800 A.4.2: from one tile-part to the next; each tile must have one. */
function followTileParts(view: DataView, first: number, tiles: number): void {
  const seen = new Set<number>();
  let at = first;
  while (at + 2 + SOT_BYTES <= view.byteLength && view.getUint16(at) === SOT) {
    const tile = view.getUint16(at + 4);
    const length = view.getUint32(at + 6);
    if (tile >= tiles) throw damaged();
    seen.add(tile);
    // The last one may leave its length to be found out.
    if (length === 0) {
      at = view.byteLength;
      break;
    }
    if (length < 2 + SOT_BYTES) throw damaged();
    at += length;
  }
  const complete = at === view.byteLength || (at + 2 <= view.byteLength && view.getUint16(at) === EOC);
  if (!complete || seen.size !== tiles) throw damaged();
}

/** What begins a JP2 file (T.800 I.5.1), and the box that holds the codestream. */
const JP2_SIGNATURE = Buffer.from("0000000c6a5020200d0a870a", "hex");
const CODESTREAM_BOX = 0x6a703263;

/** The codestream: by itself, as PS3.5 A.4.4 has it, or in the boxes of a JP2 file, as some encoders have it. */
export function codestreamIn(frame: Uint8Array): Uint8Array {
  if (!JP2_SIGNATURE.equals(frame.subarray(0, JP2_SIGNATURE.length))) return frame;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  for (let at = JP2_SIGNATURE.length; at + 8 <= frame.length; ) {
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === CODESTREAM_BOX)
      return frame.subarray(at + 8, length === 0 ? undefined : at + length);
    if (length < 8) break;
    at += length;
  }
  throw damaged();
}

function damaged() {
  return fault("PIXELS_DAMAGED", { details: { codec: "JPEG 2000" } });
}
