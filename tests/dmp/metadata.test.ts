import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { DmpOptions, SubmissionInput } from "../../appliance/dmp/index.ts";
import { prepareSubmission } from "../../appliance/dmp/prepare.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";
import { header, input, LEGAL_ENTITY, options, STRUCTURE, siteCredentials } from "./fixtures.ts";
import { objects } from "./readable.ts";

const canValidate = sharedSamples() !== undefined && hasCommand("xmllint");
let base: DmpOptions;

beforeAll(async () => {
  const { credentials, files } = await siteCredentials();
  base = options(credentials, files, 1);
});

const prepare = (given: SubmissionInput = input, changed: Partial<DmpOptions> = {}) =>
  prepareSubmission(given, { ...base, ...changed }, new Date());

const entry = async (given?: SubmissionInput, changed?: Partial<DmpOptions>) => {
  const all = objects((await prepare(given, changed)).metadata);
  return all["ExtrinsicObject DocumentKOS application/dicom"]!;
};
const line = (lines: string[], start: string) => lines.filter((value) => value.startsWith(start));

describe("the metadata of a submission", () => {
  it("say, value by value, what the national record expects", async () => {
    const submission = await prepare();
    const signature = submission.documents[1]!.bytes;
    const all = JSON.stringify(objects(submission.metadata), null, 1)
      .replace(createHash("sha1").update(signature).digest("hex"), "<hash of the signature>")
      .replace(`Slot | size | ${signature.length}`, "Slot | size | <size of the signature>");
    expect(JSON.parse(all)).toMatchSnapshot();
  });

  it("give hash and size of the exact bytes", async () => {
    const lines = await entry();
    expect(line(lines, "Slot | hash")).toEqual([
      `Slot | hash | ${createHash("sha1").update(input.manifest.bytes).digest("hex")}`,
    ]);
    expect(line(lines, "Slot | size")).toEqual([`Slot | size | ${input.manifest.bytes.length}`]);
  });

  it("list each modality once, and none that the value set does not know", async () => {
    const events = line(await entry(), "Classification | 2c6b8cb7").map((value) => value.split(" | ")[2]);
    expect(events).toEqual(["774007", "CT", "MR"]);
  });

  const eventsOf = async (given: SubmissionInput) =>
    line(await entry(given), "Classification | 2c6b8cb7").map((value) => value.split(" | ").slice(2).join(" "));
  const withEvent = (
    changes: Partial<(typeof header.serviceEvents)[number]>,
    modalities = ["CT"],
  ): SubmissionInput => ({
    ...input,
    manifest: { ...input.manifest, modalities },
    header: { ...header, serviceEvents: [{ ...header.serviceEvents[1]!, ...changes }] },
  });

  it("leave out a region that the value set does not know, and name its code system as the registry does", async () => {
    const regions = [
      { code: "774007", codeSystem: "1.2.250.1.213.1.1.5.695" },
      { code: "774007", codeSystem: "2.16.840.1.113883.6.96", displayName: "Tête et cou" },
      { code: "12738006", codeSystem: "2.16.840.1.113883.6.96", displayName: "Encéphale" },
      { code: "80891009", codeSystem: "1.2.250.1.213.2.5" },
      { code: "constructor", codeSystem: "2.16.840.1.113883.6.96" },
    ];
    expect(await eventsOf(withEvent({ regions }))).toEqual([
      "774007 2.16.840.1.113883.6.96 Tête et cou",
      "CT 1.2.840.10008.2.16.4 Scanner",
    ]);
  });

  it("say the report's modality when no series has one of the value set, and none rather than a wrong one", async () => {
    const modalities = [{ code: "US", codeSystem: "1.2.840.10008.2.16.4" }];
    const documents = ["SR", "OT", "DOC"];
    expect(await eventsOf(withEvent({ regions: [], modalities }, documents))).toEqual([
      "US 1.2.840.10008.2.16.4 Échographie",
    ]);
    expect(await eventsOf(withEvent({ regions: [], modalities: [] }, documents))).toEqual([]);
    expect(await eventsOf(withEvent({ regions: [], modalities }, ["CT"]))).toEqual(["CT 1.2.840.10008.2.16.4 Scanner"]);
  });

  it("never end an exam before it begins, when its end is only a day", async () => {
    const stop = new Date("2026-01-01T00:00:00+01:00");
    expect(line(await entry(withEvent({ stop })), "Slot | service")).toEqual([
      "Slot | serviceStartTime | 20251231233000",
    ]);
  });

  it.each([
    ["F", "F"],
    ["UN", "U"],
  ])("write the sex %s of the report as HL7 v2 does: %s", async (sex, written) => {
    const lines = await entry({ ...input, header: { ...header, patient: { ...header.patient, sex } } });
    expect(line(lines, "Slot | sourcePatientInfo")[0]).toContain(`| PID-8|${written}`);
  });

  it("never call a local identifier national: without the authenticator's, a person is asked", async () => {
    const local = { ...header.legalAuthenticator!, id: { root: "1.2.250.1.999.5", extension: "42" } };
    await expect(prepare({ ...input, header: { ...header, legalAuthenticator: local } })).rejects.toThrow(
      expect.objectContaining({ code: "DMP_METADATA_MISSING", where: "legalAuthenticator/assignedEntity/id" }),
    );
    const person = { id: "42", family: "BERNARD", given: "LOUIS", oid: "1.2.250.1.999.5" };
    const all = objects((await prepare({ ...input, sender: { person } })).metadata);
    expect(line(all["RegistryPackage SubmissionSet01"]!, "Classification | a7058bb9")[0]).toContain(
      "899900012345^MARTIN",
    );
  });

  it.skipIf(!canValidate)("stay valid with the longest names (xmllint or ../shared absent: skipped)", async () => {
    const long = "É & ".repeat(400);
    const doctor = {
      ...header.legalAuthenticator!,
      name: { family: long, given: long },
      organization: { ...header.legalAuthenticator!.organization!, name: long },
      specialty: { ...header.legalAuthenticator!.specialty!, displayName: long },
    };
    const { metadata } = await prepare({
      ...input,
      sender: {},
      header: {
        ...header,
        legalAuthenticator: doctor,
        patient: { ...header.patient, birthName: { family: long, given: long } },
        facilityType: { ...header.facilityType!, displayName: long },
      },
    });
    const schema = join(sharedSamples()!, "schemas/ihe-xds/nist-toolkit2-v3/lcm.xsd");
    execFileSync("xmllint", ["--noout", "--schema", schema, "-"], { input: metadata, stdio: "pipe" });
  });

  it("gather the acts of one study: regions once each, from the first start to the last stop", async () => {
    const [, event] = header.serviceEvents;
    const second = {
      ...event!,
      start: new Date("2025-12-31T23:00:00Z"),
      stop: new Date("2025-12-31T23:10:00Z"),
      regions: [...event!.regions, { code: "80891009", codeSystem: "2.16.840.1.113883.6.96" }],
    };
    const lines = await entry({ ...input, header: { ...header, serviceEvents: [...header.serviceEvents, second] } });
    expect(line(lines, "Slot | service")).toEqual([
      "Slot | serviceStartTime | 20251231230000",
      "Slot | serviceStopTime | 20251231234500",
    ]);
    expect(line(lines, "Classification | 2c6b8cb7").map((value) => value.split(" | ")[2])).toEqual([
      "774007",
      "80891009",
      "CT",
      "MR",
    ]);
  });

  it.skipIf(!canValidate)("are valid against the ITI-41 schema (xmllint or ../shared absent: skipped)", async () => {
    const { metadata } = await prepare();
    const schema = join(sharedSamples()!, "schemas/ihe-xds/nist-toolkit2-v3/lcm.xsd");
    execFileSync("xmllint", ["--noout", "--schema", schema, "-"], { input: metadata, stdio: "pipe" });
  });

  it.each([
    ["I", "03"],
    ["O", "07"],
    ["R", "19"],
    ["N", "97"],
    ["E", "07"],
    [undefined, "07"],
  ])("turn visit class %s into content type %s", async (visitClass, code) => {
    const { visitClass: _, ...rest } = input;
    const all = objects((await prepare(visitClass ? { ...rest, visitClass } : rest)).metadata);
    expect(line(all["RegistryPackage SubmissionSet01"]!, "Classification | aa543740")[0]).toContain(` ${code} `);
  });

  it("follow the configuration: older modality scheme, act code, study authority", async () => {
    const lines = await entry(input, {
      metadata: { modalityScheme: "1.2.250.1.213.1.1.5.618", publishAct: true, studyAuthority: "1.2.3" },
    });
    expect(line(lines, "Classification | 2c6b8cb7 | CT")[0]).toContain("1.2.250.1.213.1.1.5.618");
    expect(line(lines, "Classification | 2c6b8cb7 | 24727-0")).toHaveLength(1);
    expect(line(lines, "Slot | urn:ihe:iti:xds:2013:referenceIdList")[0]).toContain(
      "2.25.1001^^^&1.2.3&ISO^urn:ihe:iti:xds:2016:studyInstanceUID",
    );
  });

  it("fall back to the INS as source identifier when the local one has no authority", async () => {
    const lines = await entry({ ...input, patient: { ...input.patient, ipp: { value: "IPP1" } } });
    expect(line(lines, "Slot | sourcePatientId")).toEqual([
      "Slot | sourcePatientId | 285017500000130^^^&1.2.250.1.213.1.4.10&ISO^NH",
    ]);
  });

  it.each<[string, SubmissionInput, string, string]>([
    ["the facility type", { ...input, header: without("facilityType") }, "DMP_METADATA_MISSING", "healthCareFacility"],
    [
      "the practice setting",
      { ...input, header: { ...header, serviceEvents: [] } },
      "DMP_METADATA_MISSING",
      "standardIndustryClassCode",
    ],
    [
      "the legal authenticator",
      { ...input, header: without("legalAuthenticator") },
      "DMP_METADATA_MISSING",
      "legalAuthenticator",
    ],
  ])("are refused, with the path, without %s", async (_, given, code, where) => {
    await expect(prepare(given)).rejects.toThrow(
      expect.objectContaining({ code, retry: "human", where: expect.stringContaining(where) }),
    );
  });

  it("take facility and practice from the configuration when the report has none", async () => {
    const code = { code: "SA01", scheme: "1.2.250.1.71.4.2.4", display: "Hôpital" };
    const given = { ...input, header: { ...without("facilityType"), serviceEvents: [] } };
    const lines = await entry(given, { metadata: { defaultFacilityType: code, defaultPracticeSetting: code } });
    expect(line(lines, "Classification | f33fb8ac")[0]).toContain("SA01");
  });

  it("are not made for a report of reinforced confidentiality", async () => {
    await expect(prepare({ ...input, header: { ...header, confidentialityCodes: ["R"] } })).rejects.toThrow(
      expect.objectContaining({ code: "DMP_CONFIDENTIALITY_RESTRICTED", retry: "human" }),
    );
  });

  it("survive storage as JSON and bytes", async () => {
    const { documents, ...rest } = await prepare();
    expect(JSON.parse(JSON.stringify(rest))).toEqual(rest);
    expect(documents.every(({ bytes }) => bytes instanceof Uint8Array)).toBe(true);
  });
});

