import { appendFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Dmp, FAULT_KINDS, type FaultKind, startControl, startDmp } from "../../scripts/sandbox/dmp/index.ts";
import { createSandboxPki, NEIGHBOUR, type SandboxPki, SITE } from "../../scripts/sandbox/pki.ts";
import { post } from "./post.ts";
import { buildQuery, buildSubmission, cut, type Hooks, newIds, PATIENT_ID, storedQuery, swap } from "./submission.ts";

let pki: SandboxPki;
let dmp: Dmp;

beforeAll(async () => {
  pki = await createSandboxPki();
  dmp = await startDmp({ port: 0, pki, policy: { legalEntities: { [SITE.id]: [NEIGHBOUR.id] } } });
});
afterAll(() => dmp.stop());
afterEach(() => dmp.reset());

const client = () => pki.structures[0].auth;

function publish(hooks: Hooks = {}, to = dmp, timeoutMs = 20_000) {
  return post(`${to.url}/repository`, pki, buildSubmission(to.url, pki, hooks), { client: client(), timeoutMs });
}

function ask(query: string, to = dmp) {
  return post(`${to.url}/registry`, pki, buildQuery(to.url, pki, query), { client: client() });
}

const FIND_DOCUMENTS = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";
const PATIENT = ["$XDSDocumentEntryPatientId", `'${PATIENT_ID}'`] as const;
const APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved";
const STATUS = ["$XDSDocumentEntryStatus", `('${APPROVED}')`] as const;

const manifests = () => dmp.documents().filter(({ kind }) => kind === "manifest");
const idsOf = (text: string) =>
  Array.from(text.matchAll(/(?:ExtrinsicObject|ObjectRef)\b[^>]* id="([^"]*)"/g), ([, id]) => id);

describe("a right publication", () => {
  it("is registered, its two documents as they came", async () => {
    const ids = newIds();
    const reply = await publish({ ids });
    expect(reply.reasons).toEqual([]);
    expect(reply).toMatchObject({ status: 200, outcome: "Success", codes: [] });
    expect(reply.contentType).toMatch(/^multipart\/related; type="application\/xop\+xml"/);
    const [manifest, signature] = dmp.documents();
    expect(manifest).toMatchObject({
      kind: "manifest",
      uniqueId: ids.sop,
      studyInstanceUID: ids.study,
      patientId: PATIENT_ID,
    });
    expect(manifest?.content.subarray(128, 132).toString()).toBe("DICM");
    expect(signature).toMatchObject({ kind: "signature", uniqueId: ids.signature, structure: SITE.id });
    expect(dmp.submissions()).toMatchObject([{ uniqueId: ids.set, documents: [ids.sop, ids.signature] }]);
  });

  it("may come from a legal entity for one of its sites", async () => {
    const speakFor = swap(`>${SITE.id}<`, `>${NEIGHBOUR.id}<`);
    const authors = swap(`IDNST^^^${SITE.id}`, `IDNST^^^${NEIGHBOUR.id}`);
    expect(await publish({ assertion: speakFor, metadata: authors })).toMatchObject({ outcome: "Success" });
  });
});

describe("the policy on SHA-1", () => {
  it("may be turned round: taken in the VIHF, refused in the signature of the submission", async () => {
    const other = await startDmp({ port: 0, pki, policy: { vihfSha1: true, signatureSha1: false } });
    const signature = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
    const digest = "http://www.w3.org/2000/09/xmldsig#sha1";
    const reply = await publish({ vihfAlgorithms: { signature, digest } }, other);
    expect(reply).toMatchObject({ status: 200, codes: ["InvalidDocumentContent"] });
    expect(reply.reasons.join()).toMatch(/SHA-1 is refused/);
    await other.stop();
  });
});

