/** How the box and its neighbours are doing, and who they are. */
import { type Command, counted, local } from "./command.ts";
import { states } from "./words.ts";

interface Status {
  version: string;
  startedAt: string;
  health: { state: string; checks: { id: string; state: string; message: { fr: string }; remedy?: { fr: string } }[] };
  destinations: { name: string; state: string }[];
  counts: { exams: Record<string, number>; messages: Record<string, number> };
}

interface Sources {
  publicAddress: string;
  senders: { name: string; address: string; defaultCharset: string }[];
  pacs: {
    name: string;
    host: string;
    port: number;
    aeTitle: string;
    callingAETitle: string;
    patientDomains: string[];
    accessionDomains: string[];
  }[];
  rejectionNotes?: { port: number; aeTitle: string; senders: { aeTitle: string; address: string }[] };
  structures: { id: string; kind: string; covers: string[] }[];
}

export const statusCommands: readonly Command[] = [
  {
    name: "status",
    usage: "",
    help: "l'état de la DRIMbox et de ses voisins",
    run: async ({ call, show }) => void show<Status>(await call("GET", "/status"), statusLines),
  },
  {
    name: "sources",
    usage: "",
    help: "qui envoie quoi : émetteurs, PACS et leurs domaines, notes de rejet, structures",
    run: async ({ call, show }) => void show<Sources>(await call("GET", "/sources"), sourceLines),
  },
];

const marks: Readonly<Record<string, string>> = { ok: "✓", warning: "!", error: "✗" };
const messages = { received: "à ouvrir", opened: "ouverts", refused: "refusés", unreadable: "illisibles" };

function statusLines(status: Status): string[] {
  return [
    `DRIMbox ${status.version}, démarrée le ${local(status.startedAt)}`,
    ...status.health.checks.flatMap(({ id, state, message, remedy }) => [
      `  ${marks[state] ?? "?"} ${id.padEnd(14)} ${message.fr}`,
      ...(state === "ok" || remedy === undefined ? [] : [`                   → ${remedy.fr}`]),
    ]),
    ...status.destinations
      .filter(({ state }) => state !== "closed")
      .map(({ name }) => `  ! ${name} ne répond pas : envois suspendus, reprise automatique`),
    `Messages : ${counted(status.counts.messages, messages)}`,
    `Examens : ${counted(status.counts.exams, states)}`,
  ];
}

function sourceLines({ publicAddress, senders, pacs, rejectionNotes, structures }: Sources): string[] {
  const domains = (oids: string[]) => (oids.length === 0 ? "tous" : oids.join(", "));
  return [
    `Adresse publique : ${publicAddress}`,
    "Émetteurs de comptes rendus :",
    ...lines(senders, ({ name, address, defaultCharset }) => [`${name}  ${address}  ${defaultCharset}`]),
    "PACS :",
    ...lines(pacs, (one) => [
      `${one.name}  ${one.aeTitle}@${one.host}:${one.port}, appelé par ${one.callingAETitle}`,
      `  IPP       ${domains(one.patientDomains)}`,
      `  demandes  ${domains(one.accessionDomains)}`,
    ]),
    ...(rejectionNotes === undefined
      ? ["Notes de rejet : non reçues."]
      : [
          `Notes de rejet (${rejectionNotes.aeTitle}, port ${rejectionNotes.port}) :`,
          ...lines(rejectionNotes.senders, ({ aeTitle, address }) => [`${aeTitle}  ${address}`]),
        ]),
    "Structures :",
    ...lines(structures, ({ id, kind, covers }) => [`${kind} ${id}  ${covers.join(", ")}`.trimEnd()]),
  ];
}

function lines<Item>(items: readonly Item[], write: (item: Item) => string[]): string[] {
  return items.length === 0 ? ["  aucun"] : items.flatMap(write).map((line) => `  ${line}`);
}
