import { describe, expect, it } from "vitest";
import { defineErrors } from "../../appliance/base/index.ts";
import { buildAck, parseMessage, readReport } from "../../appliance/hl7/index.ts";
import { buildReportMessage, type MessageOptions, sandboxReport } from "../../scripts/sandbox/ris.ts";

const now = new Date("2026-11-25T03:04:05.678Z");
const report = sandboxReport();

function message(options: Partial<MessageOptions> = {}): Buffer {
  return buildReportMessage(report, { family: "ORU", controlId: "M1", ...options });
}

/** The acknowledgement as text, one segment a line. */
function ack(options: Partial<MessageOptions>, code: "AA" | "AE" | "AR" = "AE"): string {
  const bytes = message(options);
  let error: unknown;
  try {
    readReport(parseMessage(bytes));
  } catch (thrown) {
    error = thrown;
  }
  const answer = buildAck(bytes, {
    code,
    controlId: "A1",
    now,
    ...(error === undefined ? {} : { error: error as never }),
  });
  return answer.toString("utf8").replaceAll("\r", "\n");
}

describe("the acknowledgement, byte for byte", () => {
  it.each([
    ["ORU", "create", "R01", "2.5"],
    ["MDM", "create", "T02", "2.6"],
    ["MDM", "replace", "T10", "2.6"],
    ["MDM", "delete", "T04", "2.6"],
  ] as const)("%s %s: accepted, names swapped, no MSH-21", (family, action, event, version) => {
    const parsed = parseMessage(message({ family, action }));
    const expected =
      `MSH|^~\\&|DRIMBOX|IMAGERIE|RIS-TILLEULS|IMAGERIE|20261125030405+0000||ACK^${event}^ACK|A1|P|${version}|||||FRA|UNICODE UTF-8\r` +
      "MSA|AA|M1\r";
    expect(buildAck(parsed, { code: "AA", controlId: "A1", now }).toString()).toBe(expected);
    expect(buildAck(message({ family, action }), { code: "AA", controlId: "A1", now }).toString()).toBe(expected);
  });

  it("says where, why (tables 0357 and 0533), our code, and a French sentence", () => {
    expect(ack({ fields: { "MSH-12": "2.7" } })).toBe(
      "MSH|^~\\&|DRIMBOX|IMAGERIE|RIS-TILLEULS|IMAGERIE|20261125030405+0000||ACK^R01^ACK|A1|P|2.7|||||FRA|UNICODE UTF-8\n" +
        "MSA|AE|M1\n" +
        "ERR||MSH^1^12|203^Unsupported version id^messageErrorCondition|E|||HL7_VERSION|Version HL7 non prise en charge.\n",
    );
    expect(ack({ fields: { "MSH-21": "1.1^CISIS_CDA_HL7_LPS" } })).toContain(
      "\nERR||MSH^1^21|199^Other HL7 Error^messageErrorCondition|E|900^Wrong profile version||HL7_PROFILE|",
    );
    expect(ack({ fields: { "OBX[2]-5": "O" } })).toContain("\nERR||OBX^2^5|103^Table value not found^");
    expect(ack({ fields: { "OBX-5": "^T^XML^Base64^*" } })).toContain("\nERR||OBX^1^5^1^5|102^");
  });

  it("answers in the character set of the sender", () => {
    const bytes = message({ charset: "8859/15", without: ["PID"] });
    const error = defineErrors("hl7", {
      HL7_SEGMENT_ORDER: { retry: "never", message: { fr: "Refusé à 10 €.", en: "" }, remedy: { fr: "", en: "" } },
    }).fault("HL7_SEGMENT_ORDER");
    const answer = buildAck(bytes, { code: "AE", controlId: "A1", now, error });
    expect(answer.includes("|8859/15\r")).toBe(true);
    expect(answer.includes(Buffer.from("Refus\xe9 \xe0 10 \xa4.", "latin1"))).toBe(true);
  });

  it("takes the delimiters of the sender, and escapes what would break them", () => {
    const odd = Buffer.from("MSH#*~!%#A%B#C#D#E#1##ORU*R01#M1#P#2.5\rPID#1");
    expect(buildAck(odd, { code: "AA", controlId: "A#1", now }).toString()).toBe(
      "MSH#*~!%#D#E#A%B#C#20261125030405+0000##ACK*R01*ACK#A!F!1#P#2.5#####FRA#UNICODE UTF-8\rMSA#AA#M1\r",
    );
  });

  it("has a path of the document in ERR-7 and no location, and 102 for a CDA error, 207 for any other room's", () => {
    const sentence = { fr: "Non.", en: "No." };
    const foreign = (code: string, where: string) =>
      defineErrors("other", { [code]: { retry: "never", message: sentence, remedy: sentence } }).fault(code, { where });
    const text = (error: ReturnType<typeof foreign>) =>
      buildAck(message(), { code: "AE", controlId: "A1", now, error }).toString();
    expect(text(foreign("CDA_X", "ClinicalDocument/id"))).toContain(
      "ERR|||102^Data type error^messageErrorCondition|E|||CDA_X ClinicalDocument/id|Non.\r",
    );
    expect(text(foreign("STORE_X", "disk"))).toContain("ERR|||207^Application internal error^");
  });

  it("lets the caller choose the condition", () => {
    const sentence = { fr: "Non.", en: "No." };
    const error = defineErrors("source", { S: { retry: "human", message: sentence, remedy: sentence } }).fault("S");
    const condition = { code: ["103", "x"], application: ["904", "INS does not match"] } as const;
    expect(buildAck(message(), { code: "AE", controlId: "A1", now, error, condition }).toString()).toContain(
      "ERR|||103^x^messageErrorCondition|E|904^INS does not match||S|Non.\r",
    );
  });
});

