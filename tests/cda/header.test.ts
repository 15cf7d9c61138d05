import { describe, expect, it } from "vitest";
import { readReportHeader } from "../../appliance/cda/index.ts";
import {
  buildCda,
  INS_TEST_OID,
  SANDBOX_ROOT,
  samplePdf,
  sandboxReport,
  sandboxStudy,
} from "../../scripts/sandbox/ris.ts";
import { codeOf } from "../support/codes.ts";

const report = sandboxReport();
const text = buildCda(report).toString("utf8");

/** The header of the good report with one text replaced by another. */
function changed(from: string | RegExp, to: string, options?: Parameters<typeof readReportHeader>[1]) {
  const document = text.replace(from, () => to);
  expect(document).not.toBe(text);
  return readReportHeader(Buffer.from(document), options);
}

function remarks(header: ReturnType<typeof readReportHeader>): string[] {
  return header.remarks.map(({ code, where }) => `${code} ${where.replace("ClinicalDocument/", "")}`);
}

describe("a complete report says all of its header", () => {
  it("as read", () => {
    const organization = {
      id: { root: "1.2.250.1.71.4.2.2", extension: "1750099999" },
      name: "IMAGERIE DES TILLEULS",
      industryClass: {
        code: "AMBULATOIRE",
        codeSystem: "1.2.250.1.213.1.1.4.9",
        displayName: "Ambulatoire",
        translations: [],
      },
    };
    const professional = {
      id: { root: "1.2.250.1.71.4.2.1", extension: "899900012345" },
      name: { family: "VÉLIN", given: "Rose" },
      specialty: {
        code: "G15_10/SM44",
        codeSystem: "1.2.250.1.213.1.1.4.5",
        displayName: "Médecin - Radio-diagnostic (SM)",
        translations: [],
      },
      organization,
    };
    const modality = {
      code: "CT",
      codeSystem: "1.2.840.10008.2.16.4",
      displayName: "Tomodensitométrie",
      qualifier: "121139",
    };
    const region = {
      code: "67734004",
      codeSystem: "2.16.840.1.113883.6.96",
      displayName: "thorax",
      qualifier: "39111-0",
    };
    expect(readReportHeader(buildCda(sandboxReport({ replaces: { root: "2.25.7", extension: "v1" } })))).toEqual({
      id: { root: `${SANDBOX_ROOT}.1.1` },
      templateIds: ["2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1", "1.3.6.1.4.1.19376.1.2.20"].map((root) => ({
        root,
      })),
      code: {
        code: "18748-4",
        codeSystem: "2.16.840.1.113883.6.1",
        displayName: "CR d'imagerie médicale",
        translations: [],
      },
      title: "Compte rendu de scanner thoracique",
      effectiveTime: report.time,
      confidentialityCodes: ["N"],
      languageCode: "fr-FR",
      setId: { root: `${SANDBOX_ROOT}.2.1` },
      versionNumber: 1,
      replaces: [{ root: "2.25.7", extension: "v1" }],
      patient: {
        ins: { matricule: "285039999900196", oid: INS_TEST_OID },
        localIds: [{ value: "P0001", oid: `${SANDBOX_ROOT}.10` }],
        birthName: { family: "ESSAI", given: "LUCIE" },
        usedName: { family: "ESSAI-MARTIN", given: "LUCIE" },
        birthGivenNames: "LUCIE MARIE",
        birthDate: "19850312",
        sex: "F",
        birthPlaceCode: "99999",
      },
      authors: [{ ...professional, time: report.time }],
      legalAuthenticator: { ...professional, time: report.time },
      custodian: { id: organization.id, name: organization.name },
      orders: [
        {
          placerOrder: { root: `${SANDBOX_ROOT}.12`, extension: "ORD-77" },
          accession: { root: `${SANDBOX_ROOT}.11`, extension: "ACC-26-0001" },
        },
      ],
      serviceEvents: [
        {
          studyInstanceUID: `${SANDBOX_ROOT}.20.1`,
          act: {
            code: "24627-2",
            codeSystem: "2.16.840.1.113883.6.1",
            displayName: "CT thorax",
            translations: [modality, region],
          },
          modalities: [modality],
          regions: [region],
          start: new Date("2026-11-24T08:30:00Z"),
          stop: new Date("2026-11-24T08:45:00Z"),
          performer: professional,
        },
      ],
      facilityType: {
        code: "SA08",
        codeSystem: "1.2.250.1.71.4.2.4",
        displayName: "Cabinet de groupe",
        translations: [],
      },
      level: 1,
      remarks: [],
    });
  });

  it("every study and every order, not the first of each", () => {
    const studies = [1, 2, 3].map((n) =>
      sandboxStudy({
        studyInstanceUID: `2.25.${n}`,
        accession: { root: "2.25.9", extension: n === 3 ? "B" : "A" },
      }),
    );
    const header = readReportHeader(buildCda(sandboxReport({ studies })));
    expect(header.serviceEvents.map((event) => event.studyInstanceUID)).toEqual(["2.25.1", "2.25.2", "2.25.3"]);
    expect(header.orders.map((order) => order.accession?.extension)).toEqual(["A", "B"]);
  });
});

