/**
 * JPEG lossless (ITU-T T.81 annex H, process 14): Huffman-coded differences from one of seven predictions. Our own, for want of
 * a package that decodes 16-bit colours and restart intervals, and that notices when the stream ends too early.
 */
import { fault } from "./errors.ts";
import { type JpegHeader, readJpegHeader } from "./jpeg-header.ts";

const CODEC = "JPEG Lossless";
const DHT = 0xc4;
const SOS = 0xda;
const DRI = 0xdd;
const EOI = 0xd9;
/** Bits that are looked up at once; longer codes are searched. */
const LOOK_AHEAD = 8;

interface HuffmanTable {
  /** By the next eight bits: length of the code times 256 plus its value; 0 for longer codes. */
  readonly short: Uint16Array;
  /** By length: the greatest code of that length, or -1, and what makes an index of a code. */
  readonly largest: Int32Array;
  readonly offset: Int32Array;
  readonly values: Uint8Array;
}

interface Scan {
  /** Index in the frame of each component of the scan, and its table. */
  readonly components: readonly { readonly index: number; readonly table: HuffmanTable }[];
  readonly predictor: number;
  readonly pointTransform: number;
}

/**
 * The samples of every component by pixel, each as wide as it was coded (1 or 2 bytes, little endian). Throws PIXELS_DAMAGED.
 */
export function decodeLosslessJpeg(stream: Uint8Array): { header: JpegHeader; samples: Uint8Array | Uint16Array } {
  const header = readJpegHeader(stream, CODEC);
  const { rows, columns, precision, components } = header;
  if (header.frame !== 0xc3 || precision < 2 || precision > 16) throw damaged();
  if (components.some(({ horizontal, vertical }) => horizontal !== 1 || vertical !== 1)) throw damaged();
  const count = rows * columns * components.length;
  const samples = precision > 8 ? new Uint16Array(count) : new Uint8Array(count);
  const tables: (HuffmanTable | undefined)[] = [];
  const decoded = new Set<number>();
  let restartInterval = 0;
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  for (let at = 2; at + 4 <= stream.length && decoded.size < components.length; ) {
    const marker = stream[at + 1] as number;
    if (stream[at] !== 0xff || marker === EOI) throw damaged();
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    const segment = stream.subarray(at + 4, end);
    at = end;
    if (marker === DHT) readTables(segment, tables);
    if (marker === DRI) restartInterval = ((segment[0] ?? 0) << 8) | (segment[1] ?? 0);
    if (marker === SOS) {
      const scan = readScan(segment, header, tables);
      for (const { index } of scan.components) {
        if (decoded.has(index)) throw damaged();
        decoded.add(index);
      }
      at = new ScanDecoder(stream, end, header, scan, restartInterval, samples).decode();
    }
  }
  if (decoded.size < components.length) throw damaged();
  return { header, samples };
}

/** T.81 B.2.4.2 and C.2. */
function readTables(segment: Uint8Array, tables: (HuffmanTable | undefined)[]): void {
  for (let at = 0; at + 17 <= segment.length; ) {
    const name = segment[at] as number;
    const lengths = segment.subarray(at + 1, at + 17);
    const total = lengths.reduce((sum, one) => sum + one, 0);
    const values = segment.slice(at + 17, at + 17 + total);
    if (values.length !== total || total > 256) throw damaged();
    // Tables of AC coefficients have no place here.
    if (name < 4) tables[name] = makeTable(lengths, values);
    at += 17 + total;
  }
}

function makeTable(lengths: Uint8Array, values: Uint8Array): HuffmanTable {
  const short = new Uint16Array(1 << LOOK_AHEAD);
  const largest = new Int32Array(17).fill(-1);
  const offset = new Int32Array(17);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length += 1) {
    const count = lengths[length - 1] as number;
    offset[length] = index - code;
    for (let left = count; left > 0; left -= 1, code += 1, index += 1) {
      if (length > LOOK_AHEAD) continue;
      const shift = LOOK_AHEAD - length;
      short.fill((length << 8) | (values[index] as number), code << shift, (code + 1) << shift);
    }
    if (code > 1 << length) throw damaged();
    if (count > 0) largest[length] = code - 1;
    code <<= 1;
  }
  return { short, largest, offset, values };
}

/** T.81 B.2.3 and H.1.2. */
function readScan(
  segment: Uint8Array,
  { components, precision }: JpegHeader,
  tables: readonly (HuffmanTable | undefined)[],
) {
  const count = segment[0] ?? 0;
  if (segment.length !== 4 + count * 2) throw damaged();
  const scan: Scan = {
    components: Array.from({ length: count }, (_, at) => {
      const index = components.findIndex(({ id }) => id === segment[1 + at * 2]);
      const table = tables[(segment[2 + at * 2] as number) >> 4];
      if (index < 0 || table === undefined) throw damaged();
      return { index, table };
    }),
    predictor: segment[1 + count * 2] as number,
    pointTransform: (segment[3 + count * 2] as number) & 15,
  };
  if (count === 0 || scan.predictor < 1 || scan.predictor > 7 || scan.pointTransform >= precision) throw damaged();
  return scan;
}

/** One scan: its bits, and the samples that become of them. */
class ScanDecoder {
  readonly #stream: Uint8Array;
  readonly #header: JpegHeader;
  readonly #scan: Scan;
  readonly #restartInterval: number;
  readonly #samples: Uint8Array | Uint16Array;
  #at: number;
  /** Bits that were read and not used yet: the lowest `#available` of `#bits`. */
  #bits = 0;
  #available = 0;
  /** How many of them stand for what is behind a marker. */
  #madeUp = 0;

