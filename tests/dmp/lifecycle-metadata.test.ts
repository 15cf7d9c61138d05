import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Actor, DmpOptions, SubmissionInput, WithdrawalInput } from "../../appliance/dmp/index.ts";
import { prepareSubmission, prepareWithdrawal } from "../../appliance/dmp/prepare.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";
import { header, input, LEGAL_ENTITY, options, STRUCTURE, siteCredentials, withdrawal } from "./fixtures.ts";
import { objects } from "./readable.ts";

const canValidate = sharedSamples() !== undefined && hasCommand("xmllint");
const schema = join(sharedSamples() ?? "", "schemas/ihe-xds/nist-toolkit2-v3/lcm.xsd");
const validate = (metadata: string) =>
  execFileSync("xmllint", ["--noout", "--schema", schema, "-"], { input: metadata, stdio: "pipe" });

let base: DmpOptions;

beforeAll(async () => {
  const { credentials, files } = await siteCredentials();
  base = options(credentials, files, 1);
});

const prepare = (changed: Partial<SubmissionInput> = {}, settings: Partial<DmpOptions> = {}) =>
  prepareSubmission({ ...input, ...changed }, { ...base, ...settings }, new Date());
const withdraw = (changed: Partial<WithdrawalInput> = {}, settings: Partial<DmpOptions> = {}) =>
  prepareWithdrawal({ ...withdrawal, ...changed }, { ...base, ...settings }, new Date());
const replaces = { entryUUID: withdrawal.entryUUID, uniqueId: "2.25.2000" };

describe("the metadata of a replacement", () => {
  it("are those of a first publication, and one association more", async () => {
    // The signature is not the same twice: its hash and size are left out.
    const masked = (metadata: string) => {
      const { "ExtrinsicObject Signature01 text/xml": _, ...all } = objects(metadata);
      return all;
    };
    const first = masked((await prepare()).metadata);
    const { as36, ...rest } = masked((await prepare({ replaces })).metadata);
    expect(rest).toEqual(first);
    expect(as36).toEqual([`urn:ihe:iti:2007:AssociationType:RPLC DocumentKOS -> ${replaces.entryUUID}`]);
    expect(rest.as35).toEqual([
      "urn:ihe:iti:2007:AssociationType:signs Signature01 -> SubmissionSet01",
      "Slot | SubmissionSetStatus | Original",
    ]);
  });

  it.skipIf(!canValidate)("are valid against the ebRIM schema (xmllint or ../shared absent: skipped)", async () => {
    validate((await prepare({ replaces })).metadata);
  });
});

describe("the metadata of a withdrawal", () => {
  it("say, value by value, what the national record expects", async () => {
    expect(objects((await withdraw()).metadata)).toMatchSnapshot();
  });

  it.skipIf(!canValidate)("are valid against the ITI-57 schema (xmllint or ../shared absent: skipped)", async () => {
    validate((await withdraw()).metadata);
  });

  it("are the same at each attempt, and say of the patient nothing but the INS", async () => {
    const { metadata } = await withdraw();
    expect((await withdraw()).metadata).toBe(metadata);
    expect(metadata).not.toMatch(/DURAND|19850112|IPP1/);
  });

  it("can be prepared when the report has become too confidential to be shared", async () => {
    const restricted = { ...header, confidentialityCodes: ["R"] };
    await expect(prepare({ header: restricted })).rejects.toMatchObject({ code: "DMP_CONFIDENTIALITY_RESTRICTED" });
    expect(await withdraw({ header: restricted })).toMatchObject({ kind: "withdraw" });
  });

  it("need what the VIHF and the certificate need", async () => {
    const { legalAuthenticator: _, ...anonymous } = header;
    await expect(withdraw({ header: anonymous })).rejects.toMatchObject({ code: "DMP_METADATA_MISSING" });
    const identification = { mode: "EJ", legalEntities: {} } as const;
    await expect(withdraw({}, { identification })).rejects.toMatchObject({ code: "DMP_NO_CERTIFICATE_FOR_STRUCTURE" });
  });
});

