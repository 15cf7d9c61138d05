/**
 * Another box of the network asks for the images of an exam that was published: over the network, with its certificate, the
 * token of a professional and the manifest that it read in the record.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SandboxImages, sandboxImages } from "../../scripts/sandbox/images.ts";
import { type SandboxPacs, startSandboxPacs } from "../../scripts/sandbox/pacs.ts";
import { createSandboxPki, type SandboxIdentity, type SandboxPki } from "../../scripts/sandbox/pki.ts";
import { TITLES } from "../../scripts/sandbox/rejection-note.ts";
import { type Site, startSite } from "../../scripts/sandbox/site.ts";
import { images, order, person, reportMessage } from "../faults/people.ts";
import { arrived } from "../images/support.ts";
import { readParts } from "../support/multipart.ts";

const ACCEPT = 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.1';

describe("another box", () => {
  const folder = mkdtempSync(join(tmpdir(), "images-between-boxes-"));
  const patient = person(1);
  const study = order("26-1");
  let pki: SandboxPki;
  let pacs: SandboxPacs;
  let sandbox: SandboxImages;
  let site: Site;
  let token: string;
  const agents: Agent[] = [];

  beforeAll(async () => {
    pki = await createSandboxPki(join(folder, "pki"));
    pacs = await startSandboxPacs();
    sandbox = await sandboxImages(pki, folder);
    site = await startSite({
      folder,
      pacs: [pacs],
      settings: {
        images: sandbox.settings,
        rejectionNotes: { host: "127.0.0.1", port: 0, senders: [{ aeTitle: "PACS", address: "127.0.0.1" }] },
        source: { retryFirstSeconds: 0.1, retryLongestSeconds: 0.2 },
      },
    });
    pacs.add(images(patient, study));
    await site.send(reportMessage(patient, [study], "R1"));
    await site.examOf(study.studyInstanceUID, ({ exam }) => exam.state === "published");
    token = await sandbox.psc.issue("radiologist");
  });
  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.destroy()));
    await site.stop();
    await sandbox.psc.stop();
    await pacs.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The manifest in force, as the record holds it. */
  const manifest = () => site.dmp.approvedManifests(study.studyInstanceUID)[0]?.uniqueId ?? "";

  async function ask(path: string, headers: Record<string, string> = {}, identity?: SandboxIdentity) {
    const { certificate, key } = identity ?? pki.structures[1].auth;
    const agent = new Agent({ connect: { ca: readFileSync(sandbox.serverAuthorityFile), cert: certificate, key } });
    agents.push(agent);
    const { host, port } = site.box.addresses.images!;
    const whole = { accept: ACCEPT, authorization: `Bearer ${token}`, "kos-sopinstanceuid": manifest(), ...headers };
    const answer = await request(`https://${host}:${port}/dicom-web-rs${path}`, { dispatcher: agent, headers: whole });
    const body = Buffer.from(await answer.body.arrayBuffer());
    return { status: answer.statusCode, contentType: String(answer.headers["content-type"]), body };
  }
  const wholeStudy = () => `/studies/${study.studyInstanceUID}`;
  const codeOf = ({ body }: { body: Buffer }) => (JSON.parse(body.toString()) as { code: string }).code;

  it("receives them with the INS of the patient, and the box knows who asked", async () => {
    const { status, contentType, body } = await ask(wholeStudy());
    expect(status).toBe(200);
    const { parts, whole } = readParts(contentType, body);
    expect(whole).toBe(true);
    const sent = images(patient, study).instances.map(({ sopInstanceUID }) => sopInstanceUID);
    expect(parts.map((part) => arrived(part.body).name).sort()).toEqual(sent.sort());
    expect(new Set(parts.map((part) => arrived(part.body).ins))).toEqual(new Set([patient.ins?.matricule]));
    const trail = JSON.parse((await site.api("GET", "/audit?event=images-sent&limit=10")).toString());
    expect(trail.records[0]).toMatchObject({
      outcome: 0,
      users: [{ id: expect.stringMatching(/^8/) }],
      documents: [manifest()],
      studies: [study.studyInstanceUID],
    });
  });

  it("is turned away without a certificate on the white list, without a token that opens, without our manifest", async () => {
    const stranger = pki.structures[0].auth;
    expect(codeOf(await ask(wholeStudy(), {}, stranger))).toBe("SOURCE_PEER_UNLISTED");
    expect(codeOf(await ask(wholeStudy(), { authorization: "Bearer forged" }))).toBe("IDENTITY_TOKEN_INACTIVE");
    const nurse = await sandbox.psc.issue("nurse");
    expect(codeOf(await ask(wholeStudy(), { authorization: `Bearer ${nurse}` }))).toBe("IDENTITY_PROFESSION_REFUSED");
    expect(codeOf(await ask(wholeStudy(), { "kos-sopinstanceuid": "2.25.1" }))).toBe("SOURCE_MANIFEST_UNKNOWN");
  });

  it("is told 503 while Pro Santé Connect is away, never let in", async () => {
    const unknown = await sandbox.psc.issue("radiologist");
    sandbox.psc.suffer({ kind: "down" });
    try {
      const answer = await ask(wholeStudy(), { authorization: `Bearer ${unknown}` });
      expect([answer.status, codeOf(answer)]).toEqual([503, "IDENTITY_PSC_UNAVAILABLE"]);
    } finally {
      sandbox.psc.recover();
    }
  });

  it("receives nothing any more of what the PACS rejected, nor of what was withdrawn", async () => {
    const former = manifest();
    const { host, port } = site.box.addresses.notes!;
    const to = { host, port, aeTitle: "DRIMBOX" };
    const status = await pacs.reject(study.studyInstanceUID, { title: TITLES["patient-safety"], to });
    expect(status).toBe(0);
    await site.examOf(study.studyInstanceUID, ({ exam }) => exam.record === "absent");
    const answer = await ask(wholeStudy(), { "kos-sopinstanceuid": former });
    expect([answer.status, codeOf(answer)]).toEqual([410, "SOURCE_MANIFEST_WITHDRAWN"]);
  });
});
