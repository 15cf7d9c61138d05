import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { CodedError } from "../../appliance/base/index.ts";
import {
  createDmp,
  type Dmp,
  isApproved,
  MANIFEST,
  type Submission,
  studyReference,
} from "../../appliance/dmp/index.ts";
import { STATUS } from "../../appliance/xds/index.ts";
import { testCertificate } from "../support/certificates.ts";
import { input, options, siteCredentials, withdrawal } from "./fixtures.ts";
import { answer, failure, fault, found, PATIENT, plain, type Reply, ScriptedDmp, SUCCESS } from "./scripted.ts";

let scripted: ScriptedDmp;
let dmp: Dmp;
let provision: Submission & { hash: string };
let replacement: Submission & { hash: string };
let removal: Submission;

const target = { entryUUID: "urn:uuid:0", uniqueId: "2.25.2000" };

beforeAll(async () => {
  const site = await siteCredentials();
  const server = testCertificate({ subject: "/C=FR/CN=DMP" });
  scripted = new ScriptedDmp(server, [readFileSync(site.files.certificateFile, "utf8")]);
  dmp = createDmp(options(site.credentials, server, await scripted.listen()));
  provision = await dmp.prepare(input);
  replacement = await dmp.prepare({ ...input, replaces: target });
  removal = await dmp.prepareWithdrawal({
    ...withdrawal,
    entryUUID: target.entryUUID,
    documentUniqueId: target.uniqueId,
  });
});

afterEach(() => {
  scripted.received.length = 0;
  scripted.script = [];
});

afterAll(async () => {
  await dmp.close();
  scripted.server.closeAllConnections();
  scripted.server.close();
});

const publishing = async (submission: Submission, ...script: Reply[]) => {
  scripted.script = script;
  return await dmp.publish(submission);
};
const bodies = () => scripted.received.map(({ body }) => body.toString());
/** Answers to the two questions that a refused replacement may ask: for the new manifest, then for the old one. */
const absent = plain(found());
const old = (status?: string, entryUUID = target.entryUUID) =>
  plain(found({ uniqueId: target.uniqueId, entryUUID, ...(status === undefined ? {} : { status }) }));

describe("a submission", () => {
  it("says what it is and what it aims at, and is plain JSON but for the documents' bytes", () => {
    expect(provision).toMatchObject({ kind: "provide", documentUniqueId: "2.25.2001" });
    expect(provision).not.toHaveProperty("target");
    expect(replacement).toMatchObject({ kind: "replace", target, documentUniqueId: "2.25.2001" });
    expect(removal).toMatchObject({ kind: "withdraw", target, documentUniqueId: target.uniqueId, documents: [] });
    expect(removal).not.toHaveProperty("signatureUniqueId");
    for (const { documents, ...rest } of [provision, replacement, removal])
      expect(JSON.parse(JSON.stringify(rest))).toEqual(rest);
  });

  it("kept before there were other kinds is a provision", async () => {
    const { kind, ...former } = provision;
    expect(await publishing(former as Submission, plain(SUCCESS))).toMatchObject({ verified: false });
    expect(scripted.received[0]!.url).toMatch(/\/repository$/);
  });
});

