import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SandboxPacs, startSandboxPacs } from "../../scripts/sandbox/pacs.ts";
import { SITE } from "../../scripts/sandbox/pki.ts";
import { buildReportMessage, sandboxReport, sandboxStudy } from "../../scripts/sandbox/ris.ts";
import { type Site, startSite } from "../../scripts/sandbox/site.ts";
import { syntheticStudy } from "../../scripts/sandbox/studies.ts";

const BOX = fileURLToPath(new URL("../../scripts/box", import.meta.url));
const studyInstanceUID = sandboxStudy().studyInstanceUID;

describe("the operator's window", () => {
  const folder = mkdtempSync(join(tmpdir(), "console-"));
  let pacs: SandboxPacs;
  let site: Site;

  beforeAll(async () => {
    pacs = await startSandboxPacs();
    pacs.add(syntheticStudy({ studyInstanceUID, patientID: "P0002", accessionNumber: "ACC-26-0001" }));
    site = await startSite({ folder, pacs: [pacs], settings: { source: { retryFirstSeconds: 0.1 } } });
    const report = sandboxReport({ structure: { id: SITE.id, name: SITE.name } });
    await site.send(buildReportMessage(report, { family: "ORU", controlId: "M1" }));
    await site.examOf(studyInstanceUID, ({ exam }) => exam.state === "parked");
  });
  afterAll(async () => {
    await site.stop();
    await pacs.stop();
    rmSync(folder, { recursive: true });
  });

  /** Runs `box`; gives its output and exit code. */
  function box(...args: string[]): Promise<{ out: string; code: number }> {
    const data = dirname(site.box.addresses.api);
    return new Promise((resolve) => {
      execFile(BOX, ["--data", data, ...args], (error, stdout, stderr) => {
        resolve({ out: stdout + stderr, code: typeof error?.code === "number" ? error.code : 0 });
      });
    });
  }

  it("says how the box and its neighbours are", async () => {
    const { out, code } = await box("status");
    expect(code).toBe(0);
    expect(out).toContain("✓ dmp");
    expect(out).toContain("1 à traiter");
  });

  it("lists what waits for a person", async () => {
    expect((await box("exams", "parked")).out).toContain("SOURCE_IPP_MISMATCH");
    expect((await box("exams", "published")).out).toContain("Aucun examen");
  });

  it("shows the reason in a sentence, what to do, and the two values side by side", async () => {
    const { out } = await box("exam", "1");
    expect(out).toContain("L'identifiant patient du PACS n'est pas celui du compte rendu.");
    expect(out).toContain("→ Rapprocher les deux dossiers");
    expect(out).toMatch(/report\s+P0001/);
    expect(out).toMatch(/pacs\s+P0002/);
  });

  it("refuses what makes no sense, in a sentence and with an exit code", async () => {
    for (const [expected, ...args] of [
      [1, "exam", "99"],
      [1, "retry", "99"],
      [2, "exam", "-1"],
      [2, "exam", "1e3"],
      [2, "exam"],
      [1, "manifest", "1"],
      [2, "nonsense"],
      [2, "status", "--force"],
    ] as [number, ...string[]][]) {
      const { out, code } = await box(...args);
      expect(code, args.join(" ")).toBe(expected);
      expect(out, args.join(" ")).not.toMatch(/undefined|Error:|^ {4}at /m);
    }
  });

  it("publishes after the cause is mended and a retry asked for", async () => {
    pacs.remove(studyInstanceUID);
    pacs.add(syntheticStudy({ studyInstanceUID, patientID: "P0001", accessionNumber: "ACC-26-0001" }));
    expect((await box("retry", "1")).code).toBe(0);
    await site.examOf(studyInstanceUID, ({ exam }) => exam.state === "published");
    // A published exam may be looked at again at any time: nothing differs, nothing is sent.
    const { length: lines } = (await site.examOf(studyInstanceUID, () => true)).timeline;
    expect((await box("retry", "1")).code).toBe(0);
    const { timeline } = await site.examOf(studyInstanceUID, ({ exam, timeline: { length } }) => {
      return exam.state === "published" && length > lines + 1;
    });
    expect(timeline.slice(lines).map(({ kind }) => kind)).toEqual(["retried", "unchanged"]);
    expect(site.dmp.history(studyInstanceUID).map(({ action }) => action)).toEqual(["provide"]);
    expect((await box("manifest", "1")).out.slice(128, 132)).toBe("DICM");
  });

  it("is closed to everyone but the account of the box", () => {
    expect(statSync(site.box.addresses.api).mode & 0o077).toBe(0);
    expect(statSync(dirname(site.box.addresses.api)).mode & 0o077).toBe(0);
  });

  it.each([
    ["GET", "/", 400],
    ["GET", "/exams?limit=100000", 400],
    ["GET", "/exams?state=nonsense", 400],
    ["GET", "/exams/99999999999999999999", 400],
    ["GET", "/exams/12", 404],
    ["POST", "/exams/12/retry", 404],
    ["DELETE", "/exams/1", 400],
  ] as const)("answers %s %s with %i and a coded sentence", async (method, path, status) => {
    const answer = await raw(method, path);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({
      code: expect.stringMatching(/^(CONSOLE|SOURCE)_/),
      remedy: expect.any(String),
    });
  });

  it("does not read what is longer or deeper than a question can be", async () => {
    const depth = 4_000_000;
    const answer = await raw("POST", "/exams/1/decision", "[".repeat(depth) + "]".repeat(depth));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: "CONSOLE_BAD_REQUEST" });
    expect((await raw("GET", "/exams/1")).status).toBe(200);
  });

  function raw(method: string, path: string, body?: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      const outgoing = request({ socketPath: site.box.addresses.api, method, path, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      outgoing.on("error", reject).end(body);
    });
  }
});

describe("health and metrics", () => {
  it("answers 503 and says why while the PACS is away, and recovers", async () => {
    const folder = mkdtempSync(join(tmpdir(), "health-"));
    const away = await startSandboxPacs();
    await away.stop();
    const site = await startSite({ folder, pacs: [away] });
    const { health } = site.box.addresses;
    try {
      expect((await fetch(`${health}/health/live`)).status).toBe(200);
      const ready = await fetch(`${health}/health/ready`);
      expect(ready.status).toBe(503);
      const { checks } = (await ready.json()) as { checks: { id: string; state: string; message: { fr: string } }[] };
      expect(checks.find(({ id }) => id === "pacs PACS 1")).toMatchObject({ state: "error" });
      const metrics = await (await fetch(`${health}/metrics`)).text();
      expect(metrics).toContain('drimbox_exams{state="published"} 0');
      expect(metrics).toContain("drimbox_store_up 1");
    } finally {
      await site.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
