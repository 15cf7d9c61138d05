/**
 * The operator's window on a running box, over its local API (a Unix socket in the data folder).
 *
 *   box status            how the box and its neighbours are doing
 *   box exams [state]     the exams, newest first
 *   box exam <id>         one exam and its timeline
 *   box retry <id>        another try for a parked or waiting exam
 *   box manifest <id>     the manifest (KOS) on standard output
 *
 * --data FOLDER (or DRIMBOX_DATA) names the data folder; --json prints what the API answered.
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { callApi, type ExamAnswer, type ExamFacts } from "./lib/local-api.ts";

const usage = `box status | exams [searching|publishing|published|parked|closed] | exam <id> | retry <id> | manifest <id>
    --data FOLDER   data folder of the box (DRIMBOX_DATA; default build/demo/box)
    --json          print the answer as it is`;

const DEMO = fileURLToPath(new URL("../build/demo/box", import.meta.url));

const { values, positionals } = readArguments();
const socket = join(resolve(values.data ?? process.env.DRIMBOX_DATA ?? DEMO), "box.sock");
const [command, argument] = positionals;
const call = (method: "GET" | "POST", path: string) => callApi(socket, method, path);

interface Status {
  version: string;
  startedAt: string;
  health: { state: string; checks: { id: string; state: string; message: { fr: string }; remedy?: { fr: string } }[] };
  destinations: { name: string; state: string }[];
  counts: { exams: Record<string, number>; messages: Record<string, number>; lastMessageAt?: string };
}

const states: Readonly<Record<string, string>> = {
  searching: "recherché",
  publishing: "en envoi",
  published: "publié",
  parked: "à traiter",
  closed: "clos",
};
const kinds: Readonly<Record<string, string>> = {
  opened: "compte rendu reçu",
  parked: "mis en attente",
  "not-for-dmp": "compte rendu non destiné au DMP",
  "report-added": "autre compte rendu reçu",
  "report-repeated": "compte rendu répété, sans effet",
  absent: "examen absent du PACS",
  fault: "échec passager",
  doubted: "mis en attente",
  prepared: "manifeste construit",
  registered: "déjà enregistré au DMP",
  refused: "refusé",
  published: "publié au DMP",
  retried: "relancé par l'exploitant",
};

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  if (values.help || command === undefined) return print(usage);
  switch (command) {
    case "status":
      return show(await call("GET", "/status"), (answer) => statusLines(answer as Status));
    case "exams": {
      const query = argument === undefined ? "" : `?state=${encodeURIComponent(argument)}`;
      return show(await call("GET", `/exams${query}`), (answer) => examLines((answer as { exams: ExamFacts[] }).exams));
    }
    case "exam":
      return show(await call("GET", `/exams/${number(argument)}`), (answer) => oneExam(answer as ExamAnswer));
    case "retry":
      return show(await call("POST", `/exams/${number(argument)}/retry`), (answer) =>
        examLines([(answer as { exam: ExamFacts }).exam]),
      );
    case "manifest":
      process.stdout.write(await call("GET", `/exams/${number(argument)}/manifest`));
      return;
    default:
      throw new Error(usage);
  }
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        data: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch {
    console.error(usage);
    process.exit(1);
  }
}

function show(body: Buffer, lines: (answer: unknown) => string[]): void {
  const answer: unknown = JSON.parse(body.toString());
  print(values.json ? JSON.stringify(answer, undefined, 2) : lines(answer).join("\n"));
}

function print(text: string): void {
  console.log(text);
}

function statusLines(status: Status): string[] {
  const marks: Record<string, string> = { ok: "✓", warning: "!", error: "✗" };
  return [
    `DRIMbox ${status.version}, démarrée le ${local(status.startedAt)}`,
    ...status.health.checks.flatMap(({ id, state, message, remedy }) => [
      `  ${marks[state] ?? "?"} ${id.padEnd(14)} ${message.fr}`,
      ...(state === "ok" || remedy === undefined ? [] : [`                   → ${remedy.fr}`]),
    ]),
    ...status.destinations
      .filter(({ state }) => state !== "closed")
      .map(({ name }) => `  ! ${name} ne répond pas : envois suspendus, reprise automatique`),
    `Messages : ${count(status.counts.messages, { received: "à ouvrir", opened: "ouverts", refused: "refusés" })}`,
    `Examens : ${count(status.counts.exams, states)}`,
  ];
}

function count(counts: Record<string, number>, names: Readonly<Record<string, string>>): string {
  return Object.entries(names)
    .map(([key, name]) => `${counts[key] ?? 0} ${name}`)
    .join(", ");
}

function examLines(exams: ExamFacts[]): string[] {
  if (exams.length === 0) return ["Aucun examen."];
  return exams.map((exam) => {
    const next = exam.nextAt === undefined ? "" : `  prochain essai ${local(exam.nextAt)}`;
    return `${String(exam.id).padStart(6)}  ${(states[exam.state] ?? exam.state).padEnd(10)}  ${exam.studyInstanceUID.padEnd(44)}  ${exam.code ?? ""}${next}`.trimEnd();
  });
}

function oneExam({ exam, explanation, timeline, submission }: ExamAnswer): string[] {
  return [
    `Examen ${exam.id} : ${states[exam.state] ?? exam.state}${exam.code === undefined ? "" : ` (${exam.code})`}`,
    ...(explanation === undefined ? [] : [`  ${explanation.message}`, `  → ${explanation.remedy}`]),
    `  étude       ${exam.studyInstanceUID}`,
    `  structure   ${exam.structure}`,
    `  IPP         ${exam.ipp ?? "-"}`,
    `  demandes    ${exam.accessions.join(", ") || "-"}`,
    ...(submission === undefined
      ? []
      : [`  manifeste   ${submission.manifest} (${submission.instances} objets, ${submission.state})`]),
    ...Object.entries(exam.compared ?? {}).map(([side, value]) => `  ${side.padEnd(10)}  ${value}`),
    "Historique :",
    ...timeline.map((line) => {
      const facts = Object.entries(line.facts ?? {}).map(([name, value]) => `${name}=${String(value)}`);
      return `  ${local(line.at)}  ${kinds[line.kind] ?? line.kind}${line.code === undefined ? "" : ` [${line.code}]`}  ${facts.join(" ")}`;
    }),
  ];
}

function local(iso: string): string {
  return new Date(iso).toLocaleString("fr-FR");
}

function number(text: string | undefined): string {
  if (text === undefined || !/^[1-9]\d{0,15}$/.test(text)) throw new Error(usage);
  return text;
}
