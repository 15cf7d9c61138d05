import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { conditionOf, parseMessage, readReport } from "../../appliance/hl7/index.ts";
import {
  buildCda,
  buildReportMessage,
  INS_TEST_OID,
  type MessageOptions,
  SANDBOX_ROOT,
  sandboxReport,
} from "../../scripts/sandbox/ris.ts";
import { codeOf } from "../support/codes.ts";

const report = sandboxReport();

function read(options: Partial<MessageOptions> = {}, from = report) {
  return readReport(parseMessage(buildReportMessage(from, { family: "ORU", controlId: "M1", ...options })));
}

describe("a report of either family is read whole", () => {
  it.each(["ORU", "MDM"] as const)("%s", (family) => {
    expect(read({ family })).toEqual({
      family,
      event: family === "ORU" ? "R01" : "T02",
      action: "create",
      controlId: "M1",
      sendingApplication: "RIS-TILLEULS",
      sendingFacility: "IMAGERIE",
      receivingApplication: "DRIMBOX",
      receivingFacility: "IMAGERIE",
      processingId: "P",
      version: family === "ORU" ? "2.5" : "2.6",
      profileVersion: "2.1",
      sentAt: report.time,
      patient: {
        identifiers: [
          {
            value: "285039999900196",
            authority: { namespace: "ASIP-SANTE-INS-NIR", oid: INS_TEST_OID, type: "ISO" },
            typeCode: "INS",
          },
          {
            value: "P0001",
            authority: { namespace: "IMAGERIE", oid: `${SANDBOX_ROOT}.10`, type: "ISO" },
            typeCode: "PI",
          },
        ],
        familyName: "ESSAI",
        givenName: "LUCIE",
        birthDate: "19850312",
        sex: "F",
        birthPlaceCode: "99999",
        identityStatus: ["VALI"],
      },
      visit: { patientClass: "O", number: "V0001" },
      order: family === "ORU" ? { control: "NW", placer: "ORD-77", filler: "ACC-26-0001" } : { control: "NW" },
      documentType: { code: "18748-4", text: "CR d'imagerie médicale", system: "LN" },
      document: new Uint8Array(buildCda(report)),
      sender: {
        person: { id: "899900012345", family: "VÉLIN", given: "Rose", oid: "1.2.250.1.71.4.2.1", idType: "IDNPS" },
        organization: { name: "IMAGERIE DES TILLEULS", oid: "1.2.250.1.71.4.2.2", idType: "FINEG", id: "1750099999" },
      },
      flags: {
        maskedFromProfessionals: false,
        invisibleToPatient: false,
        invisibleToLegalRepresentatives: false,
        secretConnection: false,
        visibilityChange: false,
        destinationDmp: true,
      },
      ...(family === "MDM" ? { transcription: { document: { root: report.id.root } } } : {}),
      remarks: [],
    });
  });

  it.each([
    ["ORU", "replace", "R01"],
    ["ORU", "delete", "R01"],
    ["MDM", "replace", "T10"],
    ["MDM", "delete", "T04"],
  ] as const)("%s: a %s is told from a creation", (family, action, event) => {
    expect(read({ family, action })).toMatchObject({ action, event });
  });

  it("keeps the accents of each character set, and the bytes of the document in all", () => {
    for (const charset of ["UNICODE UTF-8", "8859/15", "8859/1"]) {
      const message = read({ charset });
      expect(message.sender?.person?.family).toBe("VÉLIN");
      expect(Buffer.from(message.document!).equals(buildCda(report))).toBe(true);
    }
  });

  it("with any legal delimiters says the same: who the patient is does not depend on MSH-1 and MSH-2", () => {
    const good = buildReportMessage(report, { family: "ORU", controlId: "M1" }).toString();
    const usual = good.replace(
      /Base64\^([^|]*)/,
      (_, data: string) => `Base64^${data.match(/.{1,76}/g)!.join("\\.br\\")}`,
    );
    const expected = readReport(parseMessage(Buffer.from(usual)));
    const free = [..."!#$%*;<>?@[]_`|^~\\&"].filter((c) => "|^~\\&".includes(c) || !usual.includes(c));
    fc.assert(
      fc.property(fc.shuffledSubarray(free, { minLength: 5, maxLength: 5 }), (delimiters) => {
        const other = usual.replace(/[|^~\\&]/g, (c) => delimiters["|^~\\&".indexOf(c)] ?? c);
        expect(readReport(parseMessage(Buffer.from(other)))).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it("reads TXA-12 in both forms", () => {
    const ids = sandboxReport({ id: { root: "2.25.1", extension: "CR-1" }, replaces: { root: "2.25.2" } });
    expect(read({ family: "MDM", action: "replace" }, ids).transcription).toEqual({
      document: { root: "2.25.1", extension: "CR-1" },
      parent: { root: "2.25.2" },
    });
  });
});

/** What is changed in a good message, and the refusal it must meet: code, place, table 0357. */
const refusals: [what: string, options: Partial<MessageOptions>, refusal: string, condition: string][] = [
  ["no sending application", { fields: { "MSH-3": "" } }, "HL7_FIELD_MISSING MSH-3", "101"],
  ["no date", { fields: { "MSH-7": "" } }, "HL7_FIELD_MISSING MSH-7", "101"],
  ["no control id", { fields: { "MSH-10": "" } }, "HL7_FIELD_MISSING MSH-10", "101"],
  ["a null control id", { fields: { "MSH-10": '""' } }, "HL7_FIELD_MISSING MSH-10", "101"],
  ["no message type", { fields: { "MSH-9": "" } }, "HL7_FIELD_MISSING MSH-9", "101"],
  ["an admission", { fields: { "MSH-9": "ADT^A01^ADT_A01" } }, "HL7_MESSAGE_TYPE MSH-9.1", "200"],
  ["an order", { fields: { "MSH-9": "OMI^O23^OMI_O23" } }, "HL7_MESSAGE_TYPE MSH-9.1", "200"],
  ["a business acknowledgement", { fields: { "MSH-9": "ZAM^Z01^ZAM_Z01" } }, "HL7_MESSAGE_TYPE MSH-9.1", "200"],
  ["an unknown ORU event", { fields: { "MSH-9": "ORU^R32^ORU_R32" } }, "HL7_MESSAGE_EVENT MSH-9.2", "201"],
  ["T11", { family: "MDM", fields: { "MSH-9": "MDM^T11^MDM_T01" } }, "HL7_MESSAGE_EVENT MSH-9.2", "201"],
  [
    "a property of every object as event",
    { fields: { "MSH-9": "ORU^constructor" } },
    "HL7_MESSAGE_EVENT MSH-9.2",
    "201",
  ],
  ["a processing id of nobody", { fields: { "MSH-11": "X" } }, "HL7_PROCESSING_ID MSH-11", "202"],
  ["version 2.7", { fields: { "MSH-12": "2.7" } }, "HL7_VERSION MSH-12", "203"],
  ["profile 1.2", { fields: { "MSH-21": "1.2^CISIS_CDA_HL7_V1" } }, "HL7_PROFILE MSH-21", "199"],
  ["the LPS profile", { fields: { "MSH-21": "1.1^CISIS_CDA_HL7_LPS" } }, "HL7_PROFILE MSH-21", "199"],
  ["2.1 of something else", { fields: { "MSH-21": "2.1^OTHER" } }, "HL7_PROFILE MSH-21", "199"],
  ["a template", { fields: { "MSH-4": "{{applicationSupplier}}" } }, "HL7_PLACEHOLDER MSH", "102"],
  ["no patient", { without: ["PID"] }, "HL7_SEGMENT_ORDER PID", "100"],
  ["no order in an MDM", { family: "MDM", without: ["ORC"] }, "HL7_SEGMENT_ORDER ORC", "100"],
  ["no visit in an MDM", { family: "MDM", without: ["PV1"] }, "HL7_SEGMENT_ORDER PV1", "100"],
  ["no TXA in an MDM", { family: "MDM", without: ["TXA"] }, "HL7_SEGMENT_ORDER TXA", "100"],
  ["no identifier", { fields: { "PID-3": "" } }, "HL7_FIELD_MISSING PID-3", "101"],
  ["no name", { fields: { "PID-5": "" } }, "HL7_FIELD_MISSING PID-5", "101"],
  ["no patient class", { fields: { "PV1-2": "" } }, "HL7_FIELD_MISSING PV1-2", "101"],
  ["no order control in an MDM", { family: "MDM", fields: { "ORC-1": "" } }, "HL7_FIELD_MISSING ORC-1", "101"],
  ["an order control of version 1.2", { fields: { "ORC-1": "SC" } }, "HL7_FIELD_VALUE ORC-1", "103"],
  ["a cancel that carries a final result", { fields: { "ORC-1": "CA" } }, "HL7_ACTION_MISMATCH ORC-1", "103"],
  ["a new order that deletes", { fields: { "OBX-11": "D" } }, "HL7_ACTION_MISMATCH ORC-1", "103"],
  [
    "an MDM whose event says otherwise",
    { family: "MDM", fields: { "MSH-9": "MDM^T04^MDM_T02" } },
    "HL7_ACTION_MISMATCH MSH-9.2",
    "103",
  ],
  ["biology", { fields: { "OBR-4": "11502-2^CR^LN" } }, "HL7_NOT_AN_IMAGING_REPORT OBR-4", "103"],
  ["another type in OBX-3", { fields: { "OBX-3": "11502-2^CR^LN" } }, "HL7_DOCUMENT_TYPE_MISMATCH OBX-3", "103"],
  ["no document", { fields: { "OBX-2": "NM" } }, "HL7_NO_DOCUMENT OBX-2", "198"],
  ["an empty OBX-5", { fields: { "OBX-5": "" } }, "HL7_NO_DOCUMENT OBX-5", "198"],
  ["a prefix and no data", { fields: { "OBX-5": "^TEXT^XML^Base64^" } }, "HL7_NO_DOCUMENT OBX-5.5", "198"],
  ["a hexadecimal document", { fields: { "OBX-5": "^TEXT^XML^Hex^00" } }, "HL7_DOCUMENT_ENCODING OBX-5.4", "102"],
  [
    "text that is not base64",
    { fields: { "OBX-5": "^TEXT^XML^Base64^PENs*W5p" } },
    "HL7_DOCUMENT_ENCODING OBX-5.5",
    "102",
  ],
  ["the URL alphabet", { fields: { "OBX-5": "^TEXT^XML^Base64^PE-_" } }, "HL7_DOCUMENT_ENCODING OBX-5.5", "102"],
  [
    "two documents in OBX-5",
    { fields: { "OBX-5": "^T^XML^Base64^QQ==~^T^XML^Base64^QQ==" } },
    "HL7_SEVERAL_DOCUMENTS OBX-5[2]",
    "198",
  ],
  [
    "a second document",
    { fields: { "OBX[2]-2": "ED", "OBX[2]-3": "18748-4^CR^LN" } },
    "HL7_SEVERAL_DOCUMENTS OBX[2]",
    "198",
  ],
  ["a flag that is neither Y nor N", { fields: { "OBX[2]-5": "O" } }, "HL7_FIELD_VALUE OBX[2]-5", "103"],
  ["a lower-case flag", { fields: { "OBX[2]-5": "n" } }, "HL7_FIELD_VALUE OBX[2]-5", "103"],
  ["an empty flag", { fields: { "OBX[2]-5": "" } }, "HL7_FIELD_VALUE OBX[2]-5", "103"],
  ["a flag said twice", { fields: { "OBX[3]-3": "MASQUE_PS^^MetaDMPMSS" } }, "HL7_REPEATED_SEGMENT OBX[3]-3", "198"],
];

describe("a message that bends a rule is refused with its place and its code of table 0357", () => {
  it.each(refusals)("%s", (_what, options, refusal, condition) => {
    const message = parseMessage(buildReportMessage(report, { family: "ORU", controlId: "M1", ...options }));
    let error: unknown;
    try {
      readReport(message);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(CodedError);
    const coded = error as CodedError;
    expect(`${coded.code} ${coded.where}`).toBe(refusal);
    expect(conditionOf(coded).code[0]).toBe(condition);
    expect(coded.retry).toBe("never");
  });

  const good = buildReportMessage(report, { family: "ORU", controlId: "M1" }).toString();
  const lines = good.split("\r").slice(0, -1);
  const pid = lines.find((line) => line.startsWith("PID"))!;

  it("a second patient, a second order, a second MSH in one message", () => {
    for (const name of ["MSH", "PID", "ORC", "OBR"]) {
      const again = lines.flatMap((line) => (line.startsWith(name) ? [line, line] : [line]));
      expect(codeOf(() => readReport(parseMessage(Buffer.from(again.join("\r")))))).toMatch(/^HL7_REPEATED_SEGMENT/);
    }
  });

  it("a patient after the document, a sender before it", () => {
    const moved = [...lines.filter((line) => line !== pid), pid];
    expect(codeOf(() => readReport(parseMessage(Buffer.from(moved.join("\r")))))).toBe("HL7_SEGMENT_ORDER PID");
    const sender = lines.find((line) => line.startsWith("PRT"))!;
    const early = [lines[0], sender, ...lines.slice(1).filter((line) => line !== sender)];
    expect(codeOf(() => readReport(parseMessage(Buffer.from(early.join("\r")))))).toBe("HL7_SEGMENT_ORDER PRT");
  });

  it("two senders", () => {
    const two = lines.flatMap((line) => (line.startsWith("PRT") ? [line, line] : [line]));
    expect(codeOf(() => readReport(parseMessage(Buffer.from(two.join("\r")))))).toBe("HL7_REPEATED_SEGMENT PRT[2]-4");
  });

  it("a document above the limit", () => {
    const message = parseMessage(buildReportMessage(report, { family: "ORU", controlId: "M1" }));
    expect(codeOf(() => readReport(message, { documentBytes: 1000 }))).toBe("HL7_DOCUMENT_TOO_LARGE OBX-5.5");
  });
});

const tolerated: [what: string, options: Partial<MessageOptions>, remarks: string[]][] = [
  ["version 2.5.1", { fields: { "MSH-12": "2.5.1" } }, ["HL7_VERSION_OF_ANOTHER_FAMILY MSH-12"]],
  ["profile 2.0", { fields: { "MSH-21": "2.0^CISIS_CDA_HL7_V2" } }, []],
  ["the profile as second of MSH-21", { fields: { "MSH-21": "9^X~2.1^CISIS_CDA_HL7_V2" } }, []],
  ["a profile without its name", { fields: { "MSH-21": "2.1" } }, ["HL7_PROFILE_NOT_NAMED MSH-21.2"]],
  ["no structure in MSH-9", { fields: { "MSH-9": "ORU^R01" } }, []],
  ["no MSH-18", { fields: { "MSH-18": "" } }, ["HL7_CHARSET_NOT_DECLARED MSH-18"]],
  ["no MSH-17", { fields: { "MSH-17": "" } }, ["HL7_COUNTRY_NOT_FRA MSH-17"]],
  ["no visit in an ORU", { without: ["PV1"] }, ["HL7_VISIT_ABSENT PV1"]],
  ["no sender", { without: ["PRT"] }, ["HL7_SENDER_ABSENT PRT"]],
  [
    "version 2.0 of the MDM, which has no order",
    { family: "MDM", without: ["ORC", "OBR"], fields: { "MSH-21": "2.0^CISIS_CDA_HL7_V2" } },
    [],
  ],
  [
    "the prefix in other letters, and an application before it",
    { fields: { "OBX-5": "RIS^Text^xml^BASE64^QQ==" } },
    [],
  ],
  ["base64 without padding", { fields: { "OBX-5": "^TEXT^XML^Base64^QQ" } }, ["HL7_BASE64_PADDING OBX-5.5"]],
  [
    "a name of version 1.2",
    { fields: { "OBX[4]-3": "INVISIBLE_REPRESENTANTS_LEGAUX" } },
    ["HL7_METADATA_OLD_NAME OBX[4]-3"],
  ],
  ["a misspelt name", { fields: { "OBX[4]-3": "INVISIBLE_REPRENSANTS_LEGAUX" } }, ["HL7_METADATA_OLD_NAME OBX[4]-3"]],
  ["metadata that nobody knows", { fields: { "OBX[2]-3": "NEW_FLAG^^MetaDMPMSS" } }, ["HL7_METADATA_UNKNOWN OBX[2]-3"]],
];

describe("what bends the profile and stays certain is accepted and remarked", () => {
  it.each(tolerated)("%s", (_what, options, remarks) => {
    expect(read(options).remarks.map(({ code, where }) => `${code} ${where}`)).toEqual(remarks);
  });

  it("flags are told by their code, not by their position; an absent one is undefined", () => {
    const flags = read({ fields: { "OBX[2]-3": "DESTDMP^^MetaDMPMSS", "OBX[7]-3": "MASQUE_PS^^MetaDMPMSS" } }).flags;
    expect(flags).toMatchObject({ destinationDmp: false, maskedFromProfessionals: true });
    expect(read({ without: ["OBX[7]"] }).flags.destinationDmp).toBeUndefined();
  });
});
