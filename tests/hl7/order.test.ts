import { describe, expect, it } from "vitest";
import type { CodedError } from "../../appliance/base/index.ts";
import { buildAck, conditionOf, parseMessage, readMessage, readOrder } from "../../appliance/hl7/index.ts";
import {
  buildOrderMessage,
  buildReportMessage,
  INS_TEST_OID,
  type OrderOptions,
  SANDBOX_ROOT,
  sandboxReport,
  sandboxStudy,
} from "../../scripts/sandbox/ris.ts";
import { codeOf } from "../support/codes.ts";

const neck = sandboxStudy({
  studyInstanceUID: `${SANDBOX_ROOT}.20.2`,
  accession: { root: `${SANDBOX_ROOT}.11`, extension: "ACC-26-0002" },
  order: { root: `${SANDBOX_ROOT}.12`, extension: "ORD-78" },
  modality: { code: "MR", display: "IRM" },
});
const order = sandboxReport({ studies: [sandboxStudy(), neck] });

const build = (options: Partial<OrderOptions> = {}) => buildOrderMessage(order, { controlId: "O1", ...options });
const read = (options: Partial<OrderOptions> = {}) => readOrder(parseMessage(build(options)));

const placer = { value: "ORD-77", namespace: "RIS", oid: `${SANDBOX_ROOT}.12` };
const chest = {
  placer,
  accession: { value: "ACC-26-0001", oid: `${SANDBOX_ROOT}.11` },
  studyInstanceUID: `${SANDBOX_ROOT}.20.1`,
  requestedProcedure: { value: "24627-2", oid: "2.16.840.1.113883.6.1" },
  stepId: "STEP-1",
  modality: "CT",
};

describe("an imaging order", () => {
  it("is read whole: the patient as in a report, one study for each IPC", () => {
    const report = readMessage(parseMessage(buildReportMessage(order, { family: "ORU", controlId: "R1" })));
    if (report.kind !== "report") throw new Error("a report is a report");
    expect(read()).toEqual({
      controlId: "O1",
      sendingApplication: "RIS-TILLEULS",
      sendingFacility: "IMAGERIE",
      receivingApplication: "DRIMBOX",
      receivingFacility: "IMAGERIE",
      processingId: "P",
      version: "2.5.1",
      sentAt: order.time,
      action: "create",
      patient: report.report.patient,
      orders: [
        chest,
        {
          ...chest,
          placer: { ...placer, value: "ORD-78" },
          accession: { ...chest.accession, value: "ACC-26-0002" },
          studyInstanceUID: `${SANDBOX_ROOT}.20.2`,
          stepId: "STEP-2",
          modality: "MR",
        },
      ],
      remarks: [],
    });
  });

  it.each([
    ["NW", "create"],
    ["XO", "change"],
    ["XX", "change"],
    ["SC", "change"],
    ["DC", "change"],
    ["CA", "cancel"],
    ["OC", "cancel"],
  ])("ORC-1 %s: %s", (control, action) => {
    expect(read({ fields: { "ORC-1": control, "ORC[2]-1": control } }).action).toBe(action);
  });

  it("is told from a report by MSH-9", () => {
    expect(readMessage(parseMessage(build()))).toMatchObject({ kind: "order", order: { controlId: "O1" } });
  });

  it("several IPC in one group are several studies of one order", () => {
    const bytes = Buffer.from(build({ without: ["ORC[2]", "OBR[2]", "TQ1[2]"] }));
    expect(
      readOrder(parseMessage(bytes)).orders.map(({ placer, studyInstanceUID }) => [placer?.value, studyInstanceUID]),
    ).toEqual([
      ["ORD-77", `${SANDBOX_ROOT}.20.1`],
      ["ORD-77", `${SANDBOX_ROOT}.20.2`],
    ]);
  });

  it("takes the number that either segment has, and what an older sender does with the authority", () => {
    expect(read({ fields: { "ORC-2": "" } }).orders[0]?.placer).toEqual(placer);
    expect(read({ fields: { "OBR-2": "" } }).orders[0]?.placer).toEqual(placer);
    expect(read({ fields: { "IPC-1": "A1" } }).orders[0]?.accession).toEqual({ value: "A1" });
    expect(read({ fields: { "IPC-1": "A1^2.25.1^ISO" } }).orders[0]?.accession).toEqual({ value: "A1", oid: "2.25.1" });
    expect(read({ fields: { "IPC-1": "", "IPC-5": "" } }).orders[0]).not.toHaveProperty("accession");
  });

  it("may name the guide it follows in MSH-21, or none", () => {
    for (const profile of ["", "1.0^TELERADIOLOGIE", "2.1^CISIS_CDA_HL7_V2"])
      expect(read({ fields: { "MSH-21": profile } }).remarks).toEqual([]);
  });

  it.each(["2.5", "2.6"])("in version %s is read and remarked", (version) => {
    expect(read({ fields: { "MSH-12": version } }).remarks).toEqual([
      { code: "HL7_VERSION_OF_ANOTHER_FAMILY", where: "MSH-12" },
    ]);
  });

  it("is answered ACK^O23^ACK", () => {
    const answer = buildAck(build(), { code: "AA", controlId: "A1", now: new Date(0) }).toString();
    expect(answer).toBe(
      "MSH|^~\\&|DRIMBOX|IMAGERIE|RIS-TILLEULS|IMAGERIE|19700101000000+0000||ACK^O23^ACK|A1|P|2.5.1|||||FRA|UNICODE UTF-8\rMSA|AA|O1\r",
    );
  });
});

