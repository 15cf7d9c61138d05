import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import {
  type Charset,
  encode,
  escapeText,
  MAX_FIELDS,
  MAX_SEGMENTS,
  MAX_TEXT,
  parseMessage,
  unescapeText,
} from "../../appliance/hl7/index.ts";
import { codeOf } from "../support/codes.ts";

const MSH = "MSH|^~\\&|RIS|SITE|BOX|SITE|20261124||ORU^R01^ORU_R01|1|P|2.5|||||FRA|UNICODE UTF-8";
const separators = { field: 0x7c, component: 0x5e, repetition: 0x7e, escape: 0x5c, subcomponent: 0x26 };

function message(...lines: string[]) {
  return parseMessage(Buffer.from([MSH, ...lines].join("\r")));
}

describe("a message is read by segment, field, repetition, component and subcomponent", () => {
  const pid = message("PID|||1^^^A&1.2&ISO^INS~2^^^B&1.3&ISO^PI||ESSAI^LUCIE").segment("PID")!;

  it("gives each part, and the empty string for what is not there", () => {
    expect(pid.repetitions(3).map((id) => [id.value(1), id.value(4, 2), id.value(5)])).toEqual([
      ["1", "1.2", "INS"],
      ["2", "1.3", "PI"],
    ]);
    expect(pid.value(5, 2)).toBe("LUCIE");
    for (const [field, component, subcomponent] of [[4], [5, 3], [5, 2, 2], [99]])
      expect(pid.value(field!, component, subcomponent)).toBe("");
    expect(pid.repetitions(4)).toEqual([]);
  });

  it("counts MSH-1 as the separator itself and leaves MSH-2 as it is", () => {
    const { msh } = message();
    expect(msh.raw(1).toString()).toBe("|");
    expect(msh.raw(2).toString()).toBe("^~\\&");
    expect(msh.value(9, 3)).toBe("ORU_R01");
  });

  it('tells the HL7 null from silence in the exact text, and reads both as "nothing said"', () => {
    const segment = message('PID|||""||').segment("PID")!;
    expect([segment.text(3), segment.value(3), segment.text(4), segment.value(4)]).toEqual(['""', "", "", ""]);
  });

  it("reads other delimiters than the usual ones", () => {
    const odd = parseMessage(Buffer.from("MSH#*~!%#RIS#S#B#S#1##ORU*R01#1#P#2.5\rPID###1*2%3"));
    expect(odd.msh.value(9, 2)).toBe("R01");
    expect(odd.segment("PID")?.value(3, 2, 2)).toBe("3");
  });

  it.each([
    ["nothing", ""],
    ["text", "Bonjour"],
    ["another segment first", "PID|1"],
    ["no delimiters", "MSH"],
    ["too few delimiters", "MSH|^"],
    ["the same delimiter twice", "MSH|^~|&|A"],
    ["a letter as delimiter", "MSH|^~A&|A"],
    ["a delimiter of base64: it would cut the document", "MSH/^~\\&/A"],
    ["another one", "MSH|^~\\+|A"],
    ["a dot: it would cut every OID", "MSH|.~\\&|A"],
    ["a batch of batches", `BHS|^~\\&|A\r${MSH}`],
    ["a batch", `FHS|^~\\&|A\r${MSH}`],
  ])("refuses %s", (_what, text) => {
    expect(codeOf(() => parseMessage(Buffer.from(text)))).toMatch(/^HL7_NOT_A_MESSAGE/);
  });
});

