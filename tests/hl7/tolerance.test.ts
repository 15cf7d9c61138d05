/** Older and sloppy RIS: understood where the meaning is certain, with a remark; refused with a reason where it is not. */
import { describe, expect, it } from "vitest";
import { parseMessage, type ReportMessage, readReport } from "../../appliance/hl7/index.ts";
import {
  buildCda,
  buildReportMessage,
  type MessageOptions,
  samplePdf,
  sandboxReport,
} from "../../scripts/sandbox/ris.ts";
import { codeOf } from "../support/codes.ts";

const report = sandboxReport();
const cda = buildCda(report);
const base64 = cda.toString("base64");
const pdf = samplePdf("CR").toString("base64");
const lines = (end: string) => base64.match(/.{1,76}/g)!.join(end);
const prefixed = (xml: string, prefix = "") => Buffer.from(xml).toString("base64").replace(/^/, prefix);

type Change = Partial<MessageOptions> & { readonly edit?: (bytes: Buffer) => Buffer };

function send({ edit = (bytes) => bytes, ...options }: Change): Buffer {
  return edit(buildReportMessage(report, { family: "ORU", controlId: "M1", ...options }));
}

const field = (name: string, value: string): Change => ({ fields: { [name]: value } });
const lied = (set: string): Change => ({
  charset: "UNICODE UTF-8",
  edit: (bytes) => Buffer.from(bytes.toString().replace("|UNICODE UTF-8|", `|${set}|`)),
});
/** Another ED before the metadata. */
const second = (value: string): Change => ({
  edit: (bytes) => Buffer.from(bytes.toString().replace("OBX|2|", `OBX|1|ED|PDF^Image du CR||${value}||||||F\rOBX|2|`)),
});
const mdm = (fields: Readonly<Record<string, string>> = {}): Change => ({ family: "MDM", fields });
const bareDelete: Change = { family: "MDM", action: "delete", fields: { "OBX-5": "" } };

