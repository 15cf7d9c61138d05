/** A manifest written byte by byte, explicit VR little endian: independent of the product's own writer. */

type Value = string | Uint8Array | readonly Buffer[];

const LONG = new Set(["OB", "SQ", "UT", "UR", "UN"]);

/** One element; a list of data sets makes a sequence of items of defined length. */
export function element(tag: number, vr: string, value: Value): Buffer {
  const bytes = Array.isArray(value)
    ? Buffer.concat(
        value.map((one: Buffer) => Buffer.concat([Buffer.from("feff00e0", "hex"), length32(one.length), one])),
      )
    : Buffer.from(value as string, "utf8");
  const padding = bytes.length % 2 === 0 ? "" : vr === "UI" || vr === "OB" ? "\0" : " ";
  const body = Buffer.concat([bytes, Buffer.from(padding)]);
  const head = Buffer.alloc(4);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  const length = Buffer.alloc(2);
  if (!LONG.has(vr)) length.writeUInt16LE(body.length, 0);
  const tail = LONG.has(vr) ? Buffer.concat([length, length32(body.length)]) : length;
  return Buffer.concat([head, Buffer.from(vr), tail, body]);
}

function length32(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(length, 0);
  return bytes;
}

export interface KosValues {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly metaInstanceUID: string;
  readonly modality: string;
  readonly patientID: string;
  readonly insOid: string;
  readonly studyInstanceUID: string;
  readonly referencedStudyUID: string;
  readonly titleCode: string;
  /** `YYYYMMDD`, `HHMMSS`, `+HHMM`. */
  readonly created: readonly [date: string, time: string, offset: string];
  readonly series: readonly { readonly uid: string; readonly url: string; readonly instances: readonly string[] }[];
}

const CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2";

export function kosBytes(kos: KosValues): Buffer {
  const meta = Buffer.concat([
    element(0x00020001, "OB", Uint8Array.of(0, 1)),
    element(0x00020002, "UI", kos.sopClassUID),
    element(0x00020003, "UI", kos.metaInstanceUID),
    element(0x00020010, "UI", "1.2.840.10008.1.2.1"),
    element(0x00020012, "UI", "2.25.1"),
  ]);
  const group = Buffer.alloc(4);
  group.writeUInt32LE(meta.length, 0);
  const [date, time, offset] = kos.created;
  const series = kos.series.map(({ uid, url, instances }) =>
    Buffer.concat([
      element(0x00081190, "UR", url),
      element(
        0x00081199,
        "SQ",
        instances.map((one) => Buffer.concat([element(0x00081150, "UI", CT_IMAGE), element(0x00081155, "UI", one)])),
      ),
      element(0x0020000e, "UI", uid),
    ]),
  );
  const title = [
    element(0x00080100, "SH", kos.titleCode),
    element(0x00080102, "SH", "DCM"),
    element(0x00080104, "LO", "Manifest"),
  ];
  const evidence = [element(0x00081115, "SQ", series), element(0x0020000d, "UI", kos.referencedStudyUID)];
  const issuer = [element(0x00400032, "UT", kos.insOid), element(0x00400033, "CS", "ISO")];
  const dataSet = [
    element(0x00080012, "DA", date),
    element(0x00080013, "TM", time),
    element(0x00080016, "UI", kos.sopClassUID),
    element(0x00080018, "UI", kos.sopInstanceUID),
    element(0x00080060, "CS", kos.modality),
    element(0x00080201, "SH", offset),
    element(0x00100010, "PN", "ESSAI^LUCE"),
    element(0x00100020, "LO", kos.patientID),
    element(0x00100024, "SQ", [Buffer.concat(issuer)]),
    element(0x0020000d, "UI", kos.studyInstanceUID),
    element(0x0020000e, "UI", `${kos.sopInstanceUID}.1`),
    element(0x0040a043, "SQ", [Buffer.concat(title)]),
    element(0x0040a375, "SQ", [Buffer.concat(evidence)]),
  ];
  const prefix = Buffer.concat([Buffer.alloc(128), Buffer.from("DICM")]);
  return Buffer.concat([prefix, element(0x00020000, "UL", group), meta, ...dataSet]);
}