describe("the structure that publishes", () => {
  const identified = async (identification: DmpOptions["identification"], given = input) => {
    const { structureId, certificate, vihf, remarks } = await prepare(given, { identification });
    return { author: structureId, vihf: vihf.structureId, certificate: certificate.structureId, remarks };
  };
  const legalEntities = { [STRUCTURE]: LEGAL_ENTITY };
  const [EG, EJ] = [STRUCTURE, LEGAL_ENTITY];

  it.each<[string, DmpOptions["identification"], object]>([
    ["EG", { mode: "EG", legalEntities }, { author: EG, vihf: EG, certificate: EG }],
    ["EJ", { mode: "EJ", legalEntities }, { author: EJ, vihf: EJ, certificate: EJ }],
    ["EJ/EG", { mode: "EJ/EG", legalEntities }, { author: EG, vihf: EG, certificate: EJ }],
    [
      "EJ/EG naming the legal entity",
      { mode: "EJ/EG", legalEntities, vihfStructure: "EJ" },
      { author: EG, vihf: EJ, certificate: EJ },
    ],
  ])("in mode %s is named as that mode wants", async (_, identification, expected) => {
    expect(await identified(identification)).toEqual({ ...expected, remarks: [] });
  });

  it.each<[string, DmpOptions["identification"]]>([
    ["no legal entity is known for it", { mode: "EJ", legalEntities: {} }],
    ["its legal entity has no certificate", { mode: "EJ/EG", legalEntities: { [EG]: "1999999999" } }],
  ])("is refused to a person when %s", async (_, identification) => {
    await expect(identified(identification)).rejects.toThrow(
      expect.objectContaining({ code: "DMP_NO_CERTIFICATE_FOR_STRUCTURE", retry: "human" }),
    );
  });

  const contradicting = { ...input, sender: { organization: { id: "690088888", idType: "FINEG" } } };

  it("is the report's when PRT-8 says otherwise, and the mismatch is remarked, refused or ignored as configured", async () => {
    const of = (senderCheck: "off" | "remark" | "error") =>
      identified({ mode: "EG", legalEntities, senderCheck }, contradicting);
    expect((await of("remark")).remarks).toEqual([{ code: "DMP_STRUCTURE_MISMATCH", where: "PRT-8.10" }]);
    expect(await of("off")).toMatchObject({ author: EG, remarks: [] });
    await expect(of("error")).rejects.toThrow(expect.objectContaining({ code: "DMP_STRUCTURE_MISMATCH" }));
  });

  it("is refused with the clock as suspect when the certificate is not yet valid", async () => {
    await expect(prepareSubmission(input, base, new Date("1970-01-01"))).rejects.toThrow(
      expect.objectContaining({ code: "TRUST_CERTIFICATE_NOT_YET_VALID", retry: "later" }),
    );
  });
});

function without(key: "facilityType" | "legalAuthenticator") {
  const { [key]: _, ...rest } = header;
  return rest;
}
