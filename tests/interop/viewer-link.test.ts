/**
 * A report leaves the site with its link. Somebody opens it: from the RIS's message to the page, over TLS, with the stand-ins
 * of the PACS and of Pro Santé Connect, and a real browser where there is one.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { derivedUID } from "../../appliance/dicom/index.ts";
import { type SandboxImages, sandboxImages } from "../../scripts/sandbox/images.ts";
import { type SandboxPacs, startSandboxPacs } from "../../scripts/sandbox/pacs.ts";
import { createSandboxPki, type SandboxPki } from "../../scripts/sandbox/pki.ts";
import { people, VIEWER_ADDRESS } from "../../scripts/sandbox/psc/index.ts";
import { type Site, startSite } from "../../scripts/sandbox/site.ts";
import { images, order, person, reportMessage, versionOf } from "../faults/people.ts";
import { Browser } from "../support/browser.ts";
import { Chromium } from "../support/chromium.ts";
import { hasCommand } from "../support/peers.ts";

const codeIn = (text: string) => /class="code">[^<]*?([A-Z]+_[A-Z_]+)</.exec(text)?.[1];

describe("the link of a report", () => {
  const folder = mkdtempSync(join(tmpdir(), "viewer-link-"));
  /** Kept where the variable says, for a person to look at. */
  const screenshots = process.env.SCREENSHOTS ?? join(folder, "screenshots");
  const patient = person(1);
  const [study, stranger] = [order("26-1"), order("26-2")] as const;
  let pki: SandboxPki;
  let pacs: SandboxPacs;
  let sandbox: SandboxImages;
  let site: Site;
  const browsers: Browser[] = [];

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    pki = await createSandboxPki(join(folder, "pki"));
    pacs = await startSandboxPacs();
    sandbox = await sandboxImages(pki, folder);
    const { settings, viewer } = sandbox;
    const source = { retryFirstSeconds: 0.1, retryLongestSeconds: 0.2 };
    const { host, port, aeTitle } = pacs;
    site = await startSite({ folder, pacs: [{ host, port, aeTitle }], settings: { images: settings, viewer, source } });
    pacs.add(images(patient, study));
    // Filed under another patient: that exam waits for a person.
    pacs.add(images(person(2), stranger));
    await site.send(reportMessage(patient, [study], "R1"));
    await site.send(reportMessage(patient, [stranger], "R2"));
    await site.examOf(study.studyInstanceUID, ({ exam }) => exam.state === "published");
    await site.examOf(stranger.studyInstanceUID, ({ exam }) => exam.state === "parked");
  });
  afterAll(async () => {
    await Promise.all(browsers.map((browser) => browser.close()));
    await site.stop();
    await sandbox.psc.stop();
    await pacs.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function newBrowser(): Browser {
    const { origin, port } = new URL(sandbox.psc.issuer);
    const browser = new Browser({
      [VIEWER_ADDRESS]: {
        port: site.box.addresses.viewer!.port,
        ca: readFileSync(sandbox.serverAuthorityFile, "utf8"),
      },
      [origin]: { port: Number(port), ca: pki.trust },
    });
    browsers.push(browser);
    return browser;
  }
  /** The query of the link that stands in a report of the RIS. */
  const queryOf = (of: typeof study, report: string) =>
    new URLSearchParams({
      requestType: "STUDY",
      studyUID: of.studyInstanceUID,
      accessionNumber: of.accession.extension,
      idCDA: derivedUID(`report ${report}`),
    }).toString();
  const linkOf = (of: typeof study, report: string) => `${VIEWER_ADDRESS}/IHEInvokeImageDisplay?${queryOf(of, report)}`;

  /** Goes to the login at once: what the link is worth is seen after it. */
  async function logIn(browser: Browser, of: typeof study, report: string) {
    const login = await browser.follow(`${VIEWER_ADDRESS}/professional?${queryOf(of, report)}`);
    return browser.follow(login.address, { form: { person: "physician" } });
  }

  it("leads a professional from the question to the series of the exam", async () => {
    const browser = newBrowser();
    const question = await browser.visit(linkOf(study, "R1"));
    expect(question.status).toBe(200);
    const [, way = ""] = /href="(\/professional\?[^"]+)"/.exec(question.text) ?? [];
    const login = await browser.follow(VIEWER_ADDRESS + way.replaceAll("&#38;", "&"));
    const page = await browser.follow(login.address, { form: { person: "radiologist" } });
    expect(page.address).toBe(linkOf(study, "R1"));
    expect(page.text).toMatch(/<bdi>CT<\/bdi>.*<td class="number">2<\/td>/s);
    const trail = JSON.parse((await site.api("GET", "/audit?event=link-opened&limit=10")).toString());
    expect(trail.records[0]).toMatchObject({
      outcome: 0,
      users: [{ id: people.radiologist.SubjectNameID }],
      patients: [{ id: patient.ins.matricule }],
      documents: [derivedUID("report R1")],
    });
  });

  it("of an exam that waits for a person opens nothing: the images may be another patient's", async () => {
    const page = await logIn(newBrowser(), stranger, "R2");
    expect([page.status, codeIn(page.text)]).toEqual([404, "SOURCE_LINK_INCOHERENT"]);
  });

  it("says that the archive is away when it is, to a professional with a right link only", async () => {
    const port = pacs.port;
    const browser = newBrowser();
    await logIn(browser, study, "R1");
    await pacs.stop();
    try {
      expect((await newBrowser().visit(linkOf(study, "R1"))).status).toBe(200);
      const right = await browser.visit(linkOf(study, "R1"));
      expect([right.status, codeIn(right.text)]).toEqual([503, "VIEWER_PACS_AWAY"]);
      for (const visitor of [browser, newBrowser()]) {
        const wrong = await visitor.visit(linkOf(study, "R9"));
        expect([wrong.status, codeIn(wrong.text)]).toEqual([404, "SOURCE_LINK_INCOHERENT"]);
      }
    } finally {
      pacs = await startSandboxPacs({ port });
      pacs.add(images(patient, study));
    }
  });

  it("is told by the health page, and counted", async () => {
    const { checks } = (await (await fetch(`${site.box.addresses.health}/health/ready`)).json()) as {
      checks: { id: string; state: string }[];
    };
    expect(checks.find(({ id }) => id === "viewer")).toMatchObject({ state: "ok" });
    const metrics = await (await fetch(`${site.box.addresses.health}/metrics`)).text();
    expect(metrics).toMatch(/drimbox_links_opened_total\{reader="professional",code=""\} 2/);
    expect(metrics).toMatch(/drimbox_links_opened_total\{reader="unknown",code="SOURCE_LINK_INCOHERENT"\} 1/);
    expect(metrics).toMatch(/drimbox_links_opened_total\{reader="professional",code="SOURCE_LINK_INCOHERENT"\} 2/);
  });

  it.skipIf(!hasCommand("chromium"))(
    "works in a real browser, from the question to the logout, wide and narrow (needs chromium)",
    async () => {
      await using browser = await Chromium.start([
        `vi1.tilleuls.example.fr 127.0.0.1:${site.box.addresses.viewer?.port}`,
      ]);
      const fits = "document.documentElement.scrollWidth <= innerWidth";
      const styled = `getComputedStyle(document.querySelector("main")).borderRadius !== "0px"`;
      const look = async (name: string) => {
        for (const [size, width] of [
          ["wide", 1280],
          ["narrow", 360],
        ] as const) {
          await browser.screenshot(join(screenshots, `${name}-${size}.png`), width, 800);
          expect(await browser.until(`${styled} && ${fits}`)).toBe(true);
        }
      };
      await browser.goTo(linkOf(study, "R9"));
      await browser.until(`document.body.innerText.includes("SOURCE_LINK_INCOHERENT")`);
      await look("refused");
      await browser.goTo(linkOf(study, "R1"));
      await browser.until(`document.querySelectorAll(".choice").length === 2`);
      await look("question");
      await browser.click('a[href^="/professional"]');
      await browser.click('button[value="radiologist"]');
      expect(await browser.until("document.querySelector('td.number')?.innerText")).toBe("2");
      expect(await browser.until("location.href")).toBe(linkOf(study, "R1"));
      expect(await browser.until("'cookies: ' + document.cookie")).toBe("cookies: ");
      await look("series");
      await browser.click("form button");
      await browser.click('button[name="logout"]');
      await browser.until(`location.href === "${VIEWER_ADDRESS}/logged-out"`);
      await browser.goTo(linkOf(study, "R1"));
      await browser.until(`document.querySelectorAll(".choice").length === 2`);
    },
  );

  it("of a report that was replaced opens nothing any more; that of the new version does", async () => {
    const next = reportMessage(patient, [study], "R3", { action: "replace", changes: versionOf("R1", 2) });
    await site.send(next);
    await site.examOf(study.studyInstanceUID, ({ messages }) => messages.length > 1);
    const browser = newBrowser();
    const former = await browser.visit(linkOf(study, "R1"));
    expect([former.status, codeIn(former.text)]).toEqual([404, "SOURCE_LINK_INCOHERENT"]);
    expect((await browser.visit(linkOf(study, "R1 2"))).status).toBe(200);
  });
});
