import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { CodedError, silent } from "../../appliance/base/index.ts";
import { sourceErrors } from "../../appliance/source/index.ts";
import type { NewAuditRecord, NewStatistic } from "../../appliance/store/index.ts";
import { loadClientIdentity } from "../../appliance/trust/index.ts";
import {
  type LinkedExam,
  openViewerService,
  seriesList,
  type ViewerService,
  type ViewerServiceOptions,
} from "../../appliance/viewer/index.ts";
import { createSandboxPki, type SandboxPki } from "../../scripts/sandbox/pki.ts";
import { type PersonName, type Psc, SITE_CLIENT, startPsc, VIEWER_ADDRESS } from "../../scripts/sandbox/psc/index.ts";
import { Browser, type Visited } from "../support/browser.ts";

export const STUDY = "2.25.77";
export const QUERY = `requestType=STUDY&studyUID=${STUDY}&accessionNumber=ACC-1&idCDA=2.25.9`;
export const LINK = `${VIEWER_ADDRESS}/IHEInvokeImageDisplay?${QUERY}`;
export const PORTAL = "https://portail.tilleuls.example.fr/patients?from=drimbox";

export const exam: LinkedExam = {
  examId: 7,
  structure: "1750099999",
  patients: [{ id: "279035121518989", authority: "1.2.250.1.213.1.4.10" }],
  study: {
    studyInstanceUID: STUDY,
    studyDate: "20261124",
    description: "Scanner du thorax",
    series: [
      { seriesInstanceUID: "2.25.77.1", modality: "CT", description: "Poumon", instances: [1, 2, 3] },
      { seriesInstanceUID: "2.25.77.2", modality: "SR", instances: [1] },
    ],
  },
};

export interface Stand {
  readonly pki: SandboxPki;
  readonly psc: Psc;
  readonly audit: NewAuditRecord[];
  readonly statistics: NewStatistic[];
  /** What the exams answer from now on, in place of the exam. */
  answer: LinkedExam | CodedError;
  /** Opens a listener of its own, closed after the test. */
  open(options?: Partial<ViewerServiceOptions>): Promise<ViewerService>;
  /** A new browser that reaches that listener, and Pro Santé Connect. */
  browser(service: ViewerService): Browser;
}

/** A listener whose exams are made up, beside the stand-in of Pro Santé Connect. */
export function useStand(): () => Stand {
  const folder = mkdtempSync(join(tmpdir(), "viewer-"));
  let stand: Stand;
  const ends: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    const pki = await createSandboxPki(join(folder, "pki"));
    const psc = await startPsc({ pki });
    const { server, rootFile } = await pki.market();
    const root = readFileSync(rootFile, "utf8");
    const client = { id: SITE_CLIENT, certificate: await loadClientIdentity(pki.structures[0].auth) };
    const audit: NewAuditRecord[] = [];
    const statistics: NewStatistic[] = [];
    const answer = async () => {
      if (stand.answer instanceof CodedError) throw stand.answer;
      return stand.answer;
    };
    stand = {
      ...{ pki, psc, audit, statistics, answer: exam },
      async open(options) {
        const service = await openViewerService({
          host: "127.0.0.1",
          port: 0,
          publicAddress: VIEWER_ADDRESS,
          site: "Imagerie des Tilleuls",
          exams: { find: answer, open: answer },
          viewer: seriesList,
          portal: { address: PORTAL, parameters: false },
          tls: { keyFile: server.keyFile, certificateFile: server.certificateFile, checkEverySeconds: 60 },
          login: {
            issuer: psc.issuer,
            authorizationEndpoint: psc.authorizationEndpoint,
            tokenEndpoint: psc.tokenEndpoint,
            jwksEndpoint: psc.jwksEndpoint,
            userinfoEndpoint: psc.userinfoEndpoint,
            endSessionEndpoint: psc.endSessionEndpoint,
            client,
            trustedAuthorities: pki.trust,
          },
          idleMs: 1_800_000,
          perMinute: 1000,
          store: {
            async keepTraces(traces) {
              audit.push(...(traces.audit ?? []));
              statistics.push(...(traces.statistics ?? []));
            },
          },
          now: () => new Date(),
          log: silent,
          ...options,
        });
        await service.listen();
        ends.push(() => service.close());
        return service;
      },
      browser(service) {
        const { origin, port } = new URL(psc.issuer);
        const browser = new Browser({
          [VIEWER_ADDRESS]: { port: service.address!.port, ca: root },
          [origin]: { port: Number(port), ca: pki.trust },
        });
        ends.unshift(() => browser.close());
        return browser;
      },
    };
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
    stand.psc.recover();
    stand.audit.length = 0;
    stand.statistics.length = 0;
    stand.answer = exam;
  });
  afterAll(async () => {
    await stand.psc.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return () => stand;
}

export const incoherent = (why: string) => sourceErrors.fault("SOURCE_LINK_INCOHERENT", { details: { why } });

/** Logs that professional in for a link; gives where the browser ends. */
export async function logIn(browser: Browser, person: PersonName, query = QUERY): Promise<Visited> {
  const page = await browser.follow(`${VIEWER_ADDRESS}/professional?${query}`);
  if (!page.text.includes('name="person"')) return page;
  return browser.follow(page.address, { form: { person } });
}
