/** fo-dicom/fo-dicom#1805: ISO 2022 IR 58, and the spellings of the defined terms that devices really send. */
import { expect, it } from "vitest";
import { characterSetOf } from "../../appliance/dicom/index.ts";

const decode = (terms: string[], bytes: string) => characterSetOf(terms).decode(Buffer.from(bytes, "latin1"), true);

it.each(["ISO_IR 100", "ISO-IR 100", "ISO IR 100", "ISO_IR_100", "ISO_IR100", "iso_ir 100", "LATIN1", "ISO8859-1"])(
  "%s is Latin-1",
  (term) => {
    expect(decode([term], "\xe9")).toEqual({ text: "é", suspect: false });
    expect(characterSetOf([term]).terms).toEqual(["ISO_IR 100"]);
  },
);

it.each(["ISO_IR 192", "ISO-IR 192", "UTF-8", "utf8"])("%s is UTF-8", (term) => {
  expect(decode([term], "\xc3\xa9")).toEqual({ text: "é", suspect: false });
});

it.each(["ISO 2022 IR 58", "ISO 2022 IR58", "ISO2022IR58", "ISO-2022-IR-58", "ISO_2022_IR_58"])(
  "%s is GB 2312",
  (term) => {
    expect(decode(["", term], "\x1b$)A\xd5\xc5")).toEqual({ text: "张", suspect: false });
  },
);