describe("something readable is answered to anything", () => {
  const bare = "MSH|^~\\&|||||20261125030405+0000||ACK|A1|P|2.5|||||FRA|UNICODE UTF-8\rMSA|AE|\r";
  it.each([
    ["nothing", ""],
    ["noise", "\x00\xff\x01"],
    ["HTTP", "GET / HTTP/1.1\r\n\r\n"],
    ["half of MSH", "MSH|^"],
  ])("%s", (_what, text) => {
    expect(buildAck(Buffer.from(text, "latin1"), { code: "AE", controlId: "A1", now }).toString()).toBe(bare);
  });

  it("an MSH that stops early, or whose message does not parse, still names its sender and its control id", () => {
    const answer = buildAck(Buffer.from("\n\nMSH|^~\\&|RIS|SITE|BOX|HERE|1||ORU^R01|M7"), {
      code: "AE",
      controlId: "A1",
      now,
    });
    expect(answer.toString()).toMatch(/^MSH\|\^~\\&\|BOX\|HERE\|RIS\|SITE\|.*\rMSA\|AE\|M7\r$/);
  });

  it("says UTF-8 when the sender names no set, or one that nobody knows", () => {
    for (const set of ["", "KLINGON"])
      expect(ack({ fields: { "MSH-18": set } }).split("\n")[0]).toMatch(/\|FRA\|UNICODE UTF-8$/);
  });

  it("bytes that are not of the declared set do not come back", () => {
    const latin = Buffer.from("MSH|^~\\&|RIS-\xe9|S|B|H|1||ORU^R01|M\xe97|P|2.5|||||FRA|UNICODE UTF-8", "latin1");
    const answer = buildAck(latin, { code: "AE", controlId: "A1", now }).toString("latin1");
    expect(answer).toContain("|B|H|RIS-?|S|");
    expect(answer).toContain("MSA|AE|M?7");
  });

  it("nothing of a sender becomes a segment or grows the answer", () => {
    const evil = buildAck(Buffer.from(`MSH|^~\\&|A\x0bB|C\x1c|D|E|1||ORU^R01${"X".repeat(5000)}|M\x00\x1b[2J|P|2.5`), {
      code: "AE",
      controlId: "A1",
      now,
    });
    expect([...evil].filter((byte) => byte < 0x20)).toEqual([0x0d, 0x0d]);
    expect(evil.length).toBeLessThan(2000);
  });
});
