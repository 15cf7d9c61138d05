import { beforeAll, describe, expect, it } from "vitest";
import { adoptProvision } from "../../appliance/dmp/adopt.ts";
import type { DmpOptions, IdentificationMode, Provision, SubmissionInput } from "../../appliance/dmp/index.ts";
import { prepareSubmission } from "../../appliance/dmp/prepare.ts";
import { header, input, options, siteCredentials } from "./fixtures.ts";

let base: DmpOptions;

beforeAll(async () => {
  const { credentials, files } = await siteCredentials();
  base = options(credentials, files, 1);
});

const inMode = (mode: IdentificationMode): DmpOptions => ({
  ...base,
  identification: { ...base.identification, mode },
});
const prepare = async (settings: DmpOptions, changed: Partial<SubmissionInput> = {}) =>
  (await prepareSubmission({ ...input, ...changed }, settings, new Date())) as Provision;

function adopt(submission: Provision, settings: DmpOptions): Provision {
  const [manifest, signature] = submission.documents;
  const { metadata, submissionSetUniqueId, documentUniqueId: uniqueId, hash } = submission;
  if (manifest === undefined || signature === undefined) throw new Error("two documents");
  const archived = { metadata, submissionSetUniqueId, manifest: { ...manifest, uniqueId, hash }, signature };
  return adoptProvision(archived, settings.identification);
}

describe("a submission of an archive", () => {
  it.each(["EG", "EJ", "EJ/EG"] as const)("is taken up as it was made, in mode %s", async (mode) => {
    const settings = inMode(mode);
    // Sent by another professional than the author of the report: whose specialty the metadata do not tell.
    const { sender: _, ...report } = input;
    const made = (await prepareSubmission(report, settings, new Date())) as Provision;
    const { remarks, ...facts } = made;
    expect(adopt(made, settings)).toEqual({ ...facts, remarks: [] });
  });

  it("names the professional without a specialty when the metadata tell none, as a system is named", async () => {
    const adopted = adopt(await prepare(base), base);
    expect(adopted.vihf.roles.map(({ display }) => display)).toEqual(["Automate"]);
    expect(adopted.vihf.subject.id).toBe(header.legalAuthenticator?.id?.extension);
  });

  it("is not taken up when its metadata do not say for whom or by whom it was made", async () => {
    const made = await prepare(base);
    for (const [what, lost] of [
      ["legalAuthenticator", /<[^>]*Slot name="legalAuthenticator">.*?<\/[^>]*Slot>/gs],
      ["healthcareFacilityTypeCode", /urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1/g],
      ["authorInstitution", /authorInstitution/g],
    ] as const) {
      const metadata = made.metadata.replace(lost, "");
      expect(metadata).not.toBe(made.metadata);
      expect(() => adopt({ ...made, metadata }, base), what).toThrow(
        expect.objectContaining({ code: "DMP_METADATA_MISSING", where: what }),
      );
    }
  });

  it("is not taken up for a structure that this box does not stand for", async () => {
    const made = await prepare(inMode("EG"));
    const stranger = { ...inMode("EJ/EG"), identification: { mode: "EJ/EG", legalEntities: {} } as const };
    expect(() => adopt(made, stranger)).toThrow(expect.objectContaining({ code: "DMP_NO_CERTIFICATE_FOR_STRUCTURE" }));
  });
});
