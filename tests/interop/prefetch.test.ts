/** A study is brought as soon as it is published: another box has it though the PACS is gone. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SandboxImages, sandboxImages } from "../../scripts/sandbox/images.ts";
import { type SandboxPacs, startSandboxPacs } from "../../scripts/sandbox/pacs.ts";
import { createSandboxPki, type SandboxPki } from "../../scripts/sandbox/pki.ts";
import { type Site, startSite } from "../../scripts/sandbox/site.ts";
import { images, order, person, reportMessage } from "../faults/people.ts";
import { eventually } from "../faults/practice.ts";
import { arrived } from "../images/support.ts";
import { readParts } from "../support/multipart.ts";

describe("a study that has just been published", () => {
  const patient = person(1);
  const study = order("26-1");
  let folder: string;
  let pki: SandboxPki;
  let pacs: SandboxPacs;
  let sandbox: SandboxImages;
  let site: Site;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "prefetch-"));
    pki = await createSandboxPki(join(folder, "pki"));
    pacs = await startSandboxPacs();
    sandbox = await sandboxImages(pki, folder);
  });
  afterEach(async () => {
    await site.stop();
    await sandbox.psc.stop();
    await pacs.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Publishes the study, on a site where these modalities are brought in advance. */
  async function published(prefetch: { readonly modalities: readonly string[] }): Promise<void> {
    site = await startSite({
      folder,
      pacs: [{ host: pacs.host, port: pacs.port, aeTitle: pacs.aeTitle }],
      settings: {
        images: { ...sandbox.settings, prefetch },
        source: { retryFirstSeconds: 0.1, retryLongestSeconds: 0.2 },
      },
    });
    pacs.add(images(patient, study));
    await site.send(reportMessage(patient, [study], "R1"));
    await site.examOf(study.studyInstanceUID, ({ exam }) => exam.state === "published");
  }

  async function ask(accept: string) {
    const { certificate: cert, key } = pki.structures[1].auth;
    const dispatcher = new Agent({ connect: { ca: readFileSync(sandbox.serverAuthorityFile), cert, key } });
    const { host, port } = site.box.addresses.images!;
    const headers = {
      accept: `multipart/related; type="application/dicom"; transfer-syntax=${accept}`,
      authorization: `Bearer ${await sandbox.psc.issue("radiologist")}`,
      "kos-sopinstanceuid": site.dmp.approvedManifests(study.studyInstanceUID)[0]?.uniqueId ?? "",
    };
    try {
      const url = `https://${host}:${port}/dicom-web-rs/studies/${study.studyInstanceUID}`;
      const answer = await request(url, { dispatcher, headers });
      const body = Buffer.from(await answer.body.arrayBuffer());
      return { status: answer.statusCode, contentType: String(answer.headers["content-type"]), body };
    } finally {
      await dispatcher.destroy();
    }
  }
  const metrics = async () => (await fetch(`${site.box.addresses.health}/metrics`)).text();

  it("is there for another box when its modality is wanted", async () => {
    await published({ modalities: ["CT"] });
    await eventually(
      async () => /drimbox_studies_prefetched_total\{code=""\} 1/.test(await metrics()),
      "it is brought",
    );
    pacs.remove(study.studyInstanceUID);
    const { status, contentType, body } = await ask("1.2.840.10008.1.2.1");
    expect(status).toBe(200);
    const { parts, whole } = readParts(contentType, body);
    expect([whole, new Set(parts.map((part) => arrived(part.body).ins))]).toEqual([
      true,
      new Set([patient.ins?.matricule]),
    ]);
  });

  it("is not brought when its modality is not", async () => {
    await published({ modalities: ["XA"] });
    pacs.remove(study.studyInstanceUID);
    expect((await ask("1.2.840.10008.1.2.1")).status).toBe(410);
    expect(await metrics()).not.toContain("drimbox_studies_prefetched_total{");
  });
});