const rows: [what: string, change: Change, accepted: string | undefined, refused?: string][] = [
  // The line.
  ["LF line ends", { segmentEnd: "\n" }, "HL7_SEGMENT_END MSH"],
  ["CR LF line ends", { segmentEnd: "\r\n" }, "HL7_SEGMENT_END MSH"],
  ["a byte order mark", { edit: (bytes) => Buffer.concat([Buffer.from("\ufeff"), bytes]) }, "HL7_BEFORE_MSH MSH"],
  ["blank lines before MSH", { edit: (bytes) => Buffer.concat([Buffer.from("\r\n \n"), bytes]) }, "HL7_BEFORE_MSH MSH"],
  [
    "NUL and SUB at the end",
    { edit: (b) => Buffer.concat([b, Buffer.from("\0\0\x1a\r")]) },
    "HL7_AFTER_LAST_SEGMENT MSH",
  ],
  // MSH.
  ["HL7 2.3", field("MSH-12", "2.3"), "HL7_VERSION_OLD MSH-12"],
  ["HL7 2.3.1", field("MSH-12", "2.3.1"), "HL7_VERSION_OLD MSH-12"],
  ["HL7 2.4, MDM^T02", mdm({ "MSH-12": "2.4" }), "HL7_VERSION_OLD MSH-12"],
  [
    "HL7 2.4, MDM^T04, there a change of status",
    { ...mdm({ "MSH-12": "2.4" }), action: "delete" },
    undefined,
    "HL7_VERSION MSH-12",
  ],
  ["HL7 2.2", field("MSH-12", "2.2"), undefined, "HL7_VERSION MSH-12"],
  ["a date without time", field("MSH-7", "20261124"), "HL7_SENT_AT_UNKNOWN MSH-7"],
  ["no profile", field("MSH-21", ""), "HL7_PROFILE_NOT_DECLARED MSH-21"],
  [
    "no profile, and a document that proves nothing",
    { cda: Buffer.from("<a/>"), fields: { "MSH-21": "" } },
    undefined,
    "HL7_DOCUMENT_NOT_CDA OBX-5.5",
  ],
  ["a profile spelt otherwise", field("MSH-21", "2.1^CI-SIS_CDA-HL7-v2"), "HL7_PROFILE_SPELLING MSH-21"],
  ["a profile with its parts exchanged", field("MSH-21", "CISIS_CDA_HL7_V2^2.1"), "HL7_PROFILE_SPELLING MSH-21"],
  ["profile 1.2: other meanings", field("MSH-21", "1.2^CISIS_CDA_HL7_V1"), undefined, "HL7_PROFILE MSH-21"],
  ["profile 1.1: another volet", field("MSH-21", "1.1^CISIS_CDA_HL7_LPS"), undefined, "HL7_PROFILE MSH-21"],
  // The character set.
  ["8859/1", { charset: "8859/1" }, ""],
  ["8859/15", { charset: "8859/15" }, ""],
  ["a set spelt otherwise", { charset: "ISO-8859-15" }, "HL7_CHARSET_SPELLING MSH-18"],
  ["no set, and UTF-8", lied(""), "HL7_CHARSET_NOT_DECLARED MSH-18"],
  ["8859/1 declared, UTF-8 sent", lied("8859/1"), "HL7_CHARSET_CONTRADICTED MSH-18"],
  ["ASCII declared, UTF-8 sent", lied("ASCII"), "HL7_CHARSET_CONTRADICTED MSH-18"],
  [
    "UTF-8 declared, 8859/1 sent",
    { charset: "8859/1", fields: { "MSH-18": "UNICODE UTF-8" } },
    undefined,
    "HL7_CHARSET MSH-18",
  ],
  [
    "a set in doubt, and an identifier that depends on it",
    { ...lied("8859/1"), fields: { "PID-3": "PÉ1^^^IMAGERIE&2.25.1&ISO^PI" } },
    undefined,
    "HL7_CHARSET PID-3",
  ],
  // The patient.
  ["a birth date with a time", field("PID-7", "19850312000000"), ""],
  ["a birth date in ISO 8601", field("PID-7", "1985-03-12"), "HL7_DATE_FORM PID-7"],
  ["a lower-case sex", field("PID-8", "f"), "HL7_LOWER_CASE PID-8"],
  // The action.
  ["no ORC-1 for a final result", field("ORC-1", ""), "HL7_ORDER_CONTROL_ABSENT ORC-1"],
  ["ORC-1 RE, observations follow", field("ORC-1", "RE"), "HL7_ORDER_CONTROL_ABSENT ORC-1"],
  ["no ORC", { without: ["ORC"] }, "HL7_ORDER_CONTROL_ABSENT ORC-1"],
  ["no ORC-1 for a replacement", { action: "replace", fields: { "ORC-1": "" } }, undefined, "HL7_FIELD_MISSING ORC-1"],
  ["no ORC for a deletion", { action: "delete", without: ["ORC"] }, undefined, "HL7_FIELD_MISSING ORC-1"],
  ["ORC-1 RE for a deletion", { action: "delete", fields: { "ORC-1": "RE" } }, undefined, "HL7_FIELD_VALUE ORC-1"],
  ["a lower-case status", field("OBX-11", "f"), "HL7_LOWER_CASE OBX-11"],
  ["a preliminary report", field("OBX-11", "P"), undefined, "HL7_REPORT_NOT_FINAL OBX-11"],
  ["a report that is not verified", field("OBX-11", "r"), undefined, "HL7_REPORT_NOT_FINAL OBX-11"],
  ["a status of nobody", field("OBX-11", "Z"), undefined, "HL7_FIELD_VALUE OBX-11"],
  [
    "a change of visibility of a new report",
    field("OBX[6]-5", "Y"),
    undefined,
    "HL7_VISIBILITY_WITHOUT_REPLACEMENT OBX[6]-5",
  ],
  [
    "a change of visibility of what goes",
    { action: "delete", fields: { "OBX[6]-5": "Y" } },
    "HL7_VISIBILITY_OF_DELETION OBX[6]-5",
  ],
  ["no sender", { without: ["PRT"] }, "HL7_SENDER_ABSENT PRT"],
  ["no document id in TXA", mdm({ "TXA-12": "" }), "HL7_TRANSCRIPTION_ID_ABSENT TXA-12"],
  ["no parent in the TXA of a replacement", { family: "MDM", action: "replace" }, "HL7_TRANSCRIPTION_ID_ABSENT TXA-13"],
  // The document.
  ["base64 in lines", field("OBX-5", `^TEXT^XML^Base64^${lines("\\.br\\")}`), ""],
  ["base64 in lines of bytes", field("OBX-5", `^TEXT^XML^Base64^${lines("\\X0D\\\\X0A\\")}`), ""],
  ["base64 in lines of the message", field("OBX-5", `^TEXT^XML^Base64^${lines("\r")}`), ""],
  ["a lower-case prefix", field("OBX-5", `^text^xml^base64^${base64}`), ""],
  ["a prefix of MIME", field("OBX-5", `^application^xml^Base64^${base64}`), "HL7_DOCUMENT_FORM OBX-5"],
  ["a multipart prefix", field("OBX-5", `^multipart^related^Base64^${base64}`), "HL7_DOCUMENT_FORM OBX-5"],
  [
    "a multipart without base64",
    field("OBX-5", "^multipart^related^A^MIME-Version"),
    undefined,
    "HL7_DOCUMENT_ENCODING OBX-5.4",
  ],
  ["no type", field("OBX-5", `^^XML^Base64^${base64}`), "HL7_DOCUMENT_FORM OBX-5"],
  ["a prefix that lacks its first component", field("OBX-5", `TEXT^XML^Base64^${base64}`), "HL7_DOCUMENT_FORM OBX-5"],
  ["no prefix", field("OBX-5", base64), "HL7_DOCUMENT_FORM OBX-5"],
  ["no prefix, and a PDF", field("OBX-5", pdf), undefined, "HL7_DOCUMENT_NOT_CDA OBX-5"],
  [
    "a prefix of MIME, and a PDF",
    field("OBX-5", `^application^pdf^Base64^${pdf}`),
    undefined,
    "HL7_DOCUMENT_NOT_CDA OBX-5.5",
  ],
  ["no prefix, and no base64", field("OBX-5", "Compte rendu."), undefined, "HL7_DOCUMENT_ENCODING OBX-5"],
  ["the document in a text", field("OBX-2", "TX"), "HL7_DOCUMENT_IN_TEXT OBX-2"],
  [
    "the document in a text without prefix",
    { fields: { "OBX-2": "FT", "OBX-5": base64 } },
    "HL7_DOCUMENT_IN_TEXT OBX-2, HL7_DOCUMENT_FORM OBX-5",
  ],
  ["no type of value", field("OBX-2", ""), "HL7_DOCUMENT_IN_TEXT OBX-2"],
  [
    "a text that is no document",
    { fields: { "OBX-2": "TX", "OBX-5": "Pas d'anomalie." } },
    undefined,
    "HL7_NO_DOCUMENT OBX-2",
  ],
  [
    "an address",
    { fields: { "OBX-2": "RP", "OBX-5": "http://ris/cr.xml" } },
    undefined,
    "HL7_DOCUMENT_BY_REFERENCE OBX-2",
  ],
  ["the same report as PDF", second(`^application^pdf^Base64^${pdf}`), "HL7_OTHER_DOCUMENT_IGNORED OBX[2]-5"],
  ["a PDF without prefix", second(pdf), "HL7_OTHER_DOCUMENT_IGNORED OBX[2]-5"],
  ["a second CDA", second(`^TEXT^XML^Base64^${base64}`), undefined, "HL7_SEVERAL_DOCUMENTS OBX[2]"],
  [
    "a second document of nobody knows what",
    second("^TEXT^XML^Base64^QUJDRA=="),
    undefined,
    "HL7_SEVERAL_DOCUMENTS OBX[2]",
  ],
  ["two documents, neither a CDA", { ...second(pdf), cda: samplePdf("1") }, undefined, "HL7_SEVERAL_DOCUMENTS OBX[2]"],
  // A deletion without its document.
  ["a deletion that names its document", bareDelete, "HL7_DELETED_BY_ID OBX-5"],
  [
    "a deletion that names its document, after a prefix alone",
    { ...bareDelete, fields: { "OBX-5": "^text^XML^Base64^" } },
    "HL7_DELETED_BY_ID OBX-5",
  ],
  [
    "a deletion that names none",
    { ...bareDelete, fields: { "OBX-5": "", "TXA-12": "" } },
    undefined,
    "HL7_NO_DOCUMENT OBX-5",
  ],
  [
    "a deletion by a number of the RIS",
    { ...bareDelete, fields: { "OBX-5": "", "TXA-12": "2638" } },
    undefined,
    "HL7_NO_DOCUMENT OBX-5",
  ],
  [
    "a deletion in no profile",
    { ...bareDelete, fields: { "OBX-5": "", "MSH-21": "" } },
    undefined,
    "HL7_NO_DOCUMENT OBX-5",
  ],
  [
    "an ORU that deletes nothing that it names",
    { action: "delete", fields: { "OBX-5": "" } },
    undefined,
    "HL7_NO_DOCUMENT OBX-5",
  ],
];

