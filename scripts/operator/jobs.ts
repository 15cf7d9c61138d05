/** Long work: started, followed, cancelled. */
import { resolve } from "node:path";
import { setTimeout as rest } from "node:timers/promises";
import type { JobFacts } from "../lib/local-api.ts";
import { type Command, type Context, local, number, type OptionName, required, UsageError } from "./command.ts";
import { isBad, measureLines } from "./measures.ts";
import { jobStates, jobs, results } from "./words.ts";

/** How often a job that is waited for is asked how far it has come. */
const POLL_MS = 300;

interface JobAnswer {
  readonly job: JobFacts;
  readonly explanation?: { readonly message: string; readonly remedy: string };
  readonly refusals: readonly {
    readonly item: string;
    readonly code: string;
    readonly explanation?: { message: string };
  }[];
}

const working: readonly OptionName[] = ["wait", "during", "except"];
const HOURS = "[--during HH:MM-HH:MM] [--except HH:MM-HH:MM] [--wait]";

export const jobCommands: readonly Command[] = [
  {
    name: "resync",
    usage: `[--force] ${HOURS}`,
    help: "comparer tous les examens publiés au PACS ; retirer du DMP ceux qu'il n'a plus",
    takes: ["force", ...working],
    run: (context) => startJob(context, { kind: "resync", ...(context.values.force && { force: true }) }),
  },
  {
    name: "readdress",
    usage: HOURS,
    help: "mettre l'adresse publique d'aujourd'hui dans tous les manifestes",
    takes: working,
    run: (context) => startJob(context, { kind: "readdress" }),
  },
  {
    name: "export",
    usage: `DOSSIER ${HOURS}`,
    help: "exporter les manifestes publiés : une archive XDM par mois",
    takes: working,
    run: (context) => startJob(context, { kind: "export", folder: resolve(required(context.args[0], "le dossier")) }),
  },
  {
    name: "import",
    usage: `ARCHIVE ${HOURS}`,
    help: "importer une archive XDM d'une autre DRIMbox",
    takes: working,
    run: (context) => startJob(context, { kind: "import", file: resolve(required(context.args[0], "l'archive")) }),
  },
  {
    name: "jobs",
    usage: "",
    help: "les traitements, les derniers d'abord",
    async run({ call, show }) {
      show<{ jobs: JobFacts[] }>(await call("GET", "/jobs"), (answer) =>
        answer.jobs.length === 0 ? ["Aucun traitement."] : answer.jobs.map(jobLine),
      );
    },
  },
  {
    name: "job",
    usage: "ID [--wait]",
    help: "un traitement : où il en est, ce qu'il a laissé ; --wait : le suivre jusqu'à sa fin",
    takes: ["wait"],
    async run(context) {
      const id = number(context.args[0]);
      return context.values.wait ? follow(context, id) : end(context, await context.call("GET", `/jobs/${id}`));
    },
  },
  {
    name: "cancel",
    usage: "ID",
    help: "arrêter un traitement : ce qui est fait reste fait",
    run: async ({ args, call, show }) => void show(await call("POST", `/jobs/${number(args[0])}/cancel`), jobLines),
  },
];

/** Starts a job, and follows it when asked to: by `--wait` unless it is said. */
export async function startJob(
  context: Context,
  job: Readonly<Record<string, unknown>>,
  wait = context.values.wait === true,
): Promise<boolean> {
  const { values, call, show } = context;
  const hours = { ...hoursOf("during", values.during), ...hoursOf("except", values.except) };
  const body = await call("POST", "/jobs", { body: { ...job, ...hours } });
  const { job: started } = JSON.parse(body.toString()) as { job: JobFacts };
  if (wait) return follow(context, String(started.id));
  show<{ job: JobFacts }>(body, () => [jobLine(started), `Le suivre : box job ${started.id} --wait`]);
  return true;
}

function hoursOf(name: string, text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  const [, from, to] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? [];
  if (from === undefined || from === to) throw new UsageError(`--${name} HH:MM-HH:MM`);
  return { [name]: { from, to } };
}

/** Shows how far a job has come until it ends; on a terminal in one line, elsewhere a line each time. */
async function follow(context: Context, id: string): Promise<boolean> {
  const terminal = process.stderr.isTTY === true;
  let shown = "";
  for (;;) {
    const body = await context.call("GET", `/jobs/${id}`);
    const { job } = JSON.parse(body.toString()) as JobAnswer;
    const line = jobLine(job);
    if (line !== shown) process.stderr.write(terminal ? `\r\u001b[K${line}` : `${line}\n`);
    shown = line;
    if (job.state !== "running") {
      if (terminal) process.stderr.write("\n");
      return end(context, body);
    }
    await rest(POLL_MS);
  }
}

/** False when the job did not do what was asked, or not all of it. */
function end({ show }: Context, body: Buffer): boolean {
  const { state, results: counts, found } = show<JobAnswer>(body, jobLines).job;
  return state !== "failed" && state !== "cancelled" && !counts.refused && !found?.measures.some(isBad);
}

function jobLine({ id, kind, state, done, total, results: counts, createdAt }: JobFacts): string {
  const came = Object.entries(counts).map(([name, count]) => `${count} ${results[name] ?? name}`);
  const far = `${done}/${total}`;
  return `${String(id).padStart(4)}  ${local(createdAt)}  ${jobs[kind] ?? kind}  ${jobStates[state] ?? state}  ${far}  ${came.join(", ")}`.trimEnd();
}

function jobLines({ job, explanation, refusals }: JobAnswer): string[] {
  return [
    jobLine(job),
    ...(explanation === undefined ? [] : [`  ${explanation.message} [${job.code}]`, `  → ${explanation.remedy}`]),
    ...(job.found?.measures ?? []).flatMap(measureLines),
    ...refusals.map(({ item, code, explanation: why }) => `  ${item}  ${why?.message ?? ""} [${code}]`),
  ];
}
