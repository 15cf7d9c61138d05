import { describe, expect, it } from "vitest";
import type { FoundStudy } from "../../appliance/pacs/index.ts";
import { type Judgement, judge } from "../../appliance/source/intake/judge.ts";
import { readReceived } from "../../appliance/source/intake/read.ts";
import type { ReceivedReport } from "../../appliance/source/intake/report.ts";
import { manifestInput, ordersOf } from "../../appliance/source/look/manifest.ts";
import { buildReportMessage, type ReportChanges, sandboxReport, sandboxStudy } from "../../scripts/sandbox/ris.ts";

const accession = (extension: string) => ({ root: "2.25.11", extension });
const order = (extension: string) => ({ root: "2.25.12", extension });
const head = sandboxStudy({ studyInstanceUID: "2.25.1", accession: accession("A1"), order: order("O1") });
const neck = sandboxStudy({ studyInstanceUID: "2.25.2", accession: accession("A2"), order: order("O2") });

describe("what a manifest claims of its study", () => {
  it("is the order of its own images, when a report covers several studies", () => {
    expect(requests([{ studies: [head, neck] }], "2.25.2", "A2")).toEqual(["A2 O2"]);
  });

  it("is every order of a report on that study alone", () => {
    const twoOrders = [head, { ...neck, studyInstanceUID: head.studyInstanceUID }];
    expect(requests([{ studies: twoOrders }], "2.25.1", "A1")).toEqual(["A1 O1", "A2 O2"]);
  });

  it("joins the orders of two reports on it, each once", () => {
    const reports = [
      { id: { root: "2.25.71" }, studies: [head] },
      { id: { root: "2.25.72" }, studies: [head, neck] },
      { id: { root: "2.25.73" }, studies: [{ ...head, accession: accession("A3"), order: order("O3") }] },
    ];
    expect(requests(reports, "2.25.1", "A1")).toEqual(["A1 O1", "A3 O3"]);
  });
});

/** The accession and order numbers that the manifest of a study claims. */
function requests(reports: readonly ReportChanges[], studyInstanceUID: string, accessionNumber: string): string[] {
  const received = reports.map((report, n) =>
    readReceived("hl7", buildReportMessage(sandboxReport(report), { family: "ORU", controlId: `M${n}` }), {
      defaultCharset: "utf-8",
      timeZone: "Europe/Paris",
    }),
  ) as ReceivedReport[];
  const judgement = judge({ reports: received, orders: [], withheld: false }, studyInstanceUID, {
    environment: "test",
    domains: [{ pacs: "PACS", patient: [], accession: [] }],
  }) as Extract<Judgement, { kind: "clear" }>;
  expect(judgement.kind).toBe("clear");
  const study = {
    studyInstanceUID,
    accessionNumber,
    patientID: "P0001",
    pacs: "PACS",
    series: [],
  } satisfies FoundStudy;
  const site = { name: "Site", timeZone: "Europe/Paris", publicAddress: "https://db.example.fr", manufacturer: "M" };
  const input = manifestInput({ study, judgement, structure: "1750099999", site, createdAt: new Date(), version: 1 });
  expect(ordersOf(study, judgement.reports).length).toBeGreaterThan(0);
  return input.requests.map((request) => `${request.accession?.value} ${request.placerOrder?.value}`);
}