const twice = (segment: string) => (text: string) => text.replace(new RegExp(`(^${segment}.*\\r)`, "m"), "$1$1");

const refusals: [what: string, options: Partial<OrderOptions>, refusal: string, condition: string][] = [
  ["an order of another event", { fields: { "MSH-9": "OMI^O24^OMI_O23" } }, "HL7_MESSAGE_EVENT MSH-9.2", "201"],
  ["version 2.3", { fields: { "MSH-12": "2.3" } }, "HL7_VERSION MSH-12", "203"],
  ["no control id", { fields: { "MSH-10": "" } }, "HL7_FIELD_MISSING MSH-10", "101"],
  ["no patient", { without: ["PID"] }, "HL7_SEGMENT_ORDER PID", "100"],
  ["no identifier", { fields: { "PID-3": "" } }, "HL7_FIELD_MISSING PID-3", "101"],
  ["no order", { without: ["ORC", "ORC[2]", "OBR", "OBR[2]", "IPC", "IPC[2]"] }, "HL7_SEGMENT_ORDER ORC", "100"],
  ["a request before its order", { without: ["ORC"] }, "HL7_SEGMENT_ORDER OBR", "100"],
  ["an order without its request", { without: ["OBR", "IPC"] }, "HL7_SEGMENT_ORDER ORC", "100"],
  ["no procedure", { without: ["IPC", "IPC[2]"] }, "HL7_ORDER_WITHOUT_STUDY ORC", "101"],
  ["no procedure in the second order", { without: ["IPC[2]"] }, "HL7_ORDER_WITHOUT_STUDY ORC[2]", "101"],
  ["no study", { fields: { "IPC[2]-3": "" } }, "HL7_ORDER_WITHOUT_STUDY IPC[2]-3", "101"],
  ["a study that is no UID", { fields: { "IPC-3": "ACC-1" } }, "HL7_FIELD_TYPE IPC-3", "102"],
  ["a study UID of 65 characters", { fields: { "IPC-3": `1.2.${"3".repeat(61)}` } }, "HL7_FIELD_TYPE IPC-3", "102"],
  ["no order control", { fields: { "ORC-1": "" } }, "HL7_FIELD_MISSING ORC-1", "101"],
  ["an order control of another dialogue", { fields: { "ORC[2]-1": "NA" } }, "HL7_FIELD_VALUE ORC[2]-1", "103"],
  ["a property of every object as control", { fields: { "ORC-1": "constructor" } }, "HL7_FIELD_VALUE ORC-1", "103"],
  ["one order made, another cancelled", { fields: { "ORC[2]-1": "CA" } }, "HL7_ORDER_MISMATCH ORC[2]-1", "103"],
  ["two numbers for one order", { fields: { "OBR[2]-2": "ORD-99" } }, "HL7_ORDER_MISMATCH OBR[2]-2", "103"],
  ["a template", { fields: { "IPC-1": "{{accession}}" } }, "HL7_PLACEHOLDER IPC", "102"],
];

