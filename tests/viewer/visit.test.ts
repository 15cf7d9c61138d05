/** What somebody sees who opens the link of a report, and what it leaves behind. */
import { describe, expect, it } from "vitest";
import { type CodedError, silent } from "../../appliance/base/index.ts";
import { pacsErrors } from "../../appliance/pacs/index.ts";
import { sourceErrors } from "../../appliance/source/index.ts";
import { people, VIEWER_ADDRESS } from "../../scripts/sandbox/psc/index.ts";
import { exam, incoherent, LINK, logIn, PORTAL, QUERY, STUDY, useStand } from "./stand.ts";

const stand = useStand();
const codeIn = (text: string) => /class="code">[^<]*?([A-Z]+_[A-Z_]+)</.exec(text)?.[1];

describe("somebody who opens the link", () => {
  it("is asked who he is, in French, and learns nothing of the exam", async () => {
    const { open, browser, audit, statistics } = stand();
    const page = await browser(await open()).visit(LINK);
    expect(page.status).toBe(200);
    expect(page.text).toContain('<html lang="fr">');
    expect(page.text).toContain("Patient ou proche");
    expect(page.text).toContain("Professionnel de santé");
    for (const secret of ["thorax", "Poumon", "279035121518989"]) expect(page.text).not.toContain(secret);
    expect(audit).toMatchObject([
      { event: "link-opened", outcome: 0, studies: [STUDY], documents: ["2.25.9"], facts: { reader: "unknown" } },
    ]);
    expect(statistics).toEqual([]);
  });

  it("is answered in English when that is preferred", async () => {
    const { open, browser } = stand();
    const page = await browser(await open()).visit(LINK, { headers: { "accept-language": "en-GB,en;q=0.9,fr;q=0.5" } });
    expect(page.text).toContain('<html lang="en">');
    expect(page.text).toContain("Health professional");
  });

  it("gets pages on which nothing runs, that nobody frames, keeps, or hears of", async () => {
    const { open, browser } = stand();
    const visitor = browser(await open());
    for (const path of ["/IHEInvokeImageDisplay", `/IHEInvokeImageDisplay?${QUERY}`, "/", "/logged-out"]) {
      const { headers, text } = await visitor.visit(VIEWER_ADDRESS + path);
      expect(headers["content-security-policy"]).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' https:/,
      );
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
      expect(headers).toMatchObject({
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "strict-transport-security": expect.stringContaining("max-age="),
        "content-type": "text/html; charset=utf-8",
      });
      expect(headers["set-cookie"]).toBeUndefined();
      expect(text).not.toMatch(/<script|javascript:|\son\w+=|<(img|link|iframe|object)\b/i);
    }
  });

  it("as a patient is sent to the portal of the site, without the parameters", async () => {
    const { open, browser, audit, statistics } = stand();
    const page = await browser(await open()).visit(`${VIEWER_ADDRESS}/patient?${QUERY}`);
    expect([page.status, page.location]).toEqual([303, PORTAL]);
    expect(audit).toMatchObject([{ event: "link-opened", patients: exam.patients, facts: { reader: "patient" } }]);
    expect(statistics).toMatchObject([
      { kind: "viewer-link-opened", status: "succes", facts: { structure: exam.structure } },
    ]);
  });

  it("as a patient is sent there with the parameters when the site wants them", async () => {
    const { open, browser } = stand();
    const service = await open({ portal: { address: PORTAL, parameters: true } });
    const { location } = await browser(service).visit(`${VIEWER_ADDRESS}/patient?${QUERY}`);
    expect(location).toBe(`${PORTAL}&${QUERY}`);
  });

  it("as a patient is told whom to ask where there is no portal", async () => {
    const { open, browser } = stand();
    const visitor = browser(await open({ portal: undefined }));
    expect((await visitor.visit(LINK)).text).not.toContain("/patient?");
    const page = await visitor.visit(`${VIEWER_ADDRESS}/patient?${QUERY}`);
    expect([page.status, codeIn(page.text)]).toEqual([404, "VIEWER_NO_PORTAL"]);
  });

  it.each<[string, CodedError, number, string]>([
    ["a link that matches nothing", incoherent("study"), 404, "SOURCE_LINK_INCOHERENT"],
    ["an exam without images", sourceErrors.fault("SOURCE_LINK_NO_IMAGES"), 404, "SOURCE_LINK_NO_IMAGES"],
    [
      "a PACS that is away",
      pacsErrors.fault("PACS_UNREACHABLE", { details: { pacs: "ARCHIVE-3" } }),
      503,
      "VIEWER_PACS_AWAY",
    ],
    ["a fault of ours", sourceErrors.fault("SOURCE_INTERNAL"), 500, "VIEWER_INTERNAL"],
  ])(
    "is told of %s in a sentence, with a code and what to do, and nothing of the site",
    async (_, error, status, code) => {
      const { open, browser, audit, statistics } = stand();
      const service = await open();
      stand().answer = error;
      const page = await browser(service).visit(LINK);
      expect([page.status, codeIn(page.text)]).toEqual([status, code]);
      expect(page.text).not.toContain("ARCHIVE-3");
      expect(page.headers["retry-after"] !== undefined).toBe(status === 503);
      expect(audit).toMatchObject([{ event: "link-opened", code: error.code }]);
      expect(statistics).toMatchObject([{ status: "erreur", code: error.code }]);
    },
  );

  it("cannot tell an unknown study from a wrong number or document: the same page, byte for byte", async () => {
    const { open, browser } = stand();
    const visitor = browser(await open());
    const pages = [];
    for (const why of ["study", "accession", "document", "replaced", "SOURCE_IPP_MISMATCH", "series"]) {
      stand().answer = incoherent(why);
      for (const path of ["IHEInvokeImageDisplay", "patient"]) {
        const { status, headers, text } = await visitor.visit(`${VIEWER_ADDRESS}/${path}?${QUERY}`);
        const { date: _, ...rest } = headers;
        pages.push(JSON.stringify([status, rest, text]));
      }
    }
    expect(new Set(pages).size).toBe(1);
  });

  it("is refused with a malformed address, whatever it tries to bring in", async () => {
    const { open, browser } = stand();
    const visitor = browser(await open());
    const evil = `"'><script>alert(1)</script><img src=x onerror=alert(2)>`;
    const parts = new URLSearchParams(QUERY);
    const tries = [...parts.keys(), "x", evil].flatMap((name) => {
      const changed = new URLSearchParams(QUERY);
      changed.set(name, evil);
      return [
        ...["IHEInvokeImageDisplay", "patient", "professional"].map((path) => `${path}?${changed}`),
        `login?${changed}`,
        `nowhere/${encodeURIComponent(evil)}?${changed}`,
      ];
    });
    for (const address of tries) {
      const { status, text, headers } = await visitor.visit(`${VIEWER_ADDRESS}/${address}`);
      // An accession number may hold any sign: that one is a good address, and its sign must come out harmless.
      expect(text).not.toMatch(/<script|<img/i);
      expect(status === 200 || (status >= 303 && status < 500)).toBe(true);
      expect(String(headers.location ?? "")).not.toContain("<");
    }
  });

  it("is held up when he asks too often, and told how long", async () => {
    const { open, browser } = stand();
    const visitor = browser(await open({ perMinute: 2 }));
    await visitor.visit(LINK);
    await visitor.visit(LINK);
    const page = await visitor.visit(LINK);
    expect([page.status, codeIn(page.text)]).toEqual([429, "VIEWER_TOO_MANY_REQUESTS"]);
    expect(Number(page.headers["retry-after"])).toBeGreaterThan(0);
  });

  it("finds no other door: another path, another method, a body", async () => {
    const { open, browser } = stand();
    const visitor = browser(await open());
    for (const path of [
      "/",
      "/ihEinvokeimagedisplay",
      "/IHEInvokeImageDisplay/",
      "/health",
      "/metrics",
      "//evil.example",
      "/%2e%2e/",
    ]) {
      const { status, text } = await visitor.visit(VIEWER_ADDRESS + path);
      expect([path, status, codeIn(text)]).toEqual([path, 404, "VIEWER_PAGE_UNKNOWN"]);
    }
    expect((await visitor.visit(LINK, { form: { a: "b" } })).status).toBe(404);
    expect((await visitor.visit(`${VIEWER_ADDRESS}/logout`, { form: { a: "b".repeat(5000) } })).status).toBe(404);
  });

  it("waits for a place when too many exams are being opened", async () => {
    const { open, browser } = stand();
    const { promise, resolve } = Promise.withResolvers<typeof exam>();
    const service = await open({ exams: { find: () => promise, open: async () => exam } });
    const visitor = browser(service);
    // Both doors of strangers together.
    const waiting = [LINK, `${VIEWER_ADDRESS}/patient?${QUERY}`, LINK].map((address) => visitor.visit(address));
    const first = await Promise.race(waiting);
    expect([first.status, codeIn(first.text)]).toEqual([503, "VIEWER_BUSY"]);
    // Who is logged in does not wait for strangers.
    expect((await logIn(browser(service), "physician")).status).toBe(200);
    resolve(exam);
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(statuses.filter((status) => status < 400)).toHaveLength(2);
  });

  it("never moves the PACS, whatever door he tries, unless he is logged in", async () => {
    const { open, browser } = stand();
    let asked = 0;
    const openExam = async () => {
      asked += 1;
      return exam;
    };
    const visitor = browser(await open({ exams: { find: async () => exam, open: openExam } }));
    for (const path of ["IHEInvokeImageDisplay", "patient", "professional"])
      expect((await visitor.visit(`${VIEWER_ADDRESS}/${path}?${QUERY}`)).status).toBeLessThan(400);
    expect(asked).toBe(0);
    await logIn(visitor, "physician");
    expect(asked).toBe(1);
  });

  it("does not learn from the time of a refusal what the site holds: it comes at a whole number of 50 ms", async () => {
    const { open, browser } = stand();
    const service = await open();
    stand().answer = incoherent("study");
    const [stranger, professional] = [browser(service), browser(service)];
    await logIn(professional, "physician");
    for (const visitor of [stranger, professional])
      for (const path of ["IHEInvokeImageDisplay", "patient"]) {
        const began = performance.now();
        const { status } = await visitor.visit(`${VIEWER_ADDRESS}/${path}?${QUERY}`);
        expect([status, performance.now() - began >= 50]).toEqual([404, true]);
      }
  });

  it("is told that there is no such page for an address that cannot be decoded, by the way of all pages", async () => {
    const { open, browser } = stand();
    const visitor = browser(await open({ perMinute: 2 }));
    const ends = [];
    for (let number = 0; number < 3; number++) ends.push(await visitor.visit(`${VIEWER_ADDRESS}/%zz?%zz`));
    expect(ends.map(({ status, text }) => [status, codeIn(text)])).toEqual([
      [404, "VIEWER_PAGE_UNKNOWN"],
      [404, "VIEWER_PAGE_UNKNOWN"],
      [429, "VIEWER_TOO_MANY_REQUESTS"],
    ]);
    expect(ends[0]?.headers["content-security-policy"]).toContain("default-src 'none'");
  });
});

