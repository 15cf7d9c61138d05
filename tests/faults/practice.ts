/** A practice under test: the sandbox PACS, the stand-in of the DMP, the box, and questions about what became of it all. */
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { said } from "../../appliance/base/index.ts";
import { startBox } from "../../appliance/main.ts";
import { createLogger, loadConfiguration } from "../../appliance/system/index.ts";
import type { ExamAnswer } from "../../scripts/lib/local-api.ts";
import type { Dmp, DmpOptions, RegisteredDocument } from "../../scripts/sandbox/dmp/index.ts";
import { type SandboxPacs, startSandboxPacs } from "../../scripts/sandbox/pacs.ts";
import { createSandboxPki, type SandboxPki } from "../../scripts/sandbox/pki.ts";
import { buildOrderMessage, type OrderOptions, type SandboxStudy, sandboxReport } from "../../scripts/sandbox/ris.ts";
import { type Site, type SitePacs, startSite, writeConfiguration } from "../../scripts/sandbox/site.ts";
import { images, order, type Person, person, reportMessage } from "./people.ts";

/** Tries follow each other fast, so that a test sees many of them. */
export const QUICK = { retryFirstSeconds: 0.05, retryLongestSeconds: 0.2, answerGraceSeconds: 2 } as const;
const PATIENCE_MS = 30_000;

type Settings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface PracticeOptions {
  readonly pacs?: SitePacs;
  readonly settings?: Settings;
  /** A mistake in the configuration, until `mend`. */
  readonly mistake?: (pki: SandboxPki) => Promise<Settings>;
  readonly onExchange?: DmpOptions["onExchange"];
}

export interface Case {
  readonly patient: Person;
  readonly study: SandboxStudy;
  readonly name: string;
}

export interface Practice extends AsyncDisposable {
  readonly site: Site;
  readonly pacs: SandboxPacs;
  /** The configuration file of the box. */
  readonly configuration: string;
  /** What the box could not cope with. */
  errors(): string[];
  /** A new patient with one ordered exam. */
  newCase(): Case;
  /** Puts the images into the PACS and sends the report, which must be accepted. */
  submit(one: Case, filed?: Parameters<typeof images>[2]): Promise<void>;
  /** Sends the report alone, as it is or with what `options` make of it; it must be accepted. */
  report(one: Case, options?: Parameters<typeof reportMessage>[3]): Promise<void>;
  /** Sends the order of the exam, which must be accepted. */
  order(one: Case, options?: Partial<OrderOptions> & { readonly changes?: Partial<SandboxStudy> }): Promise<void>;
  exam(one: Case): Promise<ExamAnswer>;
  /** The exam, once it is `state`. */
  reaches(one: Case, state: string): Promise<ExamAnswer>;
  retry(one: Case): Promise<void>;
  /** What a person decides of the exam, by the API. */
  decide(one: Case, decision: Readonly<Record<string, unknown>>): Promise<void>;
  /** Starts a job of the operator, by the API. */
  start(job: Readonly<Record<string, unknown>>): Promise<void>;
  ready(): Promise<Readiness>;
  destinations(): Promise<Readonly<Record<string, string>>>;
  /** Corrects the configuration and starts the box again. */
  mend(): Promise<void>;
  /** Stops the box, for one of its own process to take its place. */
  release(): Promise<void>;
}

interface Readiness {
  readonly status: number;
  readonly state: string;
  readonly checks: readonly {
    readonly id: string;
    readonly state: string;
    readonly message: { readonly fr: string };
  }[];
}

