/** The life of a manifest: provided, replaced, deleted; what the record then answers, and what it tells the tests. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { type Dmp, type ManifestEvent, startDmp } from "../../scripts/sandbox/dmp/index.ts";
import { NEIGHBOUR, SITE } from "../../scripts/sandbox/pki.ts";
import { useManifest } from "./life.ts";
import { post } from "./post.ts";
import { askerOf, entry, FIND, GET, PATIENT, type Slot, STATUS } from "./stored-queries.ts";
import { buildDeletion, buildSubmission, newIds, replacing, storedQuery, UPDATE } from "./submission.ts";

const DELETED = "urn:asip:ci-sis:2010:StatusType:Deleted";
const DEPRECATED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated";
const APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved";

const life = useManifest();

async function ask(returnType: string, id: string, ...slots: Slot[]): Promise<string> {
  return (await askerOf(life)(storedQuery(id, returnType, ...slots))).text;
}

/** Publishes again for the same study. */
function again(metadata?: (text: string) => string) {
  const { ids, publish } = life();
  return publish({ ids: { ...newIds(), study: ids.study }, ...(metadata === undefined ? {} : { metadata }) });
}

const steps = (events: readonly ManifestEvent[]) => events.map(({ action, uniqueId }) => [action, uniqueId]);

describe("a deletion", () => {
  it("turns the status of the manifest alone, and says so in plain SOAP", async () => {
    const { dmp, manifest, signature, remove } = life();
    const reply = await remove();
    expect(reply.reasons).toEqual([]);
    expect(reply).toMatchObject({ status: 200, outcome: "Success", codes: [] });
    expect(reply.contentType).toBe("application/soap+xml; charset=UTF-8");
    expect(reply.text).toContain(`>${UPDATE}Response<`);
    // What the signature vouches for was submitted, whatever became of it since.
    expect(dmp.documents()).toEqual([{ ...manifest, status: DELETED }, signature]);
    expect(dmp.submissions()).toMatchObject([
      { documents: [expect.any(String), expect.any(String)] },
      { documents: [] },
    ]);
  });

  it("leaves the document to those who name it, and hides it from those who search", async () => {
    const { ids, manifest, signature, remove } = life();
    await remove();
    const named = await ask("LeafClass", GET, entry("UniqueId", `('${ids.sop}')`));
    expect(named).toMatch(new RegExp(`ExtrinsicObject [^>]*status="${DELETED}"`));
    const searched = await ask("ObjectRef", FIND, PATIENT, STATUS);
    expect(searched).not.toContain(manifest.entryUUID);
    expect(searched).toContain(signature.entryUUID);
    const asked = await ask("ObjectRef", FIND, PATIENT, entry("Status", `('${DELETED}')`));
    expect(asked).toContain(manifest.entryUUID);
  });

  it("lets the study be published anew, which is no double", async () => {
    const { dmp, ids, remove } = life();
    await remove();
    expect(await again()).toMatchObject({ outcome: "Success" });
    expect(dmp.approvedManifests(ids.study)).toHaveLength(1);
    expect(dmp.doubles()).toEqual([]);
  });
});