describe("a replacement", () => {
  it("is provided like a first publication, and says what it replaces", async () => {
    expect(await publishing(replacement, plain(SUCCESS))).toMatchObject({ verified: false });
    expect(scripted.received[0]!.url).toMatch(/\/repository$/);
    expect(bodies()[0]).toContain('AssociationType:RPLC" sourceObject="DocumentKOS" targetObject="urn:uuid:0"');
  });

  it.each([
    ["its own identifier is known", ["XDSDuplicateUniqueIdInRegistry"]],
    ["what it replaces is deprecated, which it did itself", ["XDSRegistryDeprecatedDocumentError"]],
    ["both", ["XDSDuplicateUniqueIdInRegistry", "XDSRegistryDeprecatedDocumentError"]],
    ["what it replaces cannot be found any more", ["UnresolvedReferenceException"]],
  ])("whose answer was lost succeeds when sent again: %s", async (_, codes) => {
    const mine = plain(found({ hash: replacement.hash }));
    expect(await publishing(replacement, plain(failure(...codes)), mine)).toMatchObject({
      verified: true,
      entryUUID: "urn:uuid:e1",
    });
    expect(bodies()[1]).toContain("('2.25.2001')");
  });

  const refusals = [
    "XDSRegistryDeprecatedDocumentError",
    "XDSReplaceFailed",
    "UnresolvedReferenceException",
    "XDSMetadataVersionError",
  ];
  const gone: [string, Reply, string][] = [
    ["deprecated", old(STATUS.deprecated), "deprecated"],
    ["deleted", old(STATUS.deleted), "deleted"],
    ["archived", old(STATUS.archived), "archived"],
    ["absent", absent, "absent"],
    ["approved in another version", old(STATUS.approved, "urn:uuid:1"), "approved, another version"],
  ];
  it.each(refusals.flatMap((code) => gone.map((row) => [code, ...row] as const)))(
    "refused by %s because its target is %s is for a person, who is shown the status",
    async (code, _, reply, status) => {
      const error: CodedError = await publishing(replacement, plain(failure(code)), absent, reply).then(
        () => expect.unreachable(),
        (thrown) => thrown,
      );
      expect(error).toMatchObject({ code: "DMP_REPLACED_ENTRY_GONE", retry: "human", details: { status } });
      expect(error.values["entryUUID (DRIMbox)"]).toBe(target.entryUUID);
      expect(bodies()[2]).toContain("('2.25.2000')");
    },
  );

  it.each([
    ["XDSReplaceFailed", "DMP_STATE_CONFLICT", "human"],
    ["UnresolvedReferenceException", "DMP_TARGET_REFUSED", "never"],
  ])("refused by %s though its target is in force keeps that refusal", async (code, own, retry) => {
    const outcome = publishing(replacement, plain(failure(code)), absent, old());
    await expect(outcome).rejects.toMatchObject({ code: own, retry });
  });

  it.each([
    ["later", plain(failure("XDSRegistryBusy")), "DMP_BUSY"],
    ["for our own fault", plain(failure("XDSReplaceFailed", "XDSRegistryMetadataError")), "DMP_REFUSED"],
    ["by a fault", plain(fault("Receiver", "x", "no"), 500), "DMP_FAULT_RECEIVER"],
  ])("refused %s asks nothing more", async (_, reply, code) => {
    await expect(publishing(replacement, reply)).rejects.toMatchObject({ code });
    expect(scripted.received).toHaveLength(1);
  });

  it("is never taken for done while the question remains without answer", async () => {
    const busy = answer(503, "text/plain", "");
    await expect(publishing(replacement, plain(failure("XDSReplaceFailed")), busy)).rejects.toMatchObject({
      code: "DMP_BUSY",
      retry: "later",
    });
    await expect(publishing(replacement, plain(failure("XDSReplaceFailed")), absent, busy)).rejects.toMatchObject({
      code: "DMP_BUSY",
      retry: "later",
    });
  });
});

