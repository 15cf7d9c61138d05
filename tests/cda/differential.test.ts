/**
 * Two readers of one header: ours, which leaves the body out, and libxml2 with XPath over the whole document. Whatever is
 * done to a report, we refuse it or read what any conformant XML parser reads: no input shows us another patient.
 */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { INS_C_OID, type ReportHeader, readReportHeader } from "../../appliance/cda/index.ts";
import { buildCda, sandboxReport, sandboxStudy } from "../../scripts/sandbox/ris.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";

const V3 = "urn:hl7-org:v3";
const INS = '<id root="1.2.250.1.213.1.4.10" extension="285039999900196"/>';
const OTHER = INS.replace("285039999900196", "185039999900193");
const studies = [1, 2].map((n) => sandboxStudy({ studyInstanceUID: `2.25.${n}` }));
const report = buildCda(sandboxReport({ studies })).toString("utf8");

/** Who and what the report is about, as far as a mistake would publish the images of another. */
interface Subject {
  readonly id: string;
  readonly patientIds: readonly string[];
  readonly birthDate: string;
  readonly studies: readonly string[];
  readonly accessions: readonly string[];
}

function ours(document: Buffer): Subject | undefined {
  let header: ReportHeader;
  try {
    header = readReportHeader(document);
  } catch (error) {
    if (error instanceof CodedError) return undefined;
    throw error;
  }
  const { ins, localIds, birthDate = "" } = header.patient;
  const ids = localIds.map(({ oid, value }) => pair(oid, value));
  return {
    id: pair(header.id.root, header.id.extension),
    patientIds: distinct(ins === undefined ? ids : [...ids, pair(ins.oid, ins.matricule)]),
    birthDate,
    studies: header.serviceEvents.flatMap((event) => event.studyInstanceUID ?? []).map(spaced),
    accessions: distinct(
      header.orders.flatMap(({ accession: a }) => (a === undefined ? [] : [pair(a.root, a.extension)])),
    ),
  };
}

function theirs(document: Buffer): Subject | undefined {
  const known = '[not(@nullFlavor)][normalize-space(@root) != ""]';
  const event = path("ClinicalDocument", "documentationOf", "serviceEvent");
  const accession = `${path("ClinicalDocument", "inFulfillmentOf", "order")}/${step("accessionNumber", "urn:dicom-org:ps3-20")}${known}`;
  const patientId = `${path("ClinicalDocument", "recordTarget", "patientRole", "id")}${known}[normalize-space(@extension) != ""][@root != "${INS_C_OID}"]`;
  const pairs = (nodes: string, count: number) =>
    Array.from(
      { length: count },
      (_, i) => `${value(`(${nodes})[${i + 1}]`, "root")}, "=", ${value(`(${nodes})[${i + 1}]`, "extension")}`,
    );
  const studyIds = Array.from({ length: 8 }, (_, i) => value(`(${event})[${i + 1}]/${step("id", V3)}${known}`, "root"));
  const birth = `${path("ClinicalDocument", "recordTarget", "patientRole", "patient", "birthTime")}[not(@nullFlavor)]`;
  const fields = [
    ...pairs(path("ClinicalDocument", "id"), 1),
    value(birth, "value"),
    ...pairs(patientId, 8),
    ...studyIds,
    ...pairs(accession, 8),
  ];
  const run = spawnSync("xmllint", ["--nonet", "--huge", "--xpath", `concat(${fields.join(', "|", ')})`, "-"], {
    input: document,
  });
  if (run.status !== 0 || run.stderr.includes("error")) return undefined;
  const [id = "", birthTime = "", ...rest] = run.stdout.toString("utf8").trim().split("|");
  return {
    id,
    patientIds: distinct(rest.slice(0, 8).filter((one) => one !== "=")),
    birthDate: birthTime.slice(0, 8),
    studies: rest.slice(8, 16).filter((uid) => uid !== ""),
    accessions: distinct(rest.slice(16).filter((one) => one !== "=")),
  };
}

function step(name: string, namespace: string): string {
  return `*[local-name() = "${name}" and namespace-uri() = "${namespace}"]`;
}

function path(...names: readonly string[]): string {
  return names.map((name) => `/${step(name, V3)}`).join("");
}

function value(node: string, attribute: string): string {
  return `normalize-space(${node}/@${attribute})`;
}

function spaced(text: string): string {
  return text.replace(/[ \t\r\n]+/g, " ").trim();
}