describe("the history of a study", () => {
  it("tells who provided, replaced and deleted what, and when", async () => {
    const { dmp, ids, manifest, remove } = life();
    expect(await again(replacing(manifest.entryUUID))).toMatchObject({ outcome: "Success" });
    const [second] = dmp.approvedManifests(ids.study);
    expect(dmp.documents().map(({ status }) => status)).toEqual([DEPRECATED, APPROVED, APPROVED, APPROVED]);
    expect(await remove({}, second?.entryUUID)).toMatchObject({ outcome: "Success" });
    expect(dmp.approvedManifests(ids.study)).toEqual([]);
    const history = dmp.history(ids.study);
    expect(steps(history)).toEqual([
      ["provide", ids.sop],
      ["replace", second?.uniqueId],
      ["delete", second?.uniqueId],
    ]);
    expect(history[2]).toEqual({
      action: "delete",
      at: dmp.submissions()[2]?.receivedAt,
      uniqueId: second?.uniqueId,
      entryUUID: second?.entryUUID,
      patientId: manifest.patientId,
      studyInstanceUID: ids.study,
      structure: SITE.id,
      subject: "899700000017",
      beside: [],
    });
    expect(dmp.history("2.25.404")).toEqual([]);
  });

  it("accepts a second manifest beside the first, and remembers the double", async () => {
    const { dmp, ids } = life();
    expect(await again()).toMatchObject({ outcome: "Success" });
    expect(dmp.approvedManifests(ids.study)).toHaveLength(2);
    expect(dmp.doubles()).toMatchObject([{ action: "provide", studyInstanceUID: ids.study, beside: [ids.sop] }]);
  });

  it("takes two structures with a manifest each for no double", async () => {
    const { dmp, ids, pki, publish } = life();
    const structure = pki.structures[1];
    expect(await publish({ structure, ids: { ...newIds(), study: ids.study } })).toMatchObject({ outcome: "Success" });
    expect(dmp.history(ids.study).map((event) => event.structure)).toEqual([SITE.id, NEIGHBOUR.id]);
    expect(dmp.doubles()).toEqual([]);
  });

  it("outlives the process, deletions too", async () => {
    const { pki } = life();
    const dataDir = mkdtempSync(join(tmpdir(), "dmp-life-"));
    const client = pki.structures[0].auth;
    const publish = (dmp: Dmp) =>
      post(`${dmp.url}/repository`, pki, buildSubmission(dmp.url, pki, { ids }), { client });
    const ids = newIds();
    const first = await startDmp({ port: 0, pki, dataDir });
    await publish(first);
    const [manifest] = first.documents();
    const target = manifest?.entryUUID ?? "";
    await post(`${first.url}/registry`, pki, buildDeletion(first.url, pki, target), { client });
    const kept = [first.documents(), first.submissions(), first.history(ids.study)];
    await first.stop();
    const second = await startDmp({ port: 0, pki, dataDir });
    expect([second.documents(), second.submissions(), second.history(ids.study)]).toEqual(kept);
    const reply = await post(`${second.url}/registry`, pki, buildDeletion(second.url, pki, target), { client });
    expect(reply.codes).toEqual(["XDSMetadataVersionError"]);
    await second.stop();
  });
});

describe("faults on purpose, for a deletion", () => {
  it.each([
    ["http500", { status: 500 }, APPROVED],
    ["closed", { status: 503, retryAfter: undefined }, APPROVED],
    ["soapFault", { status: 500, codes: ["soap:Receiver"] }, APPROVED],
    ["registryError", { status: 200, outcome: "Failure", codes: ["XDSRegistryBusy"] }, APPROVED],
    ["successWithWarnings", { outcome: "Success", codes: ["XDSExtraMetadataNotSaved"] }, DELETED],
    ["renamedPrefixes", { outcome: "Success" }, DELETED],
    ["garbage", { status: 200, outcome: undefined }, APPROVED],
  ] as const)("%s", async (kind, expected, status) => {
    const { dmp, remove } = life();
    dmp.faults.next({ kind });
    expect(await remove()).toMatchObject(expected);
    expect(dmp.documents()[0]?.status).toBe(status);
  });

  it("acceptThenReset: it is deleted, and nobody was told", async () => {
    const { dmp, remove } = life();
    dmp.faults.next({ kind: "acceptThenReset" });
    await expect(remove()).rejects.toThrow(/ECONNRESET|socket hang up/);
    expect(dmp.documents()[0]?.status).toBe(DELETED);
    expect((await remove()).codes).toEqual(["XDSMetadataVersionError"]);
  });

  it("acceptThenSilent: likewise", async () => {
    const { dmp, pki, manifest } = life();
    dmp.faults.next({ kind: "acceptThenSilent" });
    const request = buildDeletion(dmp.url, pki, manifest.entryUUID);
    const attempt = post(`${dmp.url}/registry`, pki, request, { client: pki.structures[0].auth, timeoutMs: 400 });
    await expect(attempt).rejects.toThrow(/no answer in time/);
    await vi.waitFor(() => expect(dmp.documents()[0]?.status).toBe(DELETED), 10_000);
  });
});

describe("what was on the wire", () => {
  it("is told of a deletion too", async () => {
    const { pki, manifest } = life();
    const seen: string[] = [];
    const dmp = await startDmp({
      port: 0,
      pki,
      onExchange: ({ service, body }, { body: answer }) => seen.push(`${service} ${body} ${answer}`),
    });
    await post(`${dmp.url}/registry`, pki, buildDeletion(dmp.url, pki, manifest.entryUUID), {
      client: pki.structures[0].auth,
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatch(/^registry .*UpdateAvailabilityStatus.*UnresolvedReferenceException/s);
    await dmp.stop();
  });
});