  constructor(
    stream: Uint8Array,
    at: number,
    header: JpegHeader,
    scan: Scan,
    restartInterval: number,
    samples: Uint8Array | Uint16Array,
  ) {
    this.#stream = stream;
    this.#at = at;
    this.#header = header;
    this.#scan = scan;
    this.#restartInterval = restartInterval;
    this.#samples = samples;
  }

  /** Gives where the next marker is. */
  decode(): number {
    const { rows, columns, components: all, precision } = this.#header;
    const { components, predictor, pointTransform } = this.#scan;
    const samples = this.#samples;
    const stride = all.length;
    const line = columns * stride;
    const first = 1 << (precision - pointTransform - 1);
    const greatest = (1 << (precision - pointTransform)) - 1;
    // A restart interval is whole lines (T.81 H.1.1); the line that it begins with is predicted as the first of the image.
    if (this.#restartInterval % columns !== 0) throw damaged();
    const linesAtOnce = this.#restartInterval / columns;
    for (let row = 0; row < rows; row += 1) {
      const restarted = row === 0 || (linesAtOnce > 0 && row % linesAtOnce === 0);
      if (restarted && row > 0) this.#restart(row / linesAtOnce - 1);
      for (let column = 0; column < columns; column += 1) {
        for (const { index, table } of components) {
          const at = row * line + column * stride + index;
          let prediction: number;
          if (column === 0) prediction = restarted ? first : (samples[at - line] as number);
          else if (restarted) prediction = samples[at - stride] as number;
          else {
            const left = samples[at - stride] as number;
            const above = samples[at - line] as number;
            prediction = predict(predictor, left, above, samples[at - line - stride] as number);
          }
          const value = (prediction + this.#difference(table)) & 0xffff;
          if (value > greatest) throw damaged();
          samples[at] = value;
        }
      }
    }
    if (pointTransform > 0) this.#undoPointTransform();
    return this.#nextMarker();
  }

  #undoPointTransform(): void {
    const { components, pointTransform } = this.#scan;
    const stride = this.#header.components.length;
    for (const { index } of components) {
      for (let at = index; at < this.#samples.length; at += stride) {
        this.#samples[at] = (this.#samples[at] as number) << pointTransform;
      }
    }
  }

  /** T.81 F.2.2.1 and H.1.2.2: 16 bits of difference are 32,768, without more bits. */
  #difference(table: HuffmanTable): number {
    const size = this.#symbol(table);
    if (size === 0) return 0;
    if (size === 16) return 32_768;
    if (size > 16) throw damaged();
    const value = this.#take(size);
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }

  #symbol({ short, largest, offset, values }: HuffmanTable): number {
    this.#fill(16);
    const found = short[(this.#bits >>> (this.#available - LOOK_AHEAD)) & 0xff] as number;
    if (found > 0) {
      this.#spend(found >> 8);
      return found & 0xff;
    }
    for (let length = LOOK_AHEAD + 1; length <= 16; length += 1) {
      const code = (this.#bits >>> (this.#available - length)) & ((1 << length) - 1);
      if (code > (largest[length] as number)) continue;
      this.#spend(length);
      return values[code + (offset[length] as number)] as number;
    }
    throw damaged();
  }

  #take(count: number): number {
    this.#fill(count);
    const value = (this.#bits >>> (this.#available - count)) & ((1 << count) - 1);
    this.#spend(count);
    return value;
  }

  /** Bits that were made up to look ahead must not be used. */
  #spend(count: number): void {
    this.#available -= count;
    if (this.#available < this.#madeUp) throw damaged();
  }

  /** At least `count` bits, at most 24: a marker stands where it is, and ones are made up for what would follow (T.81 F.1.2.3). */
  #fill(count: number): void {
    while (this.#available < count) {
      let byte = this.#stream[this.#at] as number;
      if (byte === undefined || (byte === 0xff && this.#stream[this.#at + 1] !== 0)) {
        byte = 0xff;
        this.#madeUp += 8;
      } else this.#at += byte === 0xff ? 2 : 1;
      this.#bits = ((this.#bits << 8) | byte) & 0xffffff;
      this.#available += 8;
    }
  }

  #restart(index: number): void {
    const at = this.#nextMarker();
    if (this.#stream[at + 1] !== 0xd0 + (index % 8)) throw damaged();
    this.#at = at + 2;
    this.#bits = 0;
    this.#available = 0;
    this.#madeUp = 0;
  }

  /** Where the marker is that must follow now; fewer than eight bits of padding are left. */
  #nextMarker(): number {
    if (this.#available - this.#madeUp >= 8) throw damaged();
    let at = this.#at;
    while (this.#stream[at] === 0xff && this.#stream[at + 1] === 0xff) at += 1;
    if (this.#stream[at] !== 0xff || this.#stream[at + 1] === 0) throw damaged();
    return at;
  }
}

/** T.81 table H.1. */
function predict(predictor: number, left: number, above: number, aboveLeft: number): number {
  switch (predictor) {
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return aboveLeft;
    case 4:
      return left + above - aboveLeft;
    case 5:
      return left + ((above - aboveLeft) >> 1);
    case 6:
      return above + ((left - aboveLeft) >> 1);
    default:
      return (left + above) >> 1;
  }
}

function damaged() {
  return fault("PIXELS_DAMAGED", { details: { codec: CODEC } });
}
