/**
 * Efferent-Health/HL7-V2#3, Efferent-Health/HL7-dotnetcore#108: is a-umlaut `\X00E4\` or `\XC3A4\`?
 *
 * Our rule: the bytes of `\Xdd..\` are of the message's character set, several sequences in a row make one text, and
 * what is no text in that set is refused, not guessed.
 */
import { expect, it } from "vitest";
import { encode, parseMessage } from "../../appliance/hl7/index.ts";
import { codeOf } from "../support/codes.ts";

function read(name: string, set: string): string | undefined {
  const msh = `MSH|^~\\&|R|S|B|S|1||ORU^R01|7|P|2.5|||||FRA|${set}`;
  return parseMessage(encode(`${msh}\rPID|||||${name}`, "utf-8"))
    .segment("PID")
    ?.value(5);
}

it.each([
  ["M\\XC3A4\\rz", "UNICODE UTF-8", "März"],
  ["M\\XC3\\\\XA4\\rz", "UNICODE UTF-8", "März"],
  ["M\\XE4\\rz", "8859/1", "März"],
  ["1 \\XA4\\", "8859/15", "1 €"],
  ["M\\XZZ\\rz", "UNICODE UTF-8", "M\\XZZ\\rz"],
  ["a \\E\\XC3A4\\E\\ b", "UNICODE UTF-8", "a \\XC3A4\\ b"],
])("%s in %s is %s", (name, set, text) => {
  expect(read(name, set)).toBe(text);
});

it.each([
  ["M\\X00E4\\rz", "UNICODE UTF-8"],
  ["M\\X00E4\\rz", "8859/1"],
  ["M\\XE4\\rz", "UNICODE UTF-8"],
  ["M\\XC3A4\\rz", "ASCII"],
])("%s in %s is refused", (name, set) => {
  expect(codeOf(() => read(name, set))).toBe("HL7_CHARSET PID-5.1");
});