describe("the patient", () => {
  const ins = '<id root="1.2.250.1.213.1.4.10" extension="285039999900196"/>';

  it("is told by the OID of the INS, wherever it stands", () => {
    const header = changed(ins, `<id root="2.25.5" extension="FIRST"/>${ins}`);
    expect(header.patient.ins?.matricule).toBe("285039999900196");
    expect(header.patient.localIds.map((id) => id.value)).toEqual(["FIRST", "P0001"]);
  });

  it.each(["8", "9", "11"])("has an INS of the arc .%s", (arc) => {
    expect(changed(ins, ins.replace(".4.10", `.4.${arc}`)).patient.ins?.oid).toBe(`1.2.250.1.213.1.4.${arc}`);
  });

  it("has no INS when it is an INS-C, is not known, or has no value", () => {
    const c = changed(ins, ins.replace(".4.10", ".4.2"));
    expect(c.patient.ins).toBeUndefined();
    expect(remarks(c)).toEqual(["CDA_INS_C recordTarget/patientRole/id"]);
    expect(changed(ins, '<id nullFlavor="UNK"/>').patient).not.toHaveProperty("ins");
    expect(changed(ins, `<id nullFlavor="UNK" ${ins.slice(4)}`).patient).not.toHaveProperty("ins");
    expect(changed(ins, ins.replace("285039999900196", "  ")).patient).not.toHaveProperty("ins");
  });

  it("with two different INS is refused; the same one twice is one", () => {
    expect(changed(ins, ins + ins).patient.ins?.matricule).toBe("285039999900196");
    for (const other of [ins.replace("196", "297"), ins.replace(".4.10", ".4.8")])
      expect(codeOf(() => changed(ins, ins + other))).toBe(
        "CDA_TWO_INS ClinicalDocument/recordTarget/patientRole/id[2]",
      );
  });

  it("is one: a second record target is refused", () => {
    const target = /<recordTarget>.*<\/recordTarget>/s.exec(text)![0];
    expect(codeOf(() => changed(target, target + target))).toMatch(/^CDA_SEVERAL_PATIENTS/);
  });

  it("is one: a second patient in the one record target, a second date of birth, a second document id are refused", () => {
    const repeated = (element: RegExp): string => codeOf(() => changed(element, element.exec(text)![0].repeat(2)));
    expect(repeated(/<patient>.*<\/patient>/s)).toBe(
      "CDA_SEVERAL_PATIENTS ClinicalDocument/recordTarget/patientRole/patient[2]",
    );
    expect(repeated(/<birthTime[^>]*>/)).toBe(
      "CDA_FIELD_REPEATED ClinicalDocument/recordTarget/patientRole/patient/birthTime[2]",
    );
    expect(repeated(/<id root="[^"]*1\.1"\/>/)).toBe("CDA_FIELD_REPEATED ClinicalDocument/id[2]");
    expect(repeated(/<setId[^>]*>/)).toBe("CDA_FIELD_REPEATED ClinicalDocument/setId[2]");
  });

  it("says nothing by what is marked unknown, even where a value stands beside the mark", () => {
    const masked = changed("<birthTime ", '<birthTime nullFlavor="MSK" ');
    expect(masked.patient).not.toHaveProperty("birthDate");
    expect(
      changed("<administrativeGenderCode ", '<administrativeGenderCode nullFlavor="UNK" ').patient,
    ).not.toHaveProperty("sex");
    expect(changed("<county>", '<county nullFlavor="UNK">').patient).not.toHaveProperty("birthPlaceCode");
    expect(codeOf(() => changed('<code code="18748-4"', '<code nullFlavor="UNK" code="18748-4"'))).toBe(
      "CDA_FIELD_MISSING ClinicalDocument/code",
    );
  });

  const name = /<name><family qualifier="BR">.*?<\/name>/;
  it.each<[string, string, object, string[]]>([
    ["no qualifier at all", "<family>A</family><given>B</given>", { birthName: { family: "A", given: "B" } }, []],
    [
      "three given names without qualifier",
      "<family>A</family><given>B</given><given>C</given><given>D</given>",
      { birthName: { family: "A", given: "B" }, birthGivenNames: "B C D" },
      [],
    ],
    [
      "a spouse's name only",
      '<family qualifier="SP">A</family><given>B</given>',
      { usedName: { family: "A", given: "B" } },
      ["CDA_NAME_QUALIFIER recordTarget/patientRole/patient/name/family"],
    ],
    ["no name", "", {}, []],
  ])("named with %s", (_what, names, expected, remarked) => {
    const header = changed(name, `<name>${names}</name>`);
    const { birthName, usedName, birthGivenNames } = header.patient;
    expect(JSON.parse(JSON.stringify({ birthName, usedName, birthGivenNames }))).toEqual(expected);
    expect(remarks(header)).toEqual(remarked);
  });
});

describe("a study", () => {
  it("is id/@root; an extension beside it is kept apart and remarked", () => {
    const header = changed('.20.1"/>', '.20.1" extension="studyInstanceUID"/>');
    expect(header.serviceEvents[0]).toMatchObject({
      studyInstanceUID: `${SANDBOX_ROOT}.20.1`,
      studyExtension: "studyInstanceUID",
    });
    expect(remarks(header)).toEqual(["CDA_STUDY_EXTENSION documentationOf/serviceEvent/id"]);
  });

  it("is absent from an event without id: a diagnosis, a screening code", () => {
    const event =
      '<documentationOf><serviceEvent><code code="Z13.9" codeSystem="2.16.840.1.113883.6.3"/></serviceEvent></documentationOf>';
    const header = changed("<documentationOf>", `${event}<documentationOf>`);
    expect(header.serviceEvents).toHaveLength(2);
    expect(header.serviceEvents[0]).toEqual({
      act: { code: "Z13.9", codeSystem: "2.16.840.1.113883.6.3", translations: [] },
      modalities: [],
      regions: [],
    });
  });

  it("that is no UID is remarked", () => {
    expect(remarks(changed(`${SANDBOX_ROOT}.20.1`, "D52DE737-001D"))).toEqual([
      "CDA_STUDY_UID documentationOf/serviceEvent/id",
    ]);
  });

  it("has its modality and region by code system when the qualifier is left out", () => {
    const header = changed(/<qualifier>.*<\/qualifier>/g, "");
    expect(header.serviceEvents[0]?.modalities.map((m) => m.code)).toEqual(["CT"]);
    expect(header.serviceEvents[0]?.regions.map((r) => r.code)).toEqual(["67734004"]);
    expect(remarks(header)).toEqual(Array(2).fill("CDA_QUALIFIER_ABSENT documentationOf/serviceEvent"));
  });
});

describe("an order", () => {
  it("with two accession numbers hides neither", () => {
    const accession = /<ps3-20:accessionNumber[^>]*>/;
    const second = accession.exec(text)![0].replace("ACC-26-0001", "ACC-26-0002");
    const { orders } = changed("</order>", `${second}</order>`);
    expect(orders.map((order) => [order.placerOrder?.extension, order.accession?.extension])).toEqual([
      ["ORD-77", "ACC-26-0001"],
      ["ORD-77", "ACC-26-0002"],
    ]);
  });
});

describe("every path is followed step by step and by namespace", () => {
  it("an id, a code or an accession number elsewhere is not taken", () => {
    const decoy = '<id root="2.25.666"/><code code="X" codeSystem="Y"/>';
    const header = readReportHeader(
      Buffer.from(
        text
          .replace("<realmCode", `<x:extra xmlns:x="urn:other">${decoy}</x:extra><realmCode`)
          .replace("<order>", '<order><accessionNumber root="2.25.666" extension="DECOY"/>'),
      ),
    );
    expect(header.id.root).toBe(report.id.root);
    expect(header.code.code).toBe("18748-4");
    expect(header.orders[0]?.accession?.extension).toBe("ACC-26-0001");
  });

  it("whatever the prefix of the namespace", () => {
    const prefixed = text
      .replaceAll(/<(\/?)(?!\?|!|ps3-20:)/g, "<$1h:")
      .replace('xmlns="urn:hl7-org:v3"', 'xmlns:h="urn:hl7-org:v3"');
    expect(readReportHeader(Buffer.from(prefixed))).toEqual(readReportHeader(Buffer.from(text)));
  });
});

describe("times", () => {
  it("without offset are of the site's clock, summer and winter", () => {
    const time = (value: string, timeZone?: string) =>
      changed(
        /<effectiveTime value="[^"]*"/,
        `<effectiveTime value="${value}"`,
        timeZone === undefined ? {} : { timeZone },
      ).effectiveTime.toISOString();
    expect(time("20260115120000")).toBe("2026-01-15T11:00:00.000Z");
    expect(time("20260715120000")).toBe("2026-07-15T10:00:00.000Z");
    expect(time("20260715120000", "America/Guadeloupe")).toBe("2026-07-15T16:00:00.000Z");
    expect(time("20260715120000-0400")).toBe("2026-07-15T16:00:00.000Z");
  });

  it("that are none are remarked, and refused only where nothing can do without", () => {
    expect(remarks(changed(/<low value="[^"]*"/, '<low value="yesterday"'))).toEqual([
      "CDA_TIME documentationOf/serviceEvent/effectiveTime/low",
    ]);
    expect(codeOf(() => changed(/<effectiveTime value="[^"]*"/, '<effectiveTime value="20261332"'))).toBe(
      "CDA_FIELD_MISSING ClinicalDocument/effectiveTime",
    );
  });
});

describe("what makes a report unusable is refused by name", () => {
  it.each([
    ["no id", /<id root="[^"]*1\.1"\/>/, "", "CDA_FIELD_MISSING ClinicalDocument/id"],
    ["an unknown id", /<id root="[^"]*1\.1"\/>/, '<id nullFlavor="UNK"/>', "CDA_FIELD_MISSING ClinicalDocument/id"],
    ["no code", /<code code="18748-4"[^>]*>/, "", "CDA_FIELD_MISSING ClinicalDocument/code"],
    [
      "no patient",
      /<recordTarget>.*<\/recordTarget>/s,
      "",
      "CDA_FIELD_MISSING ClinicalDocument/recordTarget/patientRole",
    ],
    ["another namespace", "urn:hl7-org:v3", "urn:hl7-org:v2", "CDA_NOT_CLINICAL_DOCUMENT"],
    ["an encoding that is a property of every object", 'encoding="UTF-8"', 'encoding="constructor"', "CDA_ENCODING"],
    ["UTF-16", 'encoding="UTF-8"', 'encoding="UTF-16"', "CDA_ENCODING"],
  ])("%s", (_what, from, to, code) => {
    expect(codeOf(() => changed(from, to))).toBe(code);
  });

  it("more than it may be", () => {
    const limits = { documentBytes: 5000, headerBytes: 5000 };
    expect(codeOf(() => readReportHeader(Buffer.from(text), { limits }))).toBe("CDA_TOO_LARGE");
    expect(codeOf(() => readReportHeader(Buffer.from(text), { limits: { headerBytes: 5000 } }))).toBe(
      "CDA_TOO_LARGE header",
    );
  });
});

describe("characters", () => {
  it("a byte order mark, comments, processing instructions and blanks before the root are nothing", () => {
    const dressed = `\ufeff${text.replace("<ClinicalDocument", '<?xml-stylesheet href="a.xsl"?>\n<!-- <DOCTYPE> -->\n<ClinicalDocument')}`;
    expect(readReportHeader(Buffer.from(dressed))).toEqual(readReportHeader(Buffer.from(text)));
    expect(readReportHeader(Buffer.from(`\n ${text}`)).title).toBe(report.title);
  });

  it("ISO 8859-1 and 8859-15 are read when declared, and remarked", () => {
    for (const encoding of ["ISO-8859-1", "iso-8859-15", "windows-1252"]) {
      const header = readReportHeader(Buffer.from(text.replace("UTF-8", encoding), "latin1"));
      expect(header.authors[0]?.name?.family).toBe("VÉLIN");
      expect(remarks(header)).toEqual(["CDA_NOT_UTF8 ClinicalDocument"]);
    }
  });

  it("bytes that are not of the encoding are refused", () => {
    expect(codeOf(() => readReportHeader(Buffer.from(text, "latin1")))).toBe("CDA_ENCODING");
    expect(codeOf(() => readReportHeader(Buffer.from(text, "utf16le")))).toMatch(/^CDA_(ENCODING|NOT_XML)/);
  });

  it("encoded twice are repaired for reading, and remarked; the bytes are not touched", () => {
    const twice = Buffer.from(Buffer.from(text.replace("scanner", "l’œdème")).toString("latin1"), "utf8");
    const before = Buffer.from(twice);
    const header = readReportHeader(twice);
    expect(header.authors[0]?.name?.family).toBe("VÉLIN");
    expect(header.title).toBe("Compte rendu de l’œdème thoracique");
    expect(remarks(header)).toContain("CDA_ENCODED_TWICE author/assignedAuthor/assignedPerson/name/family");
    expect(twice.equals(before)).toBe(true);
    expect(changed("scanner", "Ã© là").title).toBe("Compte rendu de Ã© là thoracique");
  });
});

describe("the body is left out", () => {
  it("whatever its size", () => {
    const big = buildCda(sandboxReport({ pdf: samplePdf("x", 6_000_000) }));
    expect(readReportHeader(big).level).toBe(1);
  });
});
