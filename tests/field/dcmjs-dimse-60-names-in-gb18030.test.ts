/** PantelisGeorgiadis/dcmjs-dimse#60: a query in GB18030 must be understood and answered. */
import { expect, it } from "vitest";
import {
  chooseCharacterSet,
  DataSet,
  encodeDataSet,
  ImplicitVRLittleEndian,
  readDataSet,
  Tags,
} from "../../appliance/dicom/index.ts";
import { implicit } from "../dicom/bytes.ts";

const transferSyntax = ImplicitVRLittleEndian;

it("a Chinese name asked for in GB18030 is answered in ISO_IR 192, and says so", () => {
  const query = Buffer.concat([implicit(0x00080005, "GB18030 "), implicit(0x00100010, "\xcd\xf5^\xd0\xa1\xb6\xab ")]);
  const asked = readDataSet(query, { transferSyntax }).string(Tags.PatientName)!;
  expect(asked).toBe("王^小东");
  const set = chooseCharacterSet([asked])!;
  expect(set).toBe("ISO_IR 192");
  const answer = new DataSet().set(Tags.SpecificCharacterSet, "CS", set).set(Tags.PatientName, "PN", asked);
  const read = readDataSet(encodeDataSet(answer, transferSyntax), { transferSyntax });
  expect(read.string(Tags.PatientName)).toBe(asked);
  expect(read.isSuspect(Tags.PatientName)).toBe(false);
});