describe("what a sender does besides the profile", () => {
  it.each(rows)("%s", (_what, change, accepted, refused) => {
    const message = () => readReport(parseMessage(send(change)));
    if (refused !== undefined) {
      expect(codeOf(message)).toBe(refused);
      return;
    }
    const read = message();
    const remarks = read.remarks.map(({ code, where }) => `${code} ${where}`).join(", ");
    expect(remarks).toContain(accepted);
    if (accepted === "") expect(remarks).toBe("");
    expect(facts(read)).toEqual(facts(readReport(parseMessage(send({ family: read.family, action: read.action })))));
    if (accepted?.startsWith("HL7_DELETED_BY_ID")) expect(read).not.toHaveProperty("document");
    else expect(Buffer.from(read.document!).equals(cda)).toBe(true);
  });

  /** Who and what the message is about: no tolerance may change it. */
  function facts({ patient, action, documentType, flags }: ReportMessage) {
    return { patient, action, documentType, flags };
  }
});

describe("only what is certainly a CDA settles a doubt", () => {
  const doubtful = (xml: string) => codeOf(() => readReport(parseMessage(send(field("OBX-5", prefixed(xml))))));

  it.each([
    ["the root of another namespace", '<ClinicalDocument xmlns="urn:other"/>'],
    ["no namespace", "<ClinicalDocument />"],
    ["a name that begins so", '<ClinicalDocuments xmlns="urn:hl7-org:v3"/>'],
    ["a prefix that is not bound", '<h:ClinicalDocument xmlns="urn:hl7-org:v3"/>'],
    ["the root in a comment", '<!-- <ClinicalDocument xmlns="urn:hl7-org:v3"/> --><a/>'],
    ["a comment without end", '<!-- <ClinicalDocument xmlns="urn:hl7-org:v3"/>'],
    ["a DOCTYPE", '<!DOCTYPE a><ClinicalDocument xmlns="urn:hl7-org:v3"/>'],
    ["a root behind 100 kB of comment", `<!--${"-x".repeat(50_000)}--><ClinicalDocument xmlns="urn:hl7-org:v3"/>`],
    ["a thousand instructions and nothing", "<?a?>".repeat(1000)],
  ])("not %s", (_what, xml) => expect(doubtful(xml)).toBe("HL7_DOCUMENT_NOT_CDA OBX-5"));

  it.each([
    [
      "a byte order mark, an instruction, a comment",
      '\ufeff<?xml version="1.0"?>\n<!-- c --><ClinicalDocument xmlns="urn:hl7-org:v3"/>',
    ],
    ["a prefix", "<h:ClinicalDocument a='1' xmlns:h='urn:hl7-org:v3'/>"],
  ])("but one with %s", (_what, xml) => expect(doubtful(xml)).toBe("no error"));
});