function pair(root: string, extension = ""): string {
  return `${spaced(root)}=${spaced(extension)}`;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

/** What may be put between two tags. */
const insertions = [
  `<!-- ${OTHER} -->`,
  `<!--> ${OTHER} <!-- -->`,
  "<!-- a -- b -->",
  `<?pi "> ${OTHER} ?>`,
  `<![CDATA[${OTHER}]]>`,
  `<x xmlns="urn:other">${OTHER}</x>`,
  `<x xmlns="">${OTHER}</x>`,
  `<recordTarget xmlns="urn:other"><patientRole>${OTHER}</patientRole></recordTarget>`,
  `<recordTarget><patientRole>${OTHER}</patientRole></recordTarget>`,
  `<component><nonXMLBody><recordTarget/></nonXMLBody></component>`,
  "<component><nonXMLBody><!-- </nonXMLBody></component> --></nonXMLBody></component>",
  `<x:component xmlns:x="urn:other"><x:structuredBody>${OTHER}</x:structuredBody></x:component>`,
  OTHER,
  OTHER.replace("<id", '<id xmlns="urn:other"'),
  OTHER.replace("<id", '<id nullFlavor="UNK"'),
  OTHER.replace("<id", '<h:id xmlns:h="urn:hl7-org:v3"'),
  OTHER.replace("<id", '<h:id xmlns:h="urn:other"'),
  OTHER.replace("<id", "<unbound:id"),
  OTHER.replace("root=", 'root="9" root='),
  OTHER.replace(/root=|extension=/g, "unbound:$&"),
  OTHER.replace(/root=|extension=/g, "h:$&").replace("<id", `<id xmlns:h="${V3}" root="2.25.4" extension="L"`),
  OTHER.replace("185", "1&#56;5"),
  OTHER.replace("185", "1&#1;85"),
  OTHER.replace("185", "1&#xD800;85"),
  OTHER.replace("185", "1&#x110000;85"),
  OTHER.replace("185", "1\ufffe85"),
  OTHER.replace("185", "1&no;85"),
  OTHER.replace("185", "1\r\n85"),
  OTHER.replace("/>", "></id >"),
  OTHER.replaceAll('"', "'").replace("185", '1"85'),
  OTHER.replace("185", "<"),
  '<birthTime value="19000101"/>',
  '<birthTime nullFlavor="UNK" value="19000101"/>',
  '<id root="2.25.3"/>',
  "&amp;",
  "<",
  ">",
] as const;

type Mutation = readonly [at: number, insertion: string, deleted: number];

function mutate(text: string, mutations: readonly Mutation[]): Buffer {
  let mutated = text;
  for (const [at, insertion, deleted] of mutations) {
    const end = mutated.search(/<(?:component|[\w-]+:component)>/);
    const header = end < 0 ? mutated.length : end;
    const position = mutated.indexOf("<", at % header);
    mutated = mutated.slice(0, position) + insertion + mutated.slice(position + deleted);
  }
  return Buffer.from(mutated);
}

describe.skipIf(!hasCommand("xmllint"))("our header and that of libxml2 (skipped where xmllint is absent)", () => {
  it("are of one patient and the same studies, for the report of the sandbox", () => {
    const read = ours(Buffer.from(report));
    expect(read?.studies).toEqual(["2.25.1", "2.25.2"]);
    expect(read?.patientIds).toHaveLength(2);
    expect(read).toEqual(theirs(Buffer.from(report)));
  });

  const folder = sharedSamples();
  it.skipIf(folder === undefined)("for every published report (skipped where ../shared is absent)", () => {
    const documents = globSync(`${folder}/cda/**/*.xml`).map((file) => readFileSync(file));
    const read = documents.filter((document) => ours(document) !== undefined);
    expect(read.length).toBeGreaterThan(5);
    for (const document of read) expect(ours(document)).toEqual(theirs(document));
  });

  it.each(insertions)("with %s in the patient, before and after the identity", (insertion) => {
    for (const at of [report.indexOf(INS), report.indexOf(INS) + 1, report.indexOf("<birthTime")]) {
      const document = mutate(report, [[at, insertion, 0]]);
      const read = ours(document);
      if (read !== undefined) expect(read).toEqual(theirs(document));
    }
  });

  const declared = (declaration: string) =>
    report.replace(/^<\?xml[^>]*>/, declaration).replaceAll("285039999900196", "É850");
  const latin1 = 'encoding="ISO-8859-1"?>';
  it.each([
    ["far in the declaration", Buffer.from(declared(`<?xml version="1.0"${" ".repeat(400)}${latin1}`), "latin1")],
    ["too far", Buffer.from(declared(`<?xml version="1.0"${" ".repeat(2000)}${latin1}`))],
    ["of a style sheet", Buffer.from(declared(`<?xml-stylesheet ${latin1}`))],
    ["against a byte order mark", Buffer.from(declared(`\ufeff<?xml version="1.0" ${latin1}`))],
    ["of UTF-16 without a mark", Buffer.from(declared("").replace(/[^\0-\x7f]/g, "e"), "utf16le")],
  ])("with an encoding %s", (_where, document) => {
    const read = ours(document);
    if (read !== undefined) expect(read).toEqual(theirs(document));
  });

  it("whatever several such changes make of it", () => {
    const mutation = fc.tuple(
      fc.nat(report.length),
      fc.constantFrom(...insertions),
      fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(40)),
    );
    let compared = 0;
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        const document = mutate(report, mutations);
        const read = ours(document);
        if (read === undefined) return;
        compared++;
        expect(read).toEqual(theirs(document));
      }),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(30);
  });
});
