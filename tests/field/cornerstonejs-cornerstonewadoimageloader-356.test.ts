/**
 * cornerstonejs/cornerstoneWADOImageLoader#356: the loader asks for an instance as octets, which no archive can answer, and
 * nobody could tell why. Here: 406, with what can be had.
 */
import { expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { negotiate } from "../../appliance/dicomweb/index.ts";

it("octets of an instance are refused with what to ask for instead", () => {
  const ask = () =>
    negotiate(
      { what: "objects", sopInstanceUID: "1.2" },
      ["multipart/related; type=application/octet-stream; transfer-syntax=*"],
      { lenient: true },
    );
  expect(ask).toThrow(CodedError);
  try {
    ask();
  } catch (error) {
    const { code, definition, details } = error as CodedError;
    expect(code).toBe("DICOMWEB_NOT_ACCEPTABLE");
    expect(definition.remedy.en).toContain("{available}");
    expect(details.available).toMatch(/type="application\/dicom"; transfer-syntax=….*, application\/dicom/);
  }
});
