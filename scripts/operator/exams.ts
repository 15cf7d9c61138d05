/** Exams: lists, one with its timeline, and what a person decides of it. */
import type { ExamAnswer, ExamFacts } from "../lib/local-api.ts";
import { type Command, type Context, local, number, query } from "./command.ts";
import { startJob } from "./jobs.ts";
import { actions, causes, kinds, messageKinds, records, state } from "./words.ts";

export const examCommands: readonly Command[] = [
  {
    name: "exams",
    usage: "[searching|checking|publishing|published|parked|closed] [--code CODE] [--text DÉBUT] [--limit N]",
    help: "les examens, les derniers d'abord ; --text : début d'un IPP, d'une INS, d'une demande, d'un UID",
    takes: ["code", "text", "limit"],
    async run({ args, values, call, show }) {
      const { code, text, limit } = values;
      const body = await call("GET", `/exams${query({ state: args[0], code, text, limit })}`);
      show<{ exams: ExamFacts[] }>(body, ({ exams }) => examLines(exams));
    },
  },
  {
    name: "exam",
    usage: "ID",
    help: "un examen : état, cause, messages, historique",
    run: async ({ args, call, show }) => void show(await call("GET", `/exams/${number(args[0])}`), oneExam),
  },
  {
    name: "retry",
    usage: "ID | --code CODE [--wait]",
    help: "nouvel essai d'un examen, ou de tous ceux qui attendent avec ce code",
    takes: ["code", "wait", "during", "except"],
    async run(context) {
      const { args, values, call, show } = context;
      if (values.code !== undefined) return retryAll(context, values.code);
      show(await call("POST", `/exams/${number(args[0])}/retry`), one);
      return true;
    },
  },
  {
    name: "manifest",
    usage: "ID",
    help: "le manifeste (KOS), sur la sortie standard",
    async run({ args, call }) {
      process.stdout.write(await call("GET", `/exams/${number(args[0])}/manifest`));
    },
  },
  decision("withhold", "ID", "garder un examen hors du DMP"),
  decision("release", "ID", "rendre au DMP un examen gardé hors de lui"),
  decision("republish", "ID", "publier de nouveau ce que le DMP a perdu par ailleurs"),
  decision("set-aside", "ID MESSAGE", "écarter un message d'un examen"),
  decision("take-up", "ID MESSAGE", "reprendre un message écarté"),
];

function decision(kind: string, usage: string, help: string): Command {
  return {
    name: kind,
    usage,
    help,
    async run({ args, call, show }: Context) {
      const onMessage = usage.includes("MESSAGE") ? { messageId: Number(number(args[1])) } : {};
      show(await call("POST", `/exams/${number(args[0])}/decision`, { body: { kind, ...onMessage } }), one);
    },
  };
}

/** Starts the job, unless no exam waits with this code. */
async function retryAll(context: Context, code: string): Promise<boolean> {
  const body = await context.call("GET", `/exams${query({ state: "parked", code, limit: "1" })}`);
  const { exams } = JSON.parse(body.toString()) as { exams: ExamFacts[] };
  if (exams.length > 0) return startJob(context, { kind: "retry", code });
  context.show(body, () => [`Aucun examen n'attend avec le code ${code}.`]);
  return false;
}

const one = ({ exam }: { exam: ExamFacts }) => examLines([exam]);

function examLines(exams: readonly ExamFacts[]): string[] {
  if (exams.length === 0) return ["Aucun examen."];
  return exams.map((exam) => {
    const next = exam.nextAt === undefined ? "" : `  prochain essai ${local(exam.nextAt)}`;
    const kept = exam.withheld ? "  gardé hors du DMP par l'exploitant" : "";
    return `${String(exam.id).padStart(6)}  ${word(state, exam.state).padEnd(10)}  ${exam.studyInstanceUID.padEnd(44)}  ${exam.code ?? ""}${kept}${next}`.trimEnd();
  });
}

function oneExam({ exam, explanation, timeline, messages, submission }: ExamAnswer): string[] {
  return [
    `Examen ${exam.id} : ${word(state, exam.state)}${exam.code === undefined ? "" : ` (${exam.code})`}`,
    ...(explanation === undefined ? [] : [`  ${explanation.message}`, `  → ${explanation.remedy}`]),
    `  DMP         ${word(records, exam.record)}${exam.withheld ? ", gardé hors du DMP par l'exploitant" : ""}`,
    `  cause       ${word(causes, exam.cause)}`,
    `  étude       ${exam.studyInstanceUID}`,
    `  structure   ${exam.structure}`,
    `  IPP         ${exam.ipp ?? "-"}`,
    `  demandes    ${exam.accessions.join(", ") || "-"}`,
    ...(submission === undefined
      ? []
      : [
          `  manifeste   ${submission.manifest} (${submission.instances} objets, ${submission.kind} ${submission.state})`,
        ]),
    ...Object.entries(exam.compared ?? {}).map(([side, value]) => `  ${side.padEnd(10)}  ${value}`),
    "Messages :",
    ...messages.map(
      ({ messageId, kind, action, receivedAt, sender, documentId, setAside }) =>
        `  ${String(messageId).padStart(6)}  ${local(receivedAt)}  ${word(messageKinds, kind)}${action === undefined ? "" : ` (${word(actions, action)})`}  ${sender}  ${documentId ?? ""}${setAside ? "  écarté" : ""}`,
    ),
    "Historique :",
    ...timeline.map((line) => {
      const facts = Object.entries(line.facts ?? {}).map(([name, value]) => `${name}=${String(value)}`);
      return `  ${local(line.at)}  ${word(kinds, line.kind)}${line.code === undefined ? "" : ` [${line.code}]`}  ${facts.join(" ")}`;
    }),
  ];
}

function word(words: Readonly<Record<string, string>>, key: string): string {
  return words[key] ?? key;
}
