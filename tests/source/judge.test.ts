import { describe, expect, it } from "vitest";
import { type Judgement, judge } from "../../appliance/source/intake/judge.ts";
import { readReceived } from "../../appliance/source/intake/read.ts";
import type { ReceivedReport } from "../../appliance/source/intake/report.ts";
import { buildCda } from "../../scripts/sandbox/ris/cda.ts";
import { buildReportMessage, type MessageOptions } from "../../scripts/sandbox/ris/message.ts";
import { type ReportChanges, SANDBOX_ROOT, sandboxReport, sandboxStudy } from "../../scripts/sandbox/ris/report.ts";

const ROOT = SANDBOX_ROOT;
const INS = "285039999900196^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS";
const IPP = `P0001^^^IMAGERIE&${ROOT}.10&ISO^PI`;
const STUDY = sandboxStudy().studyInstanceUID;
const OTHER_INS = { matricule: "285017500000130", oid: "1.2.250.1.213.1.4.10" };

interface Case {
  readonly what: string;
  readonly report?: ReportChanges;
  /** What the CDA says, when the message is about another report. */
  readonly cda?: ReportChanges | "without INS" | "without order" | "without structure";
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
  {
    what: "a validated identity that is doubtful, too",
    report: { patient: { identityStatus: ["VALI", "DOUTE"] } },
    parked: ["SOURCE_INS_NOT_QUALIFIED"],
  },
  {
    what: "another given name in the report",
    cda: { patient: { birthGiven: "JEANNE" } },
    parked: ["SOURCE_TRAITS_MISMATCH"],
  },
  {
    what: "another birthplace in the report",
    cda: { patient: { birthPlaceCode: "75056" } },
    parked: ["SOURCE_TRAITS_MISMATCH"],
  },
  {
    what: "names without a letter",
    report: { patient: { birthFamily: "???" } },
    cda: { patient: { birthFamily: "!!!" } },
    parked: ["SOURCE_TRAITS_MISMATCH"],
  },
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

/** What the CDA says of its confidentiality: only N, once, is known to be shareable. */
const confidentiality: readonly (readonly [string, string])[] = [
  ["restricted", '<confidentialityCode code="R" codeSystem="2.16.840.1.113883.5.25"/>'],
  ["very restricted", '<confidentialityCode code="V" codeSystem="2.16.840.1.113883.5.25"/>'],
  ["restricted, the code system left out", '<confidentialityCode code="R"/>'],
  ["masked", '<confidentialityCode nullFlavor="MSK"/>'],
  ["absent", ""],
  ["normal and restricted", '<confidentialityCode code="N"/><confidentialityCode code="R"/>'],
];

describe("who may be published", () => {
  it.each(confidentiality)("parks a report of %s confidentiality", (_what, element) => {
    const cda = Buffer.from(
      buildCda(sandboxReport())
        .toString()
        .replace(/<confidentialityCode[^>]*>/, element),
    );
    const judgement = judged([received("ORU", {}, undefined, { cda })], "test");
    expect(judgement).toMatchObject({ kind: "restricted", faults: [{ code: "SOURCE_RESTRICTED" }] });
  });

  it("parks a message that announces another document than it carries", () => {
    const report = received("MDM", {}, undefined, { fields: { "TXA-12": "1.2.3" } });
    expect(judged([report], "test")).toMatchObject({ faults: [{ code: "SOURCE_DOCUMENT_ID_MISMATCH" }] });
  });

  for (const { what, report, cda, message, environment, parked } of cases) {
    for (const family of ["ORU", "MDM"] as const) {
      it(`${parked.length === 0 ? "goes on with" : "parks"} ${what} (${family})`, () => {
        const judgement = judged([received(family, report, cda, message)], environment ?? "test");
        expect("faults" in judgement ? judgement.faults.map(({ code }) => code) : []).toEqual(parked);
        if (parked.length === 0) expect(judgement).toMatchObject({ kind: "clear", ipps: [{ value: "P0001" }] });
      });
    }
  }

  it("shows both values of what differs", () => {
    const judgement = judged([received("ORU", {}, { patient: { ins: OTHER_INS } })], "test");
    expect(judgement).toMatchObject({
      faults: [{ values: { message: "285039999900196", report: OTHER_INS.matricule } }],
    });
  });

  it("closes a report that is not for the DMP, whatever else it says", () => {
    const report = received("ORU", { flags: { DESTDMP: "N" }, patient: { identityStatus: [] } });
    expect(judged([report], "test")).toMatchObject({ kind: "nothing", fault: { code: "SOURCE_NOT_FOR_DMP" } });
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

  const otherStructure = { structure: { id: "1690088888", name: "Imagerie du Confluent" } };
  const otherStudy = { studies: [sandboxStudy({ studyInstanceUID: "2.25.99" })] };
  const otherAccession = { studies: [sandboxStudy({ accession: { root: `${ROOT}.11`, extension: "ACC-2" } })] };
  const otherBirthDate = { patient: { birthDate: "19850313" } };

  const table: readonly (readonly [string, readonly Sent[], string])[] = [
    ["two reports of one patient", [first, second], "clear ACC-26-0001"],
    ["two accession numbers", [first, { ...second, ...otherAccession }], "clear ACC-26-0001 ACC-2"],
    ["a report sent again once its identity is qualified", [{ ...first, ...unqualified }, first], "clear ACC-26-0001"],
    ["a report sent again with a doubt", [first, { ...first, ...unqualified }], "SOURCE_INS_NOT_QUALIFIED"],
    ["another report, qualified, after one that was not", [{ ...first, ...unqualified }, second], "clear ACC-26-0001"],
    ["another patient's report on the same images", [first, { ...second, ...otherPatient }], "SOURCE_REPORTS_DISAGREE"],
    [
      "the same, then the first patient's again",
      [first, { ...second, ...otherPatient }, first],
      "SOURCE_REPORTS_DISAGREE",
    ],
    [
      "the same document, once for each of two patients",
      [{ ...first, ...otherPatient }, first],
      "SOURCE_REPORTS_DISAGREE",
    ],
    ["the same INS under another local identifier", [first, { ...second, ...otherIpp }], "SOURCE_REPORTS_DISAGREE"],
    ["the same INS with another birth date", [{ ...first, ...otherBirthDate }, second], "SOURCE_REPORTS_DISAGREE"],
    [
      "another patient's report that is not for the DMP",
      [{ ...first, ...otherPatient, ...notForDmp }, second],
      "SOURCE_REPORTS_DISAGREE",
    ],
    [
      "two structures behind a report that names none",
      [{ id: { root: "2.25.70" }, cda: "without structure" }, { ...first, ...otherStructure }, second],
      "SOURCE_STRUCTURES_DIFFER",
    ],
    [
      "a birth date with a time of day, the same day",
      [{ ...first, patient: { birthDate: "198503120000" } }, second],
      "clear ACC-26-0001",
    ],
    ["two structures", [first, { ...second, ...otherStructure }], "SOURCE_STRUCTURES_DIFFER"],
    [
      "a report whose message is about somebody else, then a good one",
      [{ ...first, cda: otherPatient }, second],
      "SOURCE_REPORTS_DISAGREE",
    ],
    [
      "a report whose message has another birth date, then a good one",
      [{ ...first, ...otherBirthDate, cda: { patient: {} } }, second],
      "SOURCE_TRAITS_MISMATCH",
    ],
    [
      "a doubtful report's accession number is not taken",
      [
        { ...first, message: pid3(INS) },
        { ...second, ...otherAccession },
      ],
      "clear ACC-2",
    ],
    ["a secret report, then another that is not", [{ ...first, ...secret }, second], "SOURCE_SECRET_CONNECTION"],
    [
      "a secret report that is not for the DMP, then another",
      [{ ...first, flags: { CONNEXION_SECRETE: "Y", DESTDMP: "N" } }, second],
      "SOURCE_SECRET_CONNECTION",
    ],
    ["a secret report sent again without the secret", [{ ...first, ...secret }, first], "clear ACC-26-0001"],
    ["a report withdrawn from the DMP", [first, { ...first, ...notForDmp }], "SOURCE_NOT_FOR_DMP"],
    ["two reports, one of them not for the DMP", [first, { ...second, ...notForDmp }], "clear ACC-26-0001"],
    ["a report that no longer names the study", [first, { ...first, ...otherStudy }], "SOURCE_STUDY_WITHDRAWN"],
  ];
  it.each(table)("%s", (_what, reports, expected) => {
    const all = reports.map(({ cda, message, ...report }) => received("ORU", report, cda, message));
    const judgement = judged(all, "test");
    const found =
      "faults" in judgement
        ? judgement.faults[0]?.code
        : judgement.kind === "nothing"
          ? judgement.fault.code
          : ["clear", ...judgement.accessions].join(" ");
    expect(found).toBe(expected);
  });
});

function judged(reports: readonly ReceivedReport[], environment: "test" | "production"): Judgement {
  const domains = [{ pacs: "PACS", patient: [], accession: [] }];
  return judge({ reports, orders: [], withheld: false }, STUDY, { environment, domains });
}

/** A report as sent: what the CDA says when it differs from the message, and what the message says otherwise. */
type Sent = ReportChanges & Pick<Case, "cda" | "message">;

function received(
  family: "ORU" | "MDM",
  report: ReportChanges = {},
  cda?: Case["cda"],
  message: Partial<MessageOptions> = {},
) {
  const options = cda === undefined ? {} : { cda: cdaOf(report, cda) };
  const bytes = buildReportMessage(sandboxReport(report), { family, controlId: "M1", ...options, ...message });
  return readReceived("hl7", bytes, { defaultCharset: "utf-8", timeZone: "Europe/Paris" }) as ReceivedReport;
}

/** What is left out of a CDA. */
const absent = {
  "without INS": /<id [^>]*1\.2\.250\.1\.213\.1\.4\.10[^>]*\/>/g,
  "without order": /<inFulfillmentOf>.*<\/inFulfillmentOf>/gs,
  "without structure": /<id [^>]*1\.2\.250\.1\.71\.4\.2\.2"[^>]*\/>/g,
} as const;

function cdaOf(report: ReportChanges, cda: NonNullable<Case["cda"]>): Buffer {
  if (typeof cda !== "string") return buildCda(sandboxReport({ ...report, ...cda }));
  const whole = buildCda(sandboxReport(report)).toString();
  return Buffer.from(whole.replaceAll(absent[cda], ""));
}

function pid3(...repetitions: string[]): Partial<MessageOptions> {
  return { fields: { "PID-3": repetitions.join("~") } };
}
