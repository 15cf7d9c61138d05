/** dcm4che/dcm4che#1503: after a component in another set, the first set must be active again (PS3.5 6.1.2.5.3). */
import { expect, it } from "vitest";
import { characterSetOf } from "../../appliance/dicom/index.ts";

const terms = ["ISO 2022 IR 100", "ISO 2022 IR 149"];
const hangul = "\x1b$)C\xc8\xab";
const decode = (bytes: string, personName: boolean) =>
  characterSetOf(terms).decode(Buffer.from(bytes, "latin1"), personName);

it.each(["^", "="])("the escape state is reset at %s in a person name", (delimiter) => {
  const bytes = `\xe7a${delimiter}${hangul}${delimiter}\xe7a`;
  expect(decode(bytes, true)).toEqual({ text: `ça${delimiter}홍${delimiter}ça`, suspect: false });
});

it.each(["\\", "\r", "\n", "\r\n", "\f", "\t"])("and at %j in any text", (delimiter) => {
  expect(decode(`${hangul}${delimiter}\xe7a`, false)).toEqual({ text: `홍${delimiter}ça`, suspect: false });
});

it("but not at a ^ in a text that is no person name", () => {
  expect(decode(`${hangul}^\xc8\xab`, false).text).toBe("홍^홍");
});
