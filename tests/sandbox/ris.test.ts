import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { readReportHeader } from "../../appliance/cda/index.ts";
import { parseMessage, readReport } from "../../appliance/hl7/index.ts";
import {
  buildCda,
  buildReportMessage,
  nextVersion,
  type ReportChanges,
  samplePdf,
  sandboxReport,
  sandboxStudy,
} from "../../scripts/sandbox/ris.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";

const variants: [string, ReportChanges][] = [
  ["the report as it is", {}],
  ["a replacement", { replaces: { root: "2.25.1", extension: "v1" }, versionNumber: 2 }],
  ["two studies, one without region", { studies: [sandboxStudy(), { ...sandboxStudy(), region: undefined as never }] }],
  [
    "a patient without INS and used name",
    { patient: { ins: undefined as never, usedFamily: undefined as never, usedGiven: undefined as never } },
  ],
  ["names that XML and HL7 must escape", { patient: { birthFamily: `O'<&>"|^~\\` }, title: "A & B < C" }],
];

const samples = sharedSamples();
const schema = `${samples}/schemas/ans-testcontenucda/infrastructure/cda/CDA_extended.xsd`;

describe.skipIf(samples === undefined || !hasCommand("xmllint"))(
  "what the sandbox RIS makes is valid CDA (skipped without ../shared or xmllint)",
  () => {
    it.each(variants)("%s", (_what, changes) => {
      const run = spawnSync("xmllint", ["--noout", "--nonet", "--schema", schema, "-"], {
        input: buildCda(sandboxReport(changes)),
        encoding: "utf8",
      });
      expect(run.stderr).toContain("- validates");
    });
  },
);

describe("what the sandbox RIS makes is read back", () => {
  it.each(variants)("%s", (_what, changes) => {
    const report = sandboxReport(changes);
    for (const family of ["ORU", "MDM"] as const) {
      const message = readReport(parseMessage(buildReportMessage(report, { family, controlId: "1" })));
      expect(message.remarks).toEqual([]);
      expect(message.patient.familyName).toBe(report.patient.birthFamily);
      const header = readReportHeader(message.document!);
      expect(header.remarks).toEqual([]);
      expect(header.patient.birthName?.family).toBe(report.patient.birthFamily);
      expect(header.title).toBe(report.title);
    }
  });

  it.each(["ORU", "MDM"] as const)(
    "%s: a report, its next version, and the deletion of that, name each other",
    (family) => {
      const first = sandboxReport({ id: { root: "2.25.1", extension: "CR-1" } });
      const second = nextVersion(first, {
        flags: { ...first.flags, MODIF_CONF_CODE: "Y", MASQUE_PS: "Y", DESTDMP: "N" },
      });
      const read = (report: typeof first, action: "create" | "replace" | "delete") => {
        const message = readReport(parseMessage(buildReportMessage(report, { family, controlId: "1", action })));
        return { message, header: readReportHeader(message.document!) };
      };
      const [created, replaced, deleted] = [read(first, "create"), read(second, "replace"), read(second, "delete")];

      expect(created.header).toMatchObject({ id: first.id, versionNumber: 1, replaces: [] });
      expect(replaced.header).toMatchObject({ id: second.id, versionNumber: 2, replaces: [first.id] });
      expect(deleted.header.id).toEqual(second.id);
      for (const { header } of [created, replaced, deleted]) expect(header.setId).toEqual(first.setId);
      expect(replaced.message.sentAt!.getTime()).toBeGreaterThan(created.message.sentAt!.getTime());

      const flags = { visibilityChange: true, maskedFromProfessionals: true, destinationDmp: false };
      expect(replaced.message).toMatchObject({ action: "replace", flags });
      expect(deleted.message).toMatchObject({ action: "delete", flags: { ...flags, visibilityChange: false } });
      if (family === "ORU") return;
      expect(created.message.transcription).toEqual({ document: first.id });
      expect(replaced.message.transcription).toEqual({ document: second.id, parent: first.id });
    },
  );

  it("a PDF of the size asked for, which another program reads", () => {
    expect(Math.abs(samplePdf("x", 100_000).length - 100_000)).toBeLessThan(100);
    for (const size of [0, 100_000]) {
      const pdf = samplePdf("Essai (1)", size).toString("latin1");
      const start = Number(/startxref\n(\d+)/.exec(pdf)?.[1]);
      expect(pdf.slice(start, start + 4)).toBe("xref");
      for (const [, offset, number] of [...pdf.matchAll(/^(\d{10}) 00000 n /gm)].map(
        (m, i) => [m, Number(m[1]), i + 1] as const,
      ))
        expect(pdf.slice(offset, offset + 7)).toBe(`${number} 0 obj`);
    }
  });
});
