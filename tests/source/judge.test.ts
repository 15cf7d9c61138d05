import { describe, expect, it } from "vitest";
import { judge } from "../../appliance/source/intake/judge.ts";
import { readReceived } from "../../appliance/source/intake/report.ts";
import { buildCda } from "../../scripts/sandbox/ris/cda.ts";
import { buildReportMessage, type MessageOptions } from "../../scripts/sandbox/ris/message.ts";
import { type ReportChanges, SANDBOX_ROOT, sandboxReport } from "../../scripts/sandbox/ris/report.ts";

const ROOT = SANDBOX_ROOT;
const INS = "285039999900196^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS";
const IPP = `P0001^^^IMAGERIE&${ROOT}.10&ISO^PI`;
const OTHER_INS = { matricule: "285017500000130", oid: "1.2.250.1.213.1.4.10" };

interface Case {
  readonly what: string;
  readonly report?: ReportChanges;
  /** What the CDA says, when the message is about another report. */
  readonly cda?: ReportChanges | "without INS" | "without order";
  readonly message?: Partial<MessageOptions>;
  readonly environment?: "test" | "production";
  /** The codes that park it; none: it goes on. */
  readonly parked: readonly string[];
}

/** Who may be published, one row a doubt. Every row is real bytes: a message with its CDA. */
const cases: readonly Case[] = [
  { what: "a complete report of a qualified patient", parked: [] },
  { what: "PID-3 in the other order", message: pid3(IPP, INS), parked: [] },
  {
    what: "an identity that is not qualified",
    report: { patient: { identityStatus: ["PROV"] } },
    parked: ["SOURCE_INS_NOT_QUALIFIED"],
  },
  {
    what: "an identity of no known status",
    report: { patient: { identityStatus: [] } },
    parked: ["SOURCE_INS_NOT_QUALIFIED"],
  },
  { what: "a qualified status among others", report: { patient: { identityStatus: ["VIDE", "VALI"] } }, parked: [] },
  {
    what: "no INS anywhere",
    cda: "without INS",
    message: pid3(IPP),
    parked: ["SOURCE_INS_MISSING"],
  },
  { what: "an INS in the report only", message: pid3(IPP), parked: ["SOURCE_INS_MISSING"] },
  {
    what: "another patient's report in the message",
    cda: { patient: { ins: OTHER_INS } },
    parked: ["SOURCE_INS_MISMATCH"],
  },
  {
    what: "an INS with a wrong key",
    report: { patient: { ins: { matricule: "285039999900197", oid: OTHER_INS.oid } } },
    parked: ["SOURCE_INS_INVALID"],
  },
  { what: "a test identity on a production box", environment: "production", parked: ["SOURCE_INS_ENVIRONMENT"] },
  {
    what: "a production identity on a test box",
    report: { patient: { ins: { matricule: "285039999900196", oid: "1.2.250.1.213.1.4.8" } } },
    parked: ["SOURCE_INS_ENVIRONMENT"],
  },
  { what: "no local identifier in the message", message: pid3(INS), parked: ["SOURCE_IPP_MISSING"] },
  { what: "no local identifier in the report", cda: { patient: { localIds: [] } }, parked: ["SOURCE_IPP_MISSING"] },
  {
    what: "the same number from another authority",
    cda: { patient: { localIds: [{ value: "P0001", oid: `${ROOT}.99` }] } },
    parked: ["SOURCE_IPP_MISSING"],
  },
  {
    what: "two local identifiers that both agree",
    report: {
      patient: {
        localIds: [
          { value: "P0001", oid: `${ROOT}.10` },
          { value: "P0002", oid: `${ROOT}.10` },
        ],
      },
    },
    parked: ["SOURCE_IPP_AMBIGUOUS"],
  },
  {
    what: "another birth date in the report",
    cda: { patient: { birthDate: "19850313" } },
    parked: ["SOURCE_TRAITS_MISMATCH"],
  },
  { what: "another sex in the report", cda: { patient: { sex: "M" } }, parked: ["SOURCE_TRAITS_MISMATCH"] },
  {
    what: "another birth name in the report",
    cda: { patient: { birthFamily: "ESSEY" } },
    parked: ["SOURCE_TRAITS_MISMATCH"],
  },
  { what: "the same birth name with its accents", cda: { patient: { birthFamily: "Éssai" } }, parked: [] },
  { what: "no accession number", cda: "without order", parked: ["SOURCE_ACCESSION_MISSING"] },
  { what: "a secret connection", report: { flags: { CONNEXION_SECRETE: "Y" } }, parked: ["SOURCE_SECRET_CONNECTION"] },
  {
    what: "several doubts at once, all of them told",
    report: { patient: { identityStatus: ["PROV"] }, flags: { CONNEXION_SECRETE: "Y" } },
    parked: ["SOURCE_INS_NOT_QUALIFIED", "SOURCE_SECRET_CONNECTION"],
  },
];