describe("faults on purpose", () => {
  type Expectation = {
    readonly error?: RegExp;
    readonly status?: number;
    readonly outcome?: string;
    readonly registered: boolean;
  };
  const TABLE: Readonly<Record<FaultKind, Expectation>> = {
    silent: { error: /no answer in time/, registered: false },
    reset: { error: /ECONNRESET|socket hang up/, registered: false },
    http500: { status: 500, registered: false },
    http503: { status: 503, registered: false },
    closed: { status: 503, registered: false },
    soapFault: { status: 500, registered: false },
    registryError: { status: 200, outcome: "Failure", registered: false },
    acceptThenSilent: { error: /no answer in time/, registered: true },
    acceptThenReset: { error: /ECONNRESET|socket hang up/, registered: true },
    slow: { status: 200, outcome: "Success", registered: true },
    successWithWarnings: { status: 200, outcome: "Success", registered: true },
    nonMtomAnswer: { status: 200, outcome: "Success", registered: true },
    renamedPrefixes: { status: 200, outcome: "Success", registered: true },
    garbage: { status: 200, registered: false },
  };

  it.each(Object.keys(FAULT_KINDS) as FaultKind[])("%s, then everything is as before", async (kind) => {
    const { error, status, outcome, registered } = TABLE[kind];
    dmp.faults.next({ kind, ms: 50 });
    const attempt = publish({}, dmp, error === undefined ? 20_000 : 400);
    if (error === undefined) {
      const reply = await attempt;
      expect(reply.status).toBe(status);
      expect(reply.outcome).toBe(outcome);
    } else await expect(attempt).rejects.toThrow(error);
    expect(manifests().length).toBe(registered ? 1 : 0);
    expect(await publish()).toMatchObject({ outcome: "Success", codes: [] });
  });

  it("say the code that was asked for, as many times as was asked", async () => {
    dmp.faults.next({ kind: "registryError", code: "XDSRepositoryOutOfResources" }, 2);
    expect((await publish()).codes).toEqual(["XDSRepositoryOutOfResources"]);
    expect((await ask(storedQuery(FIND_DOCUMENTS, "LeafClass", PATIENT, STATUS))).codes).toEqual([
      "XDSRepositoryOutOfResources",
    ]);
    expect((await publish()).outcome).toBe("Success");
  });

  it("change no prefix but all of them, of the metadata too", async () => {
    await publish();
    dmp.faults.always({ kind: "renamedPrefixes" });
    const reply = await ask(storedQuery(FIND_DOCUMENTS, "LeafClass", PATIENT, STATUS));
    expect(reply.text).toMatch(/<ns7:Envelope.*<soap:AdhocQueryResponse.*<rs:ExtrinsicObject.*<rs:Slot/s);
    expect(idsOf(reply.text)).toHaveLength(2);
  });

  it("are a warning beside a success", async () => {
    dmp.faults.next({ kind: "successWithWarnings" });
    const reply = await publish();
    expect(reply).toMatchObject({ outcome: "Success", codes: ["XDSExtraMetadataNotSaved"] });
    expect(reply.text).toContain("ErrorSeverityType:Warning");
  });
});

describe("a registry on disk", () => {
  it("knows after a restart what it accepted, and drops a line cut by a kill", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "dmp-"));
    const ids = newIds();
    const first = await startDmp({ port: 0, pki, dataDir });
    expect((await publish({ ids }, first)).outcome).toBe("Success");
    const documents = first.documents();
    await first.stop();
    appendFileSync(join(dataDir, "registry.jsonl"), '{"submission":{"uniq');
    const second = await startDmp({ port: 0, pki, dataDir });
    expect(second.documents()).toEqual(documents);
    expect((await publish({}, second)).outcome).toBe("Success");
    await second.stop();
    const third = await startDmp({ port: 0, pki, dataDir });
    expect(third.submissions()).toHaveLength(2);
    await third.stop();
  });
});

describe("the control port", () => {
  it("lists, counts, plans faults and forgets", async () => {
    const control = await startControl(dmp, 0);
    const call = async (method: string, path: string, body?: unknown) => {
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const response = await fetch(`${control.url}${path}`, init);
      return { status: response.status, text: await response.text() };
    };
    expect((await call("POST", "/faults", { kind: "http503", times: 1 })).status).toBe(200);
    expect((await publish()).status).toBe(503);
    await publish();
    expect(JSON.parse((await call("GET", "/counts")).text)).toEqual({
      repository: 2,
      registry: 0,
      documents: 2,
      submissions: 1,
    });
    const documents = JSON.parse((await call("GET", "/documents")).text) as object[];
    expect(Object.keys(documents[0] ?? {})).not.toContain("content");
    await call("POST", "/patients", { unknown: [PATIENT_ID] });
    expect((await publish()).codes).toEqual(["XDSUnknownPatientId"]);
    await call("POST", "/reset");
    expect((await publish()).outcome).toBe("Success");
    expect((await call("POST", "/faults", { kind: "sulk" })).text).toMatch(/kind is one of/);
    await control.stop();
  });
});

describe("the limits of the stand-in's own patience", () => {
  it("answers 404 outside its services", async () => {
    const one = buildSubmission(dmp.url, pki);
    expect((await post(`${dmp.url}/patients`, pki, one, { client: client() })).status).toBe(404);
  });

  it("refuses nesting without end", async () => {
    const deep = cut(/<soap:Body>/, `<soap:Body>${"<x>".repeat(1000)}${"</x>".repeat(1000)}`);
    const reply = await publish({ envelope: deep });
    expect(reply.codes).toEqual(["soap:Sender"]);
    expect(reply.reasons.join()).toMatch(/nested/);
  });
});