describe("who acts", () => {
  /** Another radiologist of the same structure, who sent the previous report herself. */
  const colleague = {
    ...header.legalAuthenticator!,
    id: { root: "1.2.250.1.71.4.2.1", extension: "899900099999" },
    name: { family: "PETIT", given: "JEANNE" },
  };
  const actor: Actor = {
    header: { ...header, legalAuthenticator: colleague },
    sender: { person: { id: "899900099999", family: "PETIT", given: "JEANNE" } },
  };
  const JEANNE = "899900099999^PETIT^JEANNE^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS";
  const authors = (metadata: string, object: string) =>
    objects(metadata)
      [object]!.filter((line) => /a7058bb9|93606bcf/.test(line))
      .map((line) => line.split(" | ")[2]);

  it("are the people of the message when the report changed", async () => {
    const { vihf, metadata } = await prepare({ replaces });
    expect(vihf.subject).toEqual({ id: "899900012345", name: "CLAIRE MARTIN" });
    expect(authors(metadata, "RegistryPackage SubmissionSet01")[0]).toMatch(/^899900067890\^BERNARD/);
  });

  it("are those of the previous submission when only the study changed; the entry keeps its report's people", async () => {
    const { vihf, metadata } = await prepare({ replaces, actor });
    expect(vihf.subject).toEqual({ id: "899900099999", name: "JEANNE PETIT" });
    expect(authors(metadata, "RegistryPackage SubmissionSet01")).toEqual([JEANNE]);
    expect(authors(metadata, "ExtrinsicObject Signature01 text/xml")).toEqual([JEANNE]);
    const [author] = authors(metadata, "ExtrinsicObject DocumentKOS application/dicom");
    expect(author).toMatch(/^3750099999\/DRIMBOX\^DRIMbox/);
    const entry = objects(metadata)["ExtrinsicObject DocumentKOS application/dicom"]!;
    expect(entry.find((line) => line.includes("legalAuthenticator"))).toContain("^MARTIN^CLAIRE");
  });

  it("may withdraw in the place of the report's people", async () => {
    const { vihf, metadata } = await withdraw({ actor });
    expect(vihf.subject.name).toBe("JEANNE PETIT");
    expect(authors(metadata, "RegistryPackage SubmissionSet01")).toEqual([JEANNE]);
  });

  it("must be of the structure that is author: nobody replaces or withdraws the manifest of another", async () => {
    const organization = { ...colleague.organization!, id: { root: "1.2.250.1.71.4.2.2", extension: "1750088888" } };
    const stranger: Actor = { header: { ...header, legalAuthenticator: { ...colleague, organization } } };
    const identification = { mode: "EG", legalEntities: {} } as const;
    for (const attempt of [
      () => prepare({ replaces, actor: stranger }, { identification }),
      () => withdraw({ actor: stranger }, { identification }),
    ])
      await expect(attempt()).rejects.toMatchObject({
        code: "DMP_STRUCTURE_MISMATCH",
        retry: "human",
        values: { "actor's structure": "1750088888", "entry's author": STRUCTURE },
      });
  });

  it("are of one structure when one legal entity is author for both sites", async () => {
    const organization = { ...colleague.organization!, id: { root: "1.2.250.1.71.4.2.2", extension: "1750088888" } };
    const sister: Actor = { header: { ...header, legalAuthenticator: { ...colleague, organization } } };
    const legalEntities = { [STRUCTURE]: LEGAL_ENTITY, "1750088888": LEGAL_ENTITY };
    const submission = await prepare({ replaces, actor: sister }, { identification: { mode: "EJ", legalEntities } });
    expect(submission).toMatchObject({ structureId: LEGAL_ENTITY, vihf: { structureId: LEGAL_ENTITY } });
  });
});