describe("an order that names nothing for certain is refused, with its place and its code of table 0357", () => {
  it.each(refusals)("%s", (_what, options, refusal, condition) => {
    const message = parseMessage(build(options));
    expect(codeOf(() => readMessage(message))).toBe(refusal);
    try {
      readMessage(message);
    } catch (error) {
      expect(conditionOf(error as CodedError).code[0]).toBe(condition);
      expect((error as CodedError).retry).toBe("never");
    }
  });

  it.each([
    ["PID", "HL7_REPEATED_SEGMENT PID[2]"],
    ["OBR", "HL7_SEGMENT_ORDER OBR[2]"],
  ])("%s said twice", (segment, refusal) => {
    const bytes = Buffer.from(twice(segment)(build().toString()));
    expect(codeOf(() => readOrder(parseMessage(bytes)))).toBe(refusal);
  });

  it("a patient after an order", () => {
    const lines = build().toString().split("\r");
    const pid = lines.find((line) => line.startsWith("PID"))!;
    const moved = [...lines.filter((line) => line !== pid && line !== ""), pid].join("\r");
    expect(codeOf(() => readOrder(parseMessage(Buffer.from(moved))))).toBe("HL7_SEGMENT_ORDER PID");
  });

  it("an ORM, which has no place for a study", () => {
    expect(codeOf(() => readMessage(parseMessage(build({ fields: { "MSH-9": "ORM^O01^ORM_O01" } }))))).toBe(
      "HL7_MESSAGE_TYPE MSH-9.1",
    );
  });

  it("an accession number in a set of characters that is in doubt", () => {
    const bytes = build({ fields: { "IPC-1": "ACC-É" } }).toString();
    const sent = Buffer.from(bytes.replace("UNICODE UTF-8", "8859/1"));
    expect(codeOf(() => parseMessage(sent))).toBe("HL7_CHARSET IPC-1");
  });
});

describe("when a message was sent", () => {
  it.each([
    ["20261124101500+0100", "2026-11-24T09:15:00.000Z"],
    ["20261124101500", "2026-11-24T09:15:00.000Z"],
    ["202611241015", "2026-11-24T09:15:00.000Z"],
    ["20261124101500.5-0400", "2026-11-24T14:15:00.500Z"],
    ["2026112410", undefined],
    ["20261124", undefined],
    ["20261324101500", undefined],
    ["24/11/2026 10:15", undefined],
  ])("MSH-7 %s", (value, instant) => {
    const { sentAt, remarks } = read({ fields: { "MSH-7": value } });
    expect(sentAt?.toISOString()).toBe(instant);
    expect(remarks.map(({ code }) => code)).toEqual(instant === undefined ? ["HL7_SENT_AT_UNKNOWN"] : []);
  });

  it("is told on the clock of the site", () => {
    const message = parseMessage(build({ fields: { "MSH-7": "20261124101500" } }));
    expect(readOrder(message, { timeZone: "America/Martinique" }).sentAt?.toISOString()).toBe(
      "2026-11-24T14:15:00.000Z",
    );
  });
});

it("the INS of an order is the patient's", () => {
  expect(read().patient.identifiers[0]?.authority.oid).toBe(INS_TEST_OID);
});
