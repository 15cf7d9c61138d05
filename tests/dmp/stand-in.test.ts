import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  createDmp,
  type Dmp,
  type DmpOptions,
  isApproved,
  MANIFEST,
  type RegisteredEntry,
  type Submission,
  type SubmissionInput,
  studyReference,
} from "../../appliance/dmp/index.ts";
import { buildManifest } from "../../appliance/kos/index.ts";
import { loadCredentials } from "../../appliance/trust/index.ts";
import { type FaultKind, type Dmp as Record_, startDmp } from "../../scripts/sandbox/dmp/index.ts";
import { createSandboxPki, NEIGHBOUR, type SandboxPki, SITE } from "../../scripts/sandbox/pki.ts";
import { header, input, options as optionsFor } from "./fixtures.ts";

/*
 * Against the stand-in of the national record, written apart from this room and stricter than the real one: it checks
 * metadata, manifest, both signatures, the VIHF, hashes and certificates.
 */
let pki: SandboxPki;
let record: Record_;
let options: DmpOptions;
let dmp: Dmp;
let last = 0;

beforeAll(async () => {
  pki = await createSandboxPki();
  record = await startDmp({ port: 0, pki, policy: { vihfSha1: true, legalEntities: { [NEIGHBOUR.id]: [SITE.id] } } });
  const pairs = pki.structures.map(({ id, auth, sign }) => ({
    structureId: id,
    kind: id === SITE.id ? ("EG" as const) : ("EJ" as const),
    authentication: auth,
    signing: sign,
  }));
  const credentials = await loadCredentials(pairs);
  const trust = { certificateFile: pki.trustFile, keyFile: "" };
  options = {
    ...optionsFor(credentials, trust, Number(new URL(record.url).port)),
    baseUrl: record.url,
    trustedAuthorities: readFileSync(pki.trustFile, "utf8"),
    identification: { mode: "EG", legalEntities: { [SITE.id]: NEIGHBOUR.id } },
  };
  dmp = createDmp(options);
});
afterEach(() => record.reset());
afterAll(async () => {
  await dmp.close();
  await record.stop();
});

/** A real manifest of a new study, or of a known one, and new identifiers. */
async function submissionInput(number = ++last, version = 1): Promise<SubmissionInput> {
  const createdAt = new Date();
  const manifest = await buildManifest({
    study: {
      studyInstanceUID: `2.25.1000${number}`,
      series: [
        {
          seriesInstanceUID: `2.25.1100${number}`,
          modality: "CT",
          instances: [{ sopClassUID: "1.2.840.10008.5.1.4.1.1.2", sopInstanceUID: `2.25.1200${number}` }],
        },
        {
          seriesInstanceUID: `2.25.1300${number}`,
          modality: "SR",
          instances: [{ sopClassUID: "1.2.840.10008.5.1.4.1.1.88.22", sopInstanceUID: `2.25.1400${number}` }],
        },
      ],
    },
    patient: {
      ins: input.patient.ins,
      ipp: input.patient.ipp,
      familyName: "DURAND",
      givenName: "ANNE",
      birthDate: "19850112",
      sex: "F",
    },
    requests: [{ accession: { value: "ACC-26-0001", oid: "1.2.250.1.999.7.1" } }],
    institution: { name: SITE.name, id: SITE.id },
    manufacturer: "TILLEUL SANTE",
    retrieveBase: "https://db1.tilleuls.example",
    timeZone: "Europe/Paris",
    createdAt,
    version,
  });
  const event = header.serviceEvents[1]!;
  const studyInstanceUID = `2.25.1000${number}`;
  return {
    ...input,
    header: {
      ...header,
      patient: { ...header.patient, usedName: { family: "D'ÉTÉ", given: "ANNE" } },
      serviceEvents: [{ ...event, studyInstanceUID }],
    },
    manifest: {
      bytes: manifest.bytes,
      sopInstanceUID: manifest.sopInstanceUID,
      modalities: manifest.modalities,
      studyInstanceUID,
      createdAt,
    },
    ids: { submissionSet: `2.25.150${version}${number}`, signature: `2.25.160${version}${number}` },
    submittedAt: createdAt,
  };
}