describe("who may be published", () => {
  for (const { what, report, cda, message, environment, parked } of cases) {
    for (const family of ["ORU", "MDM"] as const) {
      it(`${parked.length === 0 ? "goes on with" : "parks"} ${what} (${family})`, () => {
        const judgement = judge([received(family, report, cda, message)], environment ?? "test");
        expect(judgement.kind === "doubtful" ? judgement.faults.map(({ code }) => code) : []).toEqual(parked);
        if (parked.length === 0) expect(judgement).toMatchObject({ kind: "clear", ipp: { value: "P0001" } });
      });
    }
  }

  it("shows both values of what differs", () => {
    const judgement = judge([received("ORU", {}, { patient: { ins: OTHER_INS } })], "test");
    expect(judgement).toMatchObject({
      faults: [{ values: { message: "285039999900196", report: OTHER_INS.matricule } }],
    });
  });

  it("closes a report that is not for the DMP, whatever else it says", () => {
    const report = received("ORU", { flags: { DESTDMP: "N" }, patient: { identityStatus: [] } });
    expect(judge([report], "test")).toEqual({ kind: "not-for-dmp" });
  });
});

describe("several reports on one exam", () => {
  const first = { id: { root: "2.25.71" } };
  const second = { id: { root: "2.25.72" } };
  const unqualified = { patient: { identityStatus: ["PROV"] } };
  const secret = { flags: { CONNEXION_SECRETE: "Y" } } as const;
  const notForDmp = { flags: { DESTDMP: "N" } } as const;
  const otherPatient = { patient: { ins: OTHER_INS } };
  const otherIpp = { patient: { localIds: [{ value: "P0002", oid: `${ROOT}.10` }] } };

  const table: readonly (readonly [string, readonly ReportChanges[], string])[] = [
    ["two reports of one patient", [first, second], "clear"],
    ["a report sent again once its identity is qualified", [{ ...first, ...unqualified }, first], "clear"],
    ["a report sent again with a doubt", [first, { ...first, ...unqualified }], "SOURCE_INS_NOT_QUALIFIED"],
    ["another report, qualified, after one that was not", [{ ...first, ...unqualified }, second], "clear"],
    ["another patient's report on the same study", [first, { ...second, ...otherPatient }], "SOURCE_REPORTS_DISAGREE"],
    [
      "the same, then the first patient's again",
      [first, { ...second, ...otherPatient }, first],
      "SOURCE_REPORTS_DISAGREE",
    ],
    ["the same INS under another local identifier", [first, { ...second, ...otherIpp }], "SOURCE_REPORTS_DISAGREE"],
    ["a secret report, then another that is not", [{ ...first, ...secret }, second], "SOURCE_SECRET_CONNECTION"],
    ["a secret report sent again without the secret", [{ ...first, ...secret }, first], "clear"],
    ["a report withdrawn from the DMP", [first, { ...first, ...notForDmp }], "not-for-dmp"],
    ["two reports, one of them not for the DMP", [first, { ...second, ...notForDmp }], "clear"],
    [
      "another patient's report that is not for the DMP",
      [first, { ...second, ...otherPatient, ...notForDmp }],
      "clear",
    ],
  ];
  it.each(table)("%s", (_what, reports, expected) => {
    const judgement = judge(
      reports.map((report) => received("ORU", report)),
      "test",
    );
    const found = judgement.kind === "doubtful" ? judgement.faults[0]?.code : judgement.kind;
    expect(found).toBe(expected);
  });
});

function received(
  family: "ORU" | "MDM",
  report: ReportChanges = {},
  cda?: Case["cda"],
  message: Partial<MessageOptions> = {},
) {
  const options = cda === undefined ? {} : { cda: cdaOf(report, cda) };
  const bytes = buildReportMessage(sandboxReport(report), { family, controlId: "M1", ...options, ...message });
  return readReceived({ bytes, peer: "127.0.0.1" }, { defaultCharset: () => "utf-8", timeZone: "Europe/Paris" });
}

function cdaOf(report: ReportChanges, cda: NonNullable<Case["cda"]>): Buffer {
  if (typeof cda !== "string") return buildCda(sandboxReport({ ...report, ...cda }));
  const whole = buildCda(sandboxReport(report)).toString();
  const removed =
    cda === "without INS" ? /<id [^>]*1\.2\.250\.1\.213\.1\.4\.10[^>]*\/>/ : /<inFulfillmentOf>.*<\/inFulfillmentOf>/s;
  return Buffer.from(whole.replace(removed, ""));
}

function pid3(...repetitions: string[]): Partial<MessageOptions> {
  return { fields: { "PID-3": repetitions.join("~") } };
}
