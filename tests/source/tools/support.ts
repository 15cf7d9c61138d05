/** Jobs of a box under test, asked for and watched over its API. */
import { mkdirSync } from "node:fs";
import { silent } from "../../../appliance/base/index.ts";
import { sendMllp } from "../../../appliance/hl7/index.ts";
import { startBox } from "../../../appliance/main.ts";
import { loadConfiguration } from "../../../appliance/system/index.ts";
import { callApi, type JobFacts } from "../../../scripts/lib/local-api.ts";
import { type Site, type SiteOptions, waitForExam, writeConfiguration } from "../../../scripts/sandbox/site.ts";
import { type Case, eventually, type Practice, QUICK } from "../../faults/practice.ts";

type Api = Pick<Site, "api">;

export interface JobAnswer {
  readonly job: JobFacts;
  readonly explanation?: { readonly message: string; readonly remedy: string };
  readonly refusals: readonly { readonly item: string; readonly code: string }[];
}

export async function ask<Answer>(site: Api, method: "GET" | "POST", path: string, body?: object): Promise<Answer> {
  const answer = await site.api(method, path, body === undefined ? {} : { body });
  return JSON.parse(answer.toString()) as Answer;
}

export async function start(site: Api, job: object): Promise<number> {
  return (await ask<JobAnswer>(site, "POST", "/jobs", job)).job.id;
}

/** The job, once it has ended. */
export async function ended(site: Api, id: number): Promise<JobAnswer> {
  let answer: JobAnswer | undefined;
  await eventually(async () => {
    answer = await ask<JobAnswer>(site, "GET", `/jobs/${id}`);
    return answer.job.state !== "running";
  }, "the job ends");
  return answer as JobAnswer;
}

export async function run(site: Api, job: object): Promise<JobAnswer> {
  return ended(site, await start(site, job));
}

/** So many cases, published. */
export async function published(practice: Practice, count: number): Promise<Case[]> {
  const cases = Array.from({ length: count }, () => practice.newCase());
  for (const one of cases) await practice.submit(one);
  for (const one of cases) await practice.reaches(one, "published");
  return cases;
}

/** Another box beside the practice's PACS and record, in `folder`; the practice's own again when it is the same folder. */
export async function openBox(
  practice: Practice,
  folder: string,
  settings: SiteOptions["settings"] = {},
): Promise<Api & { readonly stop: () => Promise<void>; readonly send: Site["send"]; readonly examOf: Site["examOf"] }> {
  mkdirSync(folder, { recursive: true });
  const quick = { source: { ...QUICK, ...settings.source }, dmp: { timeoutSeconds: 1, perMinute: 60_000 } };
  const { pki, dmp } = practice.site;
  const file = await writeConfiguration(
    { folder, pacs: [practice.pacs], settings: { ...settings, ...quick } },
    pki,
    dmp.url,
  );
  const box = await startBox(await loadConfiguration(file), silent, file);
  const api: Site["api"] = (method, path, how) => callApi(box.addresses.api, method, path, how);
  return {
    api,
    stop: () => box.stop(),
    send: async (message) => (await sendMllp(box.addresses.hl7, message)).toString("utf8"),
    examOf: (studyInstanceUID, wanted) => waitForExam(api, studyInstanceUID, wanted),
  };
}