describe("a strict record", () => {
  it("accepts what we publish, byte for byte, and finds it again", async () => {
    const given = await submissionInput();
    const submission = await dmp.prepare(given);
    const published = await dmp.publish(submission);
    expect(published).toMatchObject({ verified: false, warnings: [] });
    const kept = record.documents().map(({ kind, uniqueId, content }) => ({ kind, uniqueId, bytes: content.length }));
    expect(kept).toEqual([
      { kind: "manifest", uniqueId: given.manifest.sopInstanceUID, bytes: given.manifest.bytes.length },
      { kind: "signature", uniqueId: given.ids.signature, bytes: submission.documents[1]!.bytes.length },
    ]);
    expect(await dmp.find(submission.documentUniqueId, submission)).toMatchObject({
      uniqueId: given.manifest.sopInstanceUID,
      hash: submission.hash,
      status: "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved",
    });
    expect(await dmp.find("2.25.99", submission)).toBeUndefined();
  });

  it.each<[string, Partial<DmpOptions>]>([
    ["SHA-1 as in the samples of 2023", { digest: "SHA-1", vihf: { version: "3.0" } }],
    ["a VIHF that expires", { vihf: { validitySeconds: 300 } }],
  ])("accepts %s", async (_, changed) => {
    const other = createDmp({ ...options, ...changed });
    await other.publish(await other.prepare(await submissionInput()));
    expect(record.submissions()).toHaveLength(1);
    await other.close();
  });

  it.each(["EG", "EJ"] as const)(
    "accepts a geographical entity under its legal entity's certificate, VIHF naming the %s",
    async (vihfStructure) => {
      const identification = { ...options.identification, mode: "EJ/EG", vihfStructure } as const;
      const other = createDmp({ ...options, identification });
      const outcome = other.publish(await other.prepare(await submissionInput()));
      if (vihfStructure === "EG") expect(await outcome).toMatchObject({ verified: false });
      else await expect(outcome).rejects.toMatchObject({ retry: expect.stringMatching(/never|human/) });
      await other.close();
    },
  );

  it("receives twenty submissions at once, and none is mixed with another", async () => {
    const inputs = await Promise.all(Array.from({ length: 20 }, () => submissionInput()));
    const submissions = await Promise.all(inputs.map((given) => dmp.prepare(given)));
    await Promise.all(submissions.map((submission) => dmp.publish(submission)));
    for (const { manifest, ids } of inputs) {
      const kept = record.documents().find(({ uniqueId }) => uniqueId === manifest.sopInstanceUID);
      expect(kept?.content.equals(manifest.bytes)).toBe(true);
      expect(record.submissions().find(({ uniqueId }) => uniqueId === ids.submissionSet)?.documents).toEqual([
        manifest.sopInstanceUID,
        ids.signature,
      ]);
    }
  });

  it("answers our handshake check", async () => {
    await dmp.check();
    expect(record.counts()).toEqual({ repository: 0, registry: 0 });
  });

  it("refuses a record that does not exist or is closed, and a person is told", async () => {
    const submission = await dmp.prepare(await submissionInput());
    record.unknownPatients.add(submission.vihf.patientId);
    await expect(dmp.publish(submission)).rejects.toMatchObject({ code: "DMP_PATIENT_UNKNOWN", retry: "human" });
    record.unknownPatients.clear();
    record.closedRecords.add(submission.vihf.patientId);
    await expect(dmp.publish(submission)).rejects.toMatchObject({ code: "DMP_PATIENT_CLOSED", retry: "human" });
  });
});

describe("a record in trouble", () => {
  it.each<[FaultKind, string]>([
    ["silent", "DMP_TIMEOUT"],
    ["reset", "DMP_UNREACHABLE"],
    ["http500", "DMP_HTTP_5XX"],
    ["http503", "DMP_BUSY"],
    ["soapFault", "DMP_FAULT_RECEIVER"],
    ["registryError", "DMP_BUSY"],
    ["garbage", "DMP_ANSWER_UNREADABLE"],
  ])("%s: nothing is registered, the next attempt succeeds", async (kind, code) => {
    const submission = await dmp.prepare(await submissionInput());
    record.faults.next({ kind });
    await expect(dmp.publish(submission)).rejects.toMatchObject({ code, retry: "later" });
    expect(record.submissions()).toHaveLength(0);
    expect(await dmp.publish(submission)).toMatchObject({ verified: false });
  });

  it.each<FaultKind>(["acceptThenSilent", "acceptThenReset"])(
    "%s: the next attempt finds its own document and is content",
    async (kind) => {
      const submission = await dmp.prepare(await submissionInput());
      record.faults.next({ kind });
      await expect(dmp.publish(submission)).rejects.toMatchObject({ retry: "later" });
      const again = await dmp.publish(submission);
      const [manifest] = record.documents();
      expect(again).toMatchObject({ verified: true, entryUUID: manifest!.entryUUID });
      expect(record.submissions()).toHaveLength(1);
    },
  );

  it.each<FaultKind>(["successWithWarnings", "nonMtomAnswer", "renamedPrefixes", "slow"])(
    "%s: is a success all the same",
    async (kind) => {
      const submission = await dmp.prepare(await submissionInput());
      record.faults.next({ kind, ms: 200 });
      const { warnings } = await dmp.publish(submission);
      expect(warnings).toHaveLength(kind === "successWithWarnings" ? 1 : 0);
    },
  );
});