describe("MSH-18 says how the bytes are read", () => {
  const named: [string, Charset, string][] = [
    ["UNICODE UTF-8", "utf-8", "Gwenaëlle Œ€ 漢"],
    ["8859/1", "latin1", "Gwenaëlle"],
    ["8859/15", "latin9", "Gwenaëlle Œœ€Ž"],
    ["ASCII", "ascii", "Gwenaelle"],
  ];
  it.each(named)("%s", (name, charset, text) => {
    const bytes = encode(`${MSH.replace("UNICODE UTF-8", name)}\rPID|||||${text}`, charset);
    expect(parseMessage(bytes).segment("PID")?.value(5)).toBe(text);
  });

  it("takes the default of the peer when it is empty", () => {
    const bytes = Buffer.from(`${MSH.replace("UNICODE UTF-8", "")}\rPID|||||Gwena\xeblle`, "latin1");
    expect(parseMessage(bytes, { defaultCharset: "latin1" }).segment("PID")?.value(5)).toBe("Gwenaëlle");
    expect(codeOf(() => parseMessage(bytes))).toBe("HL7_CHARSET MSH-18");
  });

  it("refuses bytes that are not of the declared set, and sets it does not know", () => {
    const latin = (name: string) => Buffer.from(`${MSH.replace("UNICODE UTF-8", name)}\rPID|||||\xe9`, "latin1");
    expect(codeOf(() => parseMessage(latin("UNICODE UTF-8")))).toBe("HL7_CHARSET MSH-18");
    expect(codeOf(() => parseMessage(latin("ASCII")))).toBe("HL7_CHARSET MSH-18");
    expect(codeOf(() => parseMessage(latin("ISO IR87")))).toBe("HL7_CHARSET_UNKNOWN MSH-18");
  });

  it("refuses a header that is no text before anyone asks for it", () => {
    expect(codeOf(() => parseMessage(Buffer.from(MSH.replace("RIS", "R\\X00\\S"))))).toBe("HL7_CHARSET MSH-3.1");
  });

  it("writes what a set has and a question mark for what it has not", () => {
    expect(encode("é€漢¤", "latin9").toString("hex")).toBe("e9a43f3f");
    expect(encode("é€", "latin1").toString("hex")).toBe("e93f");
    expect(encode("é", "ascii").toString("hex")).toBe("3f");
  });
});

describe("limits hold before the work is done", () => {
  it("caps segments, fields and the control id", () => {
    const many = Array.from({ length: MAX_SEGMENTS }, () => "NTE|1").join("\r");
    expect(codeOf(() => message(many))).toBe("HL7_TOO_MANY_PARTS");
    const wide = message(`OBX${"|".repeat(MAX_FIELDS)}`);
    expect(codeOf(() => wide.segment("OBX")?.value(5))).toBe("HL7_TOO_MANY_PARTS OBX");
    expect(codeOf(() => parseMessage(Buffer.from(MSH.replace("|1|P", `|${"9".repeat(200)}|P`))))).toBe(
      "HL7_FIELD_TYPE MSH-10",
    );
  });

  it("reads no text longer than the standard has any: 20 MB in MSH-12 or PID-5 are refused unread", () => {
    const long = "x".repeat(20_000_000);
    expect(codeOf(() => parseMessage(Buffer.from(`${MSH}${long}`)))).toMatch(/^HL7_FIELD_TYPE MSH-\d+\.1$/);
    expect(codeOf(() => message(`PID|||1||${long}`).segment("PID")?.value(5))).toBe("HL7_FIELD_TYPE PID-5.1");
    expect(
      message(`NTE|||${"x".repeat(MAX_TEXT)}`)
        .segment("NTE")
        ?.value(3),
    ).toHaveLength(MAX_TEXT);
  });

  it("does not split a field that nobody asks for: 20 MB of separators in OBX-5", () => {
    const bytes = Buffer.from(`${MSH}\rOBX|1|ED|X||${"^&~".repeat(7_000_000)}|||F`);
    expect(parseMessage(bytes).segment("OBX")?.value(2)).toBe("ED");
  });
});

describe("any bytes give a message or a coded error", () => {
  const fragments = fc.constantFrom(
    "MSH|^~\\&|",
    "PID",
    "|",
    "^",
    "~",
    "&",
    "\\",
    "\\X0D\\",
    "\\X",
    "\r",
    "\n",
    "é",
    '""',
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array)),
    fc.array(fragments, { maxLength: 60 }).map((parts) => Buffer.from(`${MSH}${parts.join("")}`)),
  );

  it("reads every field of every segment", () => {
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          for (const segment of parseMessage(input).segments)
            for (let field = 1; field < 30; field++)
              for (const repetition of segment.repetitions(field)) repetition.value(2, 2);
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("gives back any text that was escaped", () => {
    const charsets = fc.constantFrom<Charset>("utf-8");
    const text = fc.string({ unit: "grapheme" }).map((s) => s.replace(/[\x00-\x09\x0b-\x1f]/g, ""));
    fc.assert(
      fc.property(text, charsets, (original, charset) => {
        const written = encode(escapeText(original, separators), charset);
        expect([...written].some((byte) => [0x7c, 0x5e, 0x7e, 0x26, 0x0d, 0x0a].includes(byte))).toBe(false);
        expect(unescapeText(written, separators, charset)).toBe(original);
      }),
    );
  });
});
