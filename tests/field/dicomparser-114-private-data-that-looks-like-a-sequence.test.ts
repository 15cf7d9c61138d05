/** cornerstonejs/dicomParser#114: in implicit VR a private value may begin with the bytes of an item tag. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { encodeDataSet, ImplicitVRLittleEndian, readDataSet, readPart10, Tags } from "../../appliance/dicom/index.ts";
import { implicit, tagBytes, u32 } from "../dicom/bytes.ts";
import { sharedSamples } from "../support/samples.ts";

const transferSyntax = ImplicitVRLittleEndian;
const samples = sharedSamples();

it("an unknown private element is opaque by its length, and what follows it is read", () => {
  const lookalike = Buffer.concat([tagBytes(0xfffee000), u32(0xffffffff), Buffer.from("no items here.")]);
  const bytes = Buffer.concat([implicit(0x00091001, lookalike), implicit(0x00100020, "4711")]);
  const dataSet = readDataSet(bytes, { transferSyntax });
  expect(dataSet.get(0x00091001)?.vr).toBe("UN");
  expect(dataSet.items(0x00091001)).toEqual([]);
  expect(Buffer.from(dataSet.bytes(0x00091001)!).equals(lookalike)).toBe(true);
  expect(dataSet.string(Tags.PatientID)).toBe("4711");
  expect(encodeDataSet(dataSet, transferSyntax).equals(bytes)).toBe(true);
});

it.skipIf(samples === undefined)("a real one, from a scanner (skipped when ../shared is absent)", () => {
  const { dataSet } = readPart10(readFileSync(join(samples!, "dicom-corpus", "priv_SQ.dcm")));
  expect(dataSet.get(0x3f031001)?.vr).toBe("UN");
  expect(dataSet.bytes(0x3f031001)).toHaveLength(0xa6);
});