describe("the life of a manifest", () => {
  /** A published manifest, and where the record keeps it. */
  async function published(number = ++last) {
    const given = await submissionInput(number);
    const submission = await dmp.prepare(given);
    await dmp.publish(submission);
    const uniqueId = submission.documentUniqueId;
    const { entryUUID } = (await dmp.find(uniqueId, submission))!;
    return { number, given, submission, entry: { entryUUID, uniqueId } satisfies RegisteredEntry };
  }
  const replacing = async (number: number, replaces: RegisteredEntry, version = 2) =>
    await dmp.prepare({ ...(await submissionInput(number, version)), replaces });
  const withdrawing = ({ header, patient, sender }: SubmissionInput, { entryUUID, uniqueId }: RegisteredEntry) =>
    dmp.prepareWithdrawal({
      ...{ header, patient, sender: sender!, entryUUID, documentUniqueId: uniqueId },
      ids: { submissionSet: `2.25.1700${++last}` },
      submittedAt: new Date(),
    });
  const actions = (number: number) => record.history(`2.25.1000${number}`).map(({ action }) => action);

  it("is provided, replaced, withdrawn, and found at each step", async () => {
    const { number, given, submission, entry } = await published();
    const question = { patientId: submission.vihf.patientId };
    const reference = { ...question, referenceIds: [studyReference(`2.25.1000${number}`)] };
    const manifests = async () => {
      const ofStudy = (await dmp.findByReference(reference, submission)).filter(
        ({ typeCode }) => typeCode?.code === MANIFEST.typeCode.code,
      );
      const { typeCode, formatCode } = MANIFEST;
      const ofType = await dmp.findOfPatient(
        { ...question, typeCodes: [typeCode], formatCodes: [formatCode] },
        submission,
      );
      expect(ofType).toEqual(ofStudy);
      return ofStudy.map(({ uniqueId, mimeType, status }) => ({ uniqueId, mimeType, status }));
    };
    const approved = { mimeType: "application/dicom", status: "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved" };
    expect(await manifests()).toEqual([{ ...approved, uniqueId: entry.uniqueId }]);

    const replacement = await replacing(number, entry);
    expect(await dmp.publish(replacement)).toMatchObject({ verified: false, warnings: [] });
    expect(await manifests()).toEqual([{ ...approved, uniqueId: replacement.documentUniqueId }]);
    expect(isApproved((await dmp.find(entry.uniqueId, submission))!)).toBe(false);

    const current = (await dmp.find(replacement.documentUniqueId, replacement))!;
    const withdrawal = await withdrawing(given, {
      entryUUID: current.entryUUID,
      uniqueId: replacement.documentUniqueId,
    });
    expect(await dmp.publish(withdrawal)).toMatchObject({ verified: false, warnings: [] });
    expect(await manifests()).toEqual([]);
    expect(record.approvedManifests(`2.25.1000${number}`)).toEqual([]);
    expect(actions(number)).toEqual(["provide", "replace", "delete"]);
    expect(record.doubles()).toEqual([]);
  });

  it.each<FaultKind>(["acceptThenSilent", "acceptThenReset"])(
    "%s: a replacement and a withdrawal sent again have one effect",
    async (kind) => {
      const { number, given, entry } = await published();
      const again = async (submission: Submission) => {
        record.faults.next({ kind });
        await expect(dmp.publish(submission)).rejects.toMatchObject({ retry: "later" });
        for (const _ of [1, 2]) expect(await dmp.publish(submission)).toMatchObject({ verified: true });
      };
      const replacement = await replacing(number, entry);
      await again(replacement);
      const uniqueId = replacement.documentUniqueId;
      const { entryUUID } = (await dmp.find(uniqueId, replacement))!;
      await again(await withdrawing(given, { entryUUID, uniqueId }));
      expect(actions(number)).toEqual(["provide", "replace", "delete"]);
    },
  );

  it("a withdrawal of what somebody else withdrew is done", async () => {
    const { number, given, entry } = await published();
    await dmp.publish(await withdrawing(given, entry));
    expect(await dmp.publish(await withdrawing(given, entry))).toMatchObject({ verified: true });
    expect(actions(number)).toEqual(["provide", "delete"]);
  });

  it("a replacement of what was replaced or withdrawn meanwhile is for a person", async () => {
    const { number, given, entry } = await published();
    const second = await replacing(number, entry);
    await dmp.publish(second);
    await expect(dmp.publish(await replacing(number, entry, 3))).rejects.toMatchObject({
      code: "DMP_REPLACED_ENTRY_GONE",
      details: { status: "deprecated" },
    });
    const uniqueId = second.documentUniqueId;
    const { entryUUID } = (await dmp.find(uniqueId, second))!;
    await dmp.publish(await withdrawing(given, { entryUUID, uniqueId }));
    await expect(dmp.publish(await replacing(number, { entryUUID, uniqueId }, 3))).rejects.toMatchObject({
      code: "DMP_REPLACED_ENTRY_GONE",
      details: { status: "deleted" },
    });
    expect(actions(number)).toEqual(["provide", "replace", "delete"]);
  });

  it("what is not in the record is not replaced, and needs no withdrawal", async () => {
    const { given, number } = await published();
    const nowhere = { entryUUID: "urn:uuid:6f1c0b52-0000-4000-8000-0000000000aa", uniqueId: "2.25.99" };
    await expect(dmp.publish(await replacing(number, nowhere))).rejects.toMatchObject({
      code: "DMP_REPLACED_ENTRY_GONE",
      details: { status: "absent" },
    });
    expect(await dmp.publish(await withdrawing(given, nowhere))).toMatchObject({ verified: true });
    expect(record.approvedManifests(`2.25.1000${number}`)).toHaveLength(1);
  });
});