describe("a set of characters that the message contradicts", () => {
  it("does not count in the name of an authority, which its OID tells", () => {
    const fields = { "PID-3": "P0001^^^RÉSEAU&2.25.1&ISO^PI" };
    const bytes = buildReportMessage(report, { family: "ORU", controlId: "1", fields }).toString();
    const sent = Buffer.from(bytes.replace("UNICODE UTF-8", "8859/1"));
    expect(readReport(parseMessage(sent)).patient.identifiers[0]?.authority.oid).toBe("2.25.1");
  });

  it("never makes two readings of one name: what is UTF-8 is read as UTF-8, with the patient of the CDA", () => {
    const name = sandboxReport({ patient: { birthFamily: "HÉLÈNE-ŒUVRE" } });
    const bytes = buildReportMessage(name, { family: "ORU", controlId: "1" });
    for (const set of ["8859/1", "8859/15", "ASCII", "UTF8", ""]) {
      const sent = Buffer.from(bytes.toString().replace("|UNICODE UTF-8|", `|${set}|`));
      expect(readReport(parseMessage(sent, { defaultCharset: "latin1" })).patient.familyName).toBe("HÉLÈNE-ŒUVRE");
    }
  });

  it("one byte that is no UTF-8 leaves the declared set its say", () => {
    const bytes = buildReportMessage(report, {
      family: "ORU",
      controlId: "1",
      charset: "8859/1",
      fields: { "PID-5": "É\xc3\xa9 ^A^^^^^L" },
    });
    expect(readReport(parseMessage(bytes)).patient.familyName).toBe("ÉÃ©");
  });
});
