/** A practice with its box: test certificates, a stand-in of the DMP, whatever PACS is given, and the box itself. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Logger, silent } from "../../appliance/base/index.ts";
import { sendMllp } from "../../appliance/hl7/index.ts";
import { type Box, startBox } from "../../appliance/main.ts";
import type { RetrieveMethod } from "../../appliance/pacs/index.ts";
import { loadConfiguration } from "../../appliance/system/index.ts";
import { type CallOptions, callApi, type ExamAnswer, type ExamFacts, type Method } from "../lib/local-api.ts";
import { type Dmp, type DmpOptions, startDmp } from "./dmp/index.ts";
import { createSandboxPki, type SandboxPki } from "./pki.ts";
import { SANDBOX_ROOT } from "./ris.ts";

export interface SitePacs {
  readonly host: string;
  readonly port: number;
  readonly aeTitle: string;
  readonly timeoutSeconds?: number;
  /** OIDs of the patient identifiers and of the accession numbers that it files studies under; any when absent. */
  readonly patientDomains?: readonly string[];
  readonly accessionDomains?: readonly string[];
  /** How its images are had. */
  readonly retrieve?: readonly RetrieveMethod[];
  readonly moveDestination?: string;
  readonly moveOriginator?: boolean;
  /** Associations at a time; not the name under which a `SandboxPacs` tells how many it has now. */
  readonly mostAssociations?: number;
}

export interface SiteOptions {
  /** Everything of the site goes below it. */
  readonly folder: string;
  readonly pacs: readonly SitePacs[];
  /** Sections of the configuration, merged over the site's. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Structures that publish, by their identifier; the sandbox's own when absent. */
  readonly structures?: readonly { readonly id: string; readonly name: string }[];
  readonly log?: Logger;
  readonly onExchange?: DmpOptions["onExchange"];
}

export interface Site {
  readonly pki: SandboxPki;
  readonly dmp: Dmp;
  readonly box: Box;
  /** Sends a message to the box as a RIS does; gives the acknowledgement. */
  send(message: Buffer): Promise<string>;
  api(method: Method, path: string, options?: CallOptions): Promise<Buffer>;
  /** The exam of a study once `wanted` is true of it; an error that tells its state when it is not in time. */
  examOf(studyInstanceUID: string, wanted: (view: ExamAnswer) => boolean): Promise<ExamAnswer>;
  stop(): Promise<void>;
}

/** Nothing in a sandbox takes longer. */
const PATIENCE_MS = 20_000;
const PAUSE_MS = 25;

/** Starts the DMP, then the box on a configuration file like that of a real site. */
export async function startSite(options: SiteOptions): Promise<Site> {
  mkdirSync(options.folder, { recursive: true });
  const pki = await createSandboxPki(join(options.folder, "pki"));
  const policy = { structures: options.structures?.map(({ id }) => id) ?? [] };
  const dmp = await startDmp({
    port: 0,
    pki,
    dataDir: join(options.folder, "dmp"),
    policy,
    ...pick(options.onExchange),
  });
  const file = await writeConfiguration(options, pki, dmp.url);
  const box = await startBox(await loadConfiguration(file), options.log ?? silent, file);
  const api: Site["api"] = (method, path, how) => callApi(box.addresses.api, method, path, how);
  return {
    pki,
    dmp,
    box,
    api,
    examOf: (studyInstanceUID, wanted) => waitForExam(api, studyInstanceUID, wanted),
    send: async (message) => (await sendMllp(box.addresses.hl7, message)).toString("utf8"),
    async stop() {
      await box.stop();
      await dmp.stop();
    },
  };
}

/** Of a timeline, when somebody must understand why an exam stays where it is. */
const LAST_STEPS = 12;

/** The exam of a study, once `wanted` is true of it. */
export async function waitForExam(
  api: Site["api"],
  studyInstanceUID: string,
  wanted: (view: ExamAnswer) => boolean,
): Promise<ExamAnswer> {
  let view: ExamAnswer | undefined;
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(PAUSE_MS)) {
    view = await findExam(api, studyInstanceUID);
    if (view !== undefined && wanted(view)) return view;
  }
  const { state = "unknown", record = "", code = "", compared = {} } = view?.exam ?? {};
  const steps = (view?.timeline ?? []).slice(-LAST_STEPS).map((line) => [line.kind, line.code].join(" ").trim());
  throw new Error(
    `exam ${studyInstanceUID} stayed ${state} ${record} ${code} ${JSON.stringify(compared)}: ${steps.join(", ")}`,
  );
}

async function findExam(api: Site["api"], studyInstanceUID: string): Promise<ExamAnswer | undefined> {
  const { exams } = JSON.parse((await api("GET", "/exams?limit=500")).toString()) as { exams: ExamFacts[] };
  const exam = exams.find((one) => one.studyInstanceUID === studyInstanceUID);
  return exam && (JSON.parse((await api("GET", `/exams/${exam.id}`)).toString()) as ExamAnswer);
}

function pick(onExchange: SiteOptions["onExchange"]): Pick<DmpOptions, "onExchange"> {
  return onExchange === undefined ? {} : { onExchange };
}

/** Writes the configuration of a site whose DMP is at `dmpAddress`; gives the file. */
export async function writeConfiguration(options: SiteOptions, pki: SandboxPki, dmpAddress: string): Promise<string> {
  const certificates = options.structures
    ? await Promise.all(options.structures.map((structure) => issue(pki, structure)))
    : pki.structures.map(({ id, auth, sign }) => ({ id, auth, sign }));
  const configuration: Record<string, unknown> = {
    dataFolder: "box",
    site: {
      name: "Imagerie des Tilleuls",
      publicAddress: "https://db1.tilleuls.example.fr/dicom-web-rs",
      environment: "test",
    },
    hl7: { host: "127.0.0.1", port: 0, senders: [{ name: "RIS", address: "127.0.0.1" }] },
    pacs: options.pacs.map(
      ({ host, port, aeTitle, timeoutSeconds, patientDomains, accessionDomains, ...retrieval }, index) => {
        const { retrieve, moveDestination, moveOriginator, mostAssociations: associations } = retrieval;
        return {
          name: `PACS ${index + 1}`,
          ...{ host, port, aeTitle, timeoutSeconds, patientDomains, accessionDomains },
          ...{ retrieve, moveDestination, moveOriginator, associations },
        };
      },
    ),
    dmp: {
      address: dmpAddress,
      authorityFile: pki.trustFile,
      software: { serial: "SANDBOX-1", approval: "SANDBOX-HOMOLOGATION" },
      sourceId: `${SANDBOX_ROOT}.30`,
      structures: certificates.map(({ id, auth, sign }) => ({
        id,
        authentication: { keyFile: auth.keyFile, certificateFile: auth.certificateFile },
        signature: { keyFile: sign.keyFile, certificateFile: sign.certificateFile },
      })),
    },
    administration: { port: 0 },
  };
  for (const [section, values] of Object.entries(options.settings ?? {})) {
    configuration[section] = { ...(configuration[section] as object | undefined), ...values };
  }
  const file = join(options.folder, "config.json");
  writeFileSync(file, JSON.stringify(configuration, undefined, 2));
  return file;
}

async function issue(pki: SandboxPki, structure: { id: string; name: string }) {
  const request = (kind: "ORG AUTH_CLI" | "ORG SIGN") =>
    pki.issue({ name: `${structure.id} ${kind}`.replaceAll(" ", "-"), kind, structure });
  return { id: structure.id, auth: await request("ORG AUTH_CLI"), sign: await request("ORG SIGN") };
}