describe("a professional who is logged in", () => {
  it("sees what the exam is made of, and that its images come with the viewer", async () => {
    const { open, browser } = stand();
    const page = await logIn(browser(await open()), "radiologist");
    expect([page.status, page.address]).toEqual([200, LINK]);
    const cells = [...page.text.matchAll(/<td[^>]*>(?:<bdi>)?([^<]*)(?:<\/bdi>)?<\/td>/g)].map(([, text]) => text);
    expect(cells).toEqual(["CT", "Poumon", "3", "SR", "-", "1"]);
    for (const text of ["Scanner du thorax", "24 novembre 2026", "visionneuse", "Odilon CALQUE"])
      expect(page.text).toContain(text);
    expect(page.text).not.toContain("279035121518989");
  });

  it("sees the one series that the link names", async () => {
    const { open, browser } = stand();
    const query = QUERY.replace("STUDY", "SERIES").replace("&accession", "&seriesUID=2.25.77.2&accession");
    const page = await logIn(browser(await open()), "physician", query);
    expect(page.text.match(/<tbody>/g)).toHaveLength(1);
    expect(page.text).not.toContain("Poumon");
  });

  it("reads what the PACS says as text, whatever it is", async () => {
    const { open, browser } = stand();
    const evil = `<script>alert(1)</script>"'&`;
    const series = [{ seriesInstanceUID: "2.25.77.1", modality: evil, description: evil, instances: [] }];
    const service = await open();
    stand().answer = { ...exam, study: { ...exam.study, description: evil, studyDate: evil, series } };
    const page = await logIn(browser(service), "physician");
    expect(page.text).not.toContain("<script");
    expect(page.text).toContain("&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#38;");
  });

  it("opens two exams at a time, and takes the places of nobody else", async () => {
    const { open, browser } = stand();
    let { promise, resolve } = Promise.withResolvers<typeof exam>();
    resolve(exam);
    const service = await open({ exams: { find: async () => exam, open: () => promise } });
    const [one, other] = [browser(service), browser(service)];
    await logIn(one, "physician");
    await logIn(other, "radiologist");
    ({ promise, resolve } = Promise.withResolvers<typeof exam>());
    const waiting = [one, one, one].map((visitor) => visitor.visit(LINK));
    expect(codeIn((await Promise.race(waiting)).text)).toBe("VIEWER_BUSY");
    waiting.push(other.visit(LINK));
    resolve(exam);
    expect((await Promise.all(waiting)).map(({ status }) => status).sort()).toEqual([200, 200, 200, 503]);
  });

  it("reads no sign that breaks off a text or turns its direction", async () => {
    const { open, browser, psc } = stand();
    const evil = "A\u0000\u0007\u001b\u202e\u2066\u200f\ud800B";
    const series = [{ seriesInstanceUID: "2.25.77.1", modality: evil, description: evil, instances: [] }];
    const service = await open();
    stand().answer = { ...exam, study: { ...exam.study, description: evil, series } };
    const exercice = { codeProfession: "10", codeCategorieProfessionnelle: "C", prenomDexercice: evil };
    const change = (claims: Record<string, unknown>) => ({ ...claims, SubjectRefPro: { exercices: [exercice] } });
    psc.suffer({ kind: "altered", change }, "userinfo");
    const page = await logIn(browser(service), "physician");
    expect(page.text.replaceAll("\n", "")).not.toMatch(/\p{C}/u);
    expect(page.text.match(/<bdi>AB<\/bdi>/g)).toHaveLength(4);
  });

  it("is led to the viewer that takes the place of that list", async () => {
    const { open, browser } = stand();
    const service = await open({
      viewer: { show: async ({ exam: shown }) => ({ location: `/viewer?study=${shown.study.studyInstanceUID}` }) },
    });
    const page = await logIn(browser(service), "physician");
    expect(page.address).toBe(`${VIEWER_ADDRESS}/viewer?study=${STUDY}`);
  });

  it("is in no line of the log, nor the patient, nor the exam's own numbers", async () => {
    const { open, browser } = stand();
    const lines: unknown[] = [];
    const write = (...line: unknown[]) => void lines.push(line);
    const log = { ...silent, info: write, warn: write, error: write };
    const visitor = browser(await open({ log }));
    await logIn(visitor, "radiologist");
    await visitor.visit(`${VIEWER_ADDRESS}/patient?${QUERY}`);
    await logIn(visitor, "nurse", QUERY.replace("ACC-1", "ACC-2"));
    await visitor.visit(`${VIEWER_ADDRESS}/logout`, { form: {} });
    const text = JSON.stringify(lines);
    expect(lines.length).toBeGreaterThan(3);
    const { SubjectNameID } = people.radiologist;
    for (const secret of [SubjectNameID, "CALQUE", "279035121518989", STUDY, "ACC-", "2.25.9"])
      expect(text).not.toContain(secret);
  });

  it("is in the trail with the patient, and counted once", async () => {
    const { open, browser, audit, statistics } = stand();
    await logIn(browser(await open()), "radiologist");
    expect(audit).toMatchObject([
      { event: "professional-login", outcome: 0, users: [{ id: people.radiologist.SubjectNameID }] },
      {
        event: "link-opened",
        outcome: 0,
        patients: exam.patients,
        studies: [STUDY],
        facts: { reader: "professional" },
      },
    ]);
    expect(audit[1]?.users).toEqual(audit[0]?.users);
    expect(statistics).toMatchObject([
      {
        kind: "viewer-link-opened",
        status: "succes",
        facts: { modalities: ["CT", "SR"], series: 2, structure: "1750099999" },
      },
    ]);
  });
});
