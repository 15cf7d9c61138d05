/** A plain encoder of JPEG lossless (ITU-T T.81 annex H), for streams that no tool at hand makes: each predictor, restarts, 16-bit colours. */

export interface LosslessOptions {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  readonly precision: number;
  readonly predictor: number;
  /** Lines of a restart interval. */
  readonly restartLines?: number;
  readonly pointTransform?: number;
  /** A scan for each component instead of one for all. */
  readonly scans?: boolean;
}

/** Codes of five bits for the seventeen sizes of a difference. */
const BITS = 5;

export function encodeLossless(samples: ArrayLike<number>, options: LosslessOptions): Buffer {
  const { rows, columns, components, precision, predictor, restartLines = 0, pointTransform = 0 } = options;
  const indexes = Array.from({ length: components }, (_, index) => index);
  const uint16 = (value: number) => [value >> 8, value & 255];
  const marker = (code: number, ...body: number[]) => Buffer.from([0xff, code, ...uint16(body.length + 2), ...body]);
  const lengths = Array.from({ length: 16 }, (_, index) => (index + 1 === BITS ? 17 : 0));
  const pieces: Buffer[] = [
    Buffer.from([0xff, 0xd8]),
    marker(0xc4, 0x00, ...lengths, ...Array.from({ length: 17 }, (_, size) => size)),
    marker(
      0xc3,
      precision,
      ...uint16(rows),
      ...uint16(columns),
      components,
      ...indexes.flatMap((id) => [id + 1, 0x11, 0]),
    ),
  ];
  if (restartLines > 0) pieces.push(marker(0xdd, ...uint16(restartLines * columns)));
  for (const scan of options.scans ? indexes.map((index) => [index]) : [indexes]) {
    const inScan = scan.flatMap((index) => [index + 1, 0]);
    pieces.push(marker(0xda, scan.length, ...inScan, predictor, 0, pointTransform));
    pieces.push(scanOf(samples, options, scan));
  }
  return Buffer.concat([...pieces, Buffer.from([0xff, 0xd9])]);
}

function scanOf(samples: ArrayLike<number>, options: LosslessOptions, scan: readonly number[]): Buffer {
  const { rows, columns, components, precision, predictor, restartLines = 0, pointTransform = 0 } = options;
  const bytes: number[] = [];
  let bits = "";
  const flush = (end: boolean) => {
    if (end && bits.length % 8 > 0) bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
    for (; bits.length >= 8; bits = bits.slice(8)) {
      const byte = Number.parseInt(bits.slice(0, 8), 2);
      bytes.push(byte);
      if (byte === 0xff) bytes.push(0);
    }
  };
  const sample = (row: number, column: number, index: number) =>
    (samples[(row * columns + column) * components + index] as number) >> pointTransform;
  for (let row = 0; row < rows; row += 1) {
    const restarted = row === 0 || (restartLines > 0 && row % restartLines === 0);
    if (restarted && row > 0) {
      flush(true);
      bytes.push(0xff, 0xd0 + ((row / restartLines - 1) % 8));
    }
    for (let column = 0; column < columns; column += 1) {
      for (const index of scan) {
        const a = column > 0 ? sample(row, column - 1, index) : 0;
        const b = row > 0 ? sample(row - 1, column, index) : 0;
        const c = row > 0 && column > 0 ? sample(row - 1, column - 1, index) : 0;
        const inside = [a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1][
          predictor - 1
        ] as number;
        const first = 1 << (precision - pointTransform - 1);
        const prediction = column === 0 ? (restarted ? first : b) : restarted ? a : inside;
        const wrapped = (sample(row, column, index) - prediction) & 0xffff;
        const value = wrapped > 0x8000 ? wrapped - 0x10000 : wrapped;
        const size = value === 0x8000 ? 16 : value === 0 ? 0 : 32 - Math.clz32(Math.abs(value));
        bits += size.toString(2).padStart(BITS, "0");
        if (size > 0 && size < 16) bits += (value < 0 ? value + 2 ** size - 1 : value).toString(2).padStart(size, "0");
        flush(false);
      }
    }
  }
  flush(true);
  return Buffer.from(bytes);
}
