/** cornerstonejs/dicomParser#89: Chinese names labelled ISO_IR 100 show as Latin garbage. */
import { expect, it } from "vitest";
import { ExplicitVRLittleEndian, encodeDataSet, readDataSet, Tags } from "../../appliance/dicom/index.ts";
import { explicit } from "../dicom/bytes.ts";

const gbk = "\xd5\xc5\xd6\xc7\xba\xea";

it("GBK bytes labelled ISO_IR 100 are kept, marked suspect, and never silently decoded as something else", () => {
  const bytes = Buffer.concat([explicit(0x00080005, "CS", "ISO_IR 100"), explicit(0x00100010, "PN", gbk)]);
  const dataSet = readDataSet(bytes, { transferSyntax: ExplicitVRLittleEndian });
  expect(dataSet.isSuspect(Tags.PatientName)).toBe(true);
  expect(dataSet.string(Tags.PatientName)).toBe(gbk);
  expect(encodeDataSet(dataSet, ExplicitVRLittleEndian).equals(bytes)).toBe(true);
});

it("names of Latin languages labelled ISO_IR 100 are not suspect", () => {
  for (const name of [
    "Buc^J\xe9r\xf4me",
    "GWENA\xcbLLE",
    "cr\xe9\xe9e",
    "\xc4neas^R\xfcdiger",
    "\xc5\xe5",
    "Ho\xefa",
  ]) {
    const bytes = Buffer.concat([explicit(0x00080005, "CS", "ISO_IR 100"), explicit(0x00100010, "PN", name)]);
    const dataSet = readDataSet(bytes, { transferSyntax: ExplicitVRLittleEndian });
    expect(dataSet.isSuspect(Tags.PatientName)).toBe(false);
  }
});
