/** Messages: lists, replay, and a rehearsal of what one would do. */
import { readFile } from "node:fs/promises";
import { type Command, local, number, query, required } from "./command.ts";
import { actions, kinds, messageStates, records, state } from "./words.ts";

interface MessageLine {
  readonly id: number;
  readonly state: string;
  readonly code?: string;
  readonly receivedAt: string;
  readonly sender: string;
  readonly controlId: string;
  readonly whole: boolean;
}

interface Told {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly where?: string;
  readonly values?: Readonly<Record<string, string>>;
}

interface Rehearsal {
  readonly answer: "AA" | "AE";
  readonly refusal?: Told;
  readonly kind?: string;
  readonly remarks: readonly { readonly code: string; readonly where?: string }[];
  readonly exams: readonly {
    readonly studyInstanceUID: string;
    readonly known?: { readonly id: number; readonly state: string; readonly record: string };
    readonly event: string;
    readonly next: string;
    readonly faults: readonly Told[];
    readonly pacs?: { found: boolean; name?: string; series?: number; instances?: number; fault?: Told };
  }[];
}

type Replayed =
  | { readonly kind: "answered"; readonly answer: string }
  | { readonly kind: "opening" }
  | { readonly kind: "looking"; readonly exams: number };

/** The box reads a large message and may ask the PACS. */
const TRY_TIMEOUT_MS = 120_000;

export const messageCommands: readonly Command[] = [
  {
    name: "messages",
    usage: "[received|opened|refused|unreadable] [--limit N]",
    help: "les messages reçus, les derniers d'abord",
    takes: ["limit"],
    async run({ args, values, call, show }) {
      const body = await call("GET", `/messages${query({ state: args[0], limit: values.limit })}`);
      show<{ messages: MessageLine[] }>(body, ({ messages }) =>
        messages.length === 0 ? ["Aucun message."] : messages.map(messageLine),
      );
    },
  },
  {
    name: "replay",
    usage: "ID",
    help: "rejouer un message : l'accepter, l'ouvrir ou reprendre ses examens, selon son état",
    async run({ args, call, show }) {
      const body = await call("POST", `/messages/${number(args[0])}/replay`, { timeoutMs: TRY_TIMEOUT_MS });
      const { replayed } = show<{ replayed: Replayed }>(body, (answer) => replayLines(answer.replayed));
      return replayed.kind !== "answered" || replayed.answer.includes("MSA|AA|");
    },
  },
  {
    name: "try",
    usage: "FICHIER [--pacs] [--peer ADRESSE]",
    help: "ce que ferait un message HL7, sans rien écrire ; --pacs : demander aussi l'examen au PACS",
    takes: ["pacs", "peer"],
    async run({ args, values, call, show }) {
      const bytes = await readFile(required(args[0], "le fichier du message"));
      const how = query({ pacs: values.pacs, peer: values.peer });
      const answer = await call("POST", `/messages/try${how}`, { body: bytes, timeoutMs: TRY_TIMEOUT_MS });
      return show(answer, rehearsalLines).answer === "AA";
    },
  },
];

function messageLine(one: MessageLine): string {
  const why = one.code === undefined ? "" : `  ${one.code}`;
  const cut = one.whole ? "" : "  (début seul)";
  return `${String(one.id).padStart(6)}  ${local(one.receivedAt)}  ${(messageStates[one.state] ?? one.state).padEnd(9)}  ${one.sender}  ${one.controlId}${why}${cut}`;
}

function replayLines(replayed: Replayed): string[] {
  switch (replayed.kind) {
    case "answered":
      return ["Le message reçoit aujourd'hui cette réponse :", ...replayed.answer.trim().split(/[\r\n]+/)];
    case "opening":
      return ["Le message va être ouvert."];
    default:
      return [`Examens repris : ${replayed.exams}.`];
  }
}

function rehearsalLines({ answer, refusal, kind, remarks, exams }: Rehearsal): string[] {
  return [
    `Réponse : ${answer}${kind === undefined ? "" : ` (${kind})`}`,
    ...(refusal === undefined ? [] : toldLines(refusal)),
    ...remarks.map(({ code, where }) => `  remarque ${code}${where === undefined ? "" : ` (${where})`}`),
    ...exams.flatMap((exam) => [
      `Étude ${exam.studyInstanceUID}`,
      `  connu     ${exam.known === undefined ? "non" : `examen ${exam.known.id}, ${state[exam.known.state] ?? exam.known.state}, ${records[exam.known.record] ?? exam.known.record}`}`,
      `  il serait ${state[exam.next] ?? exam.next} (${kinds[exam.event] ?? actions[exam.event] ?? exam.event})`,
      ...exam.faults.flatMap(toldLines),
      ...(exam.pacs === undefined ? [] : pacsLines(exam.pacs)),
    ]),
    ...(answer === "AA" && exams.length === 0 ? ["Aucun examen connu n'est concerné."] : []),
  ];
}

function pacsLines({
  found,
  name,
  series,
  instances,
  fault,
}: NonNullable<Rehearsal["exams"][number]["pacs"]>): string[] {
  const had = found
    ? `oui (${name}) : ${series} séries, ${instances} objets`
    : fault === undefined
      ? "non"
      : "pas de réponse";
  return [`  au PACS   ${had}`, ...(fault === undefined ? [] : toldLines(fault))];
}

function toldLines({ code, message, remedy, where, values }: Told): string[] {
  return [
    `  ${message}${where === undefined ? "" : ` (${where})`} [${code}]`,
    ...Object.entries(values ?? {}).map(([side, value]) => `    ${side.padEnd(10)} ${value}`),
    `  → ${remedy}`,
  ];
}
