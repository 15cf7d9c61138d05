/** What others compress is decoded, and what is compressed here is decoded by others, to the same pixels. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPart10 } from "../../appliance/dicom/index.ts";
import { createPixels } from "../../appliance/pixels/index.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";
import { type Drawing, difference, drawing, fileOf, imageOf, SYNTAX, transcoded, valuesOf } from "./support.ts";

const pixels = createPixels();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pixels-"));
});
afterAll(async () => {
  await pixels.close();
  rmSync(folder, { recursive: true });
});

/** What a command makes of a file. */
function made(command: string, options: readonly string[], file: Buffer): Buffer {
  const [from, to] = [join(folder, "from.dcm"), join(folder, "to.dcm")];
  writeFileSync(from, file);
  rmSync(to, { force: true });
  const { status, stderr } = spawnSync(command, [...options, from, to], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return readFileSync(to);
}

const grey8 = drawing({ bitsAllocated: 8, bitsStored: 8, rows: 33, columns: 35 });
const rgb = drawing({ bitsAllocated: 8, bitsStored: 8, photometric: "RGB", rows: 33, columns: 35 });
const images: Readonly<Record<string, Drawing>> = {
  "8 bits": grey8,
  "12 bits": drawing(),
  "12 bits, signed": drawing({ signed: true }),
  "16 bits": drawing({ bitsStored: 16 }),
  "16 bits, signed": drawing({ bitsStored: 16, signed: true }),
  colours: rgb,
  "colours by plane": { ...rgb, planar: 1 },
  "three frames": drawing({ frames: 3 }),
  palette: { ...grey8, photometric: "PALETTE COLOR" },
};

interface Peer {
  readonly name: string;
  readonly encode?: readonly [command: string, ...options: string[]];
  readonly decode?: readonly [command: string, ...options: string[]];
  readonly syntax: string;
  /** Images that it does not take. */
  readonly except?: readonly string[];
}

const signed = ["12 bits, signed", "16 bits, signed"];
const peers: readonly Peer[] = [
  { name: "JPEG-LS of DCMTK", encode: ["dcmcjpls"], decode: ["dcmdjpls"], syntax: SYNTAX.jpegLs },
  { name: "RLE of DCMTK", encode: ["dcmcrle"], decode: ["dcmdrle"], syntax: SYNTAX.rle },
  { name: "JPEG lossless of DCMTK", encode: ["dcmcjpeg", "+e1"], syntax: SYNTAX.losslessFirstOrder },
  ...[1, 2, 3, 4, 5, 6, 7].map(
    (predictor): Peer => ({
      name: `JPEG lossless of DCMTK, predictor ${predictor}`,
      encode: ["dcmcjpeg", "+el", "+sv", String(predictor)],
      syntax: SYNTAX.lossless,
    }),
  ),
  { name: "JPEG-LS of GDCM", encode: ["gdcmconv", "--jpegls"], decode: ["gdcmconv", "--raw"], syntax: SYNTAX.jpegLs },
  {
    name: "JPEG 2000 of GDCM",
    encode: ["gdcmconv", "--j2k"],
    decode: ["gdcmconv", "--raw"],
    syntax: SYNTAX.j2kLossless,
  },
  // Its encoder gives up on lines of an odd length.
  { name: "RLE of GDCM", decode: ["gdcmconv", "--raw"], syntax: SYNTAX.rle },
  { name: "JPEG lossless of GDCM", encode: ["gdcmconv", "--jpeg"], syntax: SYNTAX.losslessFirstOrder, except: signed },
];

for (const { name, encode, decode, syntax, except = [] } of peers) {
  const cases = Object.entries(images).filter(([image]) => !except.includes(image));
  const command = (encode ?? decode)?.[0] ?? "";
  const here = hasCommand(command);
  describe.skipIf(!here)(here ? name : `${name}: skipped, ${command} is not installed`, () => {
    it.each(encode === undefined ? [] : cases)("decoded here, its %s is exact", async (_, options) => {
      const file = fileOf(imageOf(options));
      const [, ...rest] = encode ?? [];
      const theirs = made(command, rest, file);
      expect(readPart10(theirs).transferSyntax.uid).toBe(syntax);
      const back = await transcoded(pixels, theirs, SYNTAX.native);
      expect(difference(await valuesOf(file), await valuesOf(back))).toBeUndefined();
    });

    it.each(decode === undefined ? [] : cases)("decoded there, our %s is exact", async (_, options) => {
      const file = fileOf(imageOf(options));
      const [there = "", ...rest] = decode ?? [];
      const theirs = made(there, rest, await transcoded(pixels, file, syntax));
      expect(difference(await valuesOf(file), await valuesOf(theirs))).toBeUndefined();
    });
  });
}

describe.skipIf(!hasCommand("dcmcjpeg"))("JPEG baseline of DCMTK is decoded as DCMTK decodes it", () => {
  /** Two decoders of one DCT may differ by a grey (ITU-T T.83). */
  const farthest = (one: Int32Array, other: Int32Array) =>
    one.reduce((most, value, at) => Math.max(most, Math.abs(value - (other[at] as number))), 0);

  it.each([
    ["grey", grey8, []],
    ["colours, transformed", rgb, ["+cy"]],
    ["colours, transformed and not subsampled", rgb, ["+cy", "+s4"]],
    ["colours as they are", rgb, ["+cr"]],
  ] as const)("%s", async (_, options, extra) => {
    const theirs = made("dcmcjpeg", ["+eb", "+q", "95", ...extra], fileOf(imageOf(options)));
    const ours = await transcoded(pixels, theirs, SYNTAX.native);
    const expected = made("dcmdjpeg", ["+cp"], theirs);
    expect(farthest(await valuesOf(ours), await valuesOf(expected))).toBeLessThanOrEqual(2);
  });
});

const samples = sharedSamples();
describe.skipIf(samples === undefined)(
  samples === undefined ? "odd files: skipped, ../shared is absent" : "odd files of the field",
  () => {
    const sample = (name: string) => readFileSync(join(samples!, "dicom-corpus", name));

    it.each([
      ["JPEG2000.dcm", "JPEG2000_UNC.dcm"],
      ["MR_small_jp2klossless.dcm", "MR_small.dcm"],
      ["MR_small_jpeg_ls_lossless.dcm", "MR_small.dcm"],
      ["MR_small_RLE.dcm", "MR_small.dcm"],
      ["MR_small_bigendian.dcm", "MR_small.dcm"],
      ["SC_rgb_jpeg_gdcm.dcm", "SC_rgb_rle.dcm"],
    ])("%s has the pixels of %s", async (compressed, plain) => {
      const [one, other] = await Promise.all(
        [compressed, plain].map(async (name) => valuesOf(await transcoded(pixels, sample(name), SYNTAX.native))),
      );
      expect(difference(one!, other!)).toBeUndefined();
    });

    it.each([
      ["a codestream within a JP2 file", "GDCMJ2K_TextGBR.dcm"],
      ["padding of another kind", "examples_jpeg2k.dcm"],
      ["colours that an Adobe segment calls RGB", "SC_jpeg_no_color_transform.dcm"],
      ["colours that nothing calls RGB but the header", "SC_rgb_dcmtk_+eb+cr.dcm"],
      ["thirty frames", "examples_ybr_color.dcm"],
    ])("%s are decoded (%s)", async (_, name) => {
      await expect(transcoded(pixels, sample(name), SYNTAX.native)).resolves.toBeInstanceOf(Buffer);
    });

    it.each([
      ["a sign that only the stream has", "J2K_pixelrep_mismatch.dcm", "PIXELS_CONTRADICTION"],
      ["JPEG of 12 bits", "JPGExtended.dcm", "PIXELS_UNSUPPORTED"],
    ])("%s is refused (%s)", async (_, name, code) => {
      await expect(transcoded(pixels, sample(name), SYNTAX.native)).rejects.toMatchObject({ code });
    });
  },
);