export async function openPractice(options: PracticeOptions = {}): Promise<Practice> {
  const folder = mkdtempSync(join(tmpdir(), "faults-"));
  const pacs = await startSandboxPacs();
  const lines: string[] = [];
  const log = createLogger({ level: "debug", write: (line) => lines.push(line) });
  const pki = await createSandboxPki(join(folder, "pki"));
  const right = together({ source: QUICK, dmp: { timeoutSeconds: 1, perMinute: 60_000 } }, options.settings);
  const facts = { folder, pacs: [options.pacs ?? pacs], log, ...said({ onExchange: options.onExchange }) };
  const site = await startSite({ ...facts, settings: together(right, await options.mistake?.(pki)) });
  const boxes = [site.box];
  let last = 0;
  const practice: Practice = {
    site,
    pacs,
    configuration: join(folder, "config.json"),
    errors: () => lines.filter((line) => line.includes('"level":"error"')),
    newCase() {
      last += 1;
      return { patient: person(last), study: order(`26-${last}`), name: `M${last}` };
    },
    async submit(one, filed) {
      pacs.add(images(one.patient, one.study, filed));
      await practice.report(one);
    },
    async report({ patient, study, name }, messageOptions) {
      await accepted(site, reportMessage(patient, [study], name, messageOptions));
    },
    async order({ patient, study, name }, { changes, ...rest } = {}) {
      const asked = sandboxReport({ patient, studies: [{ ...study, ...changes }] });
      await accepted(site, buildOrderMessage(asked, { controlId: `order ${name}`, ...rest }));
    },
    exam: ({ study }) => site.examOf(study.studyInstanceUID, () => true),
    reaches: ({ study }, state) => site.examOf(study.studyInstanceUID, ({ exam }) => exam.state === state),
    async retry(one) {
      const { exam } = await practice.exam(one);
      await site.api("POST", `/exams/${exam.id}/retry`);
    },
    async decide(one, decision) {
      const { exam } = await practice.exam(one);
      await post(site.box.addresses.api, `/exams/${exam.id}/decision`, decision);
    },
    start: (job) => post(site.box.addresses.api, "/jobs", job),
    async ready() {
      const response = await fetch(`${site.box.addresses.health}/health/ready`);
      return { ...((await response.json()) as Readiness), status: response.status };
    },
    async destinations() {
      const { destinations } = JSON.parse((await site.api("GET", "/status")).toString()) as Status;
      return Object.fromEntries(destinations.map(({ name, state }) => [name, state]));
    },
    release: async () => boxes.pop()?.stop(),
    async mend() {
      await practice.release();
      const file = await writeConfiguration({ ...facts, settings: right }, pki, site.dmp.url);
      boxes.push(await startBox(await loadConfiguration(file), log));
    },
    async [Symbol.asyncDispose]() {
      await practice.release();
      await site.dmp.stop();
      await pacs.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return practice;
}

async function accepted(site: Site, message: Buffer): Promise<void> {
  const ack = await site.send(message);
  if (!ack.includes("\rMSA|AA|")) throw new Error(ack);
}

function post(socketPath: string, path: string, body: unknown): Promise<void> {
  return new Promise((done, fail) => {
    const headers = { "Content-Type": "application/json" };
    const outgoing = request({ socketPath, method: "POST", path, headers }, async (response) => {
      const answer = Buffer.concat(await response.toArray()).toString();
      if (response.statusCode === 200) done();
      else fail(new Error(answer));
    });
    outgoing.on("error", fail).end(JSON.stringify(body));
  });
}

interface Status {
  readonly destinations: readonly { readonly name: string; readonly state: string }[];
}

/** Sections of one over those of the other. */
function together(base: Settings, over: Settings = {}): Settings {
  const sections = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries([...sections].map((name) => [name, { ...base[name], ...over[name] }]));
}

/** The manifests of a study that the national record holds. */
export function manifestsOf(dmp: Dmp, { studyInstanceUID }: SandboxStudy): RegisteredDocument[] {
  return dmp.documents().filter((one) => one.kind === "manifest" && one.studyInstanceUID === studyInstanceUID);
}

/** Waits until `condition` is true. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await sleep(10)) {
    if (await condition()) return;
  }
  throw new Error(`in ${patienceMs / 1000} s it did not happen: ${what}`);
}