describe("a withdrawal", () => {
  it("is a plain SOAP message to the registry, with a VIHF and no document", async () => {
    expect(await publishing(removal, plain(SUCCESS))).toMatchObject({ verified: false });
    const [{ url, headers, body }] = scripted.received as [(typeof scripted.received)[number]];
    expect(url).toBe("/si-dmp-server/v2/services/registry");
    expect(headers["content-type"]).toBe(
      'application/soap+xml; charset=UTF-8; action="urn:ihe:iti:2010:UpdateDocumentSet"',
    );
    expect(body.toString()).toMatch(/<wsse:Security [^>]*><saml2:Assertion /);
    expect(body.toString()).toContain(`<soap:Body>${removal.metadata}</soap:Body>`);
  });

  const refusals = [
    "XDSRegistryDeprecatedDocumentError",
    "XDSMetadataVersionError",
    "UnresolvedReferenceException",
    "XDSMetadataUpdateError",
    "XDSMetadataUpdateOperationError",
    "XDSDuplicateUniqueIdInRegistry",
  ];
  it.each(
    refusals.flatMap(
      (code) =>
        [
          [code, "absent", absent],
          [code, "deleted", old(STATUS.deleted)],
          [code, "deprecated", old(STATUS.deprecated)],
        ] as const,
    ),
  )("refused by %s of what is %s is done: by an earlier attempt, or by somebody", async (code, _, reply) => {
    expect(await publishing(removal, plain(failure(code)), reply)).toMatchObject({ verified: true });
    expect(bodies()[1]).toContain("('2.25.2000')");
  });

  it.each<[string, Reply, string]>([
    ["is still approved", old(), "DMP_STATE_CONFLICT"],
    ["is approved in another version", old(STATUS.approved, "urn:uuid:1"), "DMP_REPLACED_ENTRY_GONE"],
    ["is archived, where it is still read", old(STATUS.archived), "DMP_REPLACED_ENTRY_GONE"],
  ])("refused of what %s is for a person", async (_, reply, code) => {
    const refused = plain(failure("XDSMetadataVersionError"));
    await expect(publishing(removal, refused, reply)).rejects.toMatchObject({ code, retry: "human" });
  });

  it.each([
    ["XDSRegistryBusy", "DMP_BUSY"],
    ["XDSRegistryMetadataError", "DMP_REFUSED"],
    ["LocalPolicyRestrictionError", "DMP_POLICY_REFUSED"],
    ["DMPClosed", "DMP_PATIENT_CLOSED"],
  ])("refused by %s asks nothing more", async (refused, code) => {
    await expect(publishing(removal, plain(failure(refused)))).rejects.toMatchObject({ code });
    expect(scripted.received).toHaveLength(1);
  });
});

describe("searching a patient's documents", () => {
  it("asks for the approved manifests of the patient, and gives all that are found", async () => {
    scripted.script = [plain(found({ uniqueId: "2.25.1" }, { uniqueId: "2.25.2", status: STATUS.deprecated }))];
    const documents = await dmp.findOfPatient({ patientId: PATIENT, typeCodes: [MANIFEST.typeCode] }, provision);
    expect(documents.map((one) => [one.uniqueId, isApproved(one)])).toEqual([
      ["2.25.1", true],
      ["2.25.2", false],
    ]);
    expect(scripted.received[0]!.url).toMatch(/\/registry$/);
    expect(bodies()[0]).toContain("<Value>('IMG-KOS^^1.2.250.1.213.1.1.4.12')</Value>");
  });

  it("asks by the reference that a manifest bears of its study", async () => {
    scripted.script = [plain(found({}))];
    const reference = studyReference("2.25.1001");
    expect(await dmp.findByReference({ patientId: PATIENT, referenceIds: [reference] }, provision)).toHaveLength(1);
    expect(bodies()[0]).toContain(`<Value>('${reference}')</Value>`);
    expect(provision.metadata).toContain(`<Value>${reference}</Value>`);
  });

  it("tells a person that the answer is too long, and a failure from an absence", async () => {
    const long = plain(found({ hash: "<i/>".repeat(120_000) }));
    const endless = answer(200, "text/xml", Buffer.alloc(5 * 1024 * 1024, 32));
    for (const reply of [plain(failure("XDSTooManyResults")), long, endless]) {
      scripted.script = [reply];
      await expect(dmp.findOfPatient({ patientId: PATIENT }, provision)).rejects.toMatchObject({
        code: "DMP_TOO_MANY_RESULTS",
        retry: "human",
      });
    }
    scripted.script = [plain(failure("XDSRegistryBusy"))];
    await expect(dmp.findByReference({ patientId: PATIENT, referenceIds: ["x"] }, provision)).rejects.toMatchObject({
      code: "DMP_BUSY",
    });
  });

  it("stops when told to", async () => {
    scripted.script = [() => {}];
    const stopped = dmp.findOfPatient({ patientId: PATIENT }, provision, { signal: AbortSignal.timeout(100) });
    await expect(stopped).rejects.toMatchObject({ code: "DMP_INTERRUPTED" });
  });
});
