import type { Statistic } from "../store/index.ts";

/** What is counted, one line each time. */
export const statisticKinds = [
  "report-received",
  "order-received",
  "note-received",
  "message-refused",
  "pacs-searched",
  "exam-parked",
  "manifest-published",
  "manifest-replaced",
  "manifest-deleted",
  "resync-checked",
  "resync-deleted",
  "images-served",
  "viewer-link-opened",
  "contextual-call",
  "record-searched",
  "manifest-read",
  "images-fetched",
  "series-imported",
  "professional-authenticated",
] as const;
export type StatisticKind = (typeof statisticKinds)[number];

/** A cell: text, a number, or nothing. */
export type Cell = string | number | undefined;

export interface Column {
  readonly name: string;
  value(line: Statistic): Cell;
}

/**
 * The columns of ModelStat, the model in which every DRIMbox gives its figures: one row an event, each event counted in
 * the column of its kind. Public of it are the 35th column (AI), Nombre_Appel, and the next, Statut_Appel, `succes` or
 * `erreur`; the names of the others are ours, until the tables 8 and 9 of the requirements can be read.
 */
export function modelStat(timeZone: string): readonly Column[] {
  const clock = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone });
  return [
    // A-L: the event itself.
    { name: "Date_Evenement", value: ({ at }) => clock.format(at).slice(0, 10) },
    { name: "Heure_Evenement", value: ({ at }) => clock.format(at).slice(11) },
    { name: "Fonction", value: ({ kind }) => (consumer.has(kind) ? "consommatrice" : "source") },
    { name: "Type_Evenement", value: ({ kind }) => kind },
    { name: "Statut_Evenement", value: ({ status }) => status },
    { name: "Code_Erreur", value: ({ code }) => code },
    { name: "Identifiant_Structure", value: ({ facts }) => facts?.structure },
    { name: "Destinataire", value: ({ facts }) => facts?.destination },
    { name: "Modalites", value: ({ facts }) => facts?.modalities?.join(" ") },
    { name: "Nombre_Series", value: ({ facts }) => facts?.series },
    { name: "Nombre_Objets", value: ({ facts }) => facts?.instances },
    { name: "Volume_Octets", value: ({ facts }) => facts?.bytes },
    { name: "Duree_Millisecondes", value: ({ facts }) => facts?.milliseconds },
    // N-Z: what the source does.
    count("Nombre_Compte_Rendu", "report-received"),
    count("Nombre_Demande", "order-received"),
    count("Nombre_Note_Rejet", "note-received"),
    count("Nombre_Message_Refuse", "message-refused"),
    count("Nombre_Recherche_PACS", "pacs-searched"),
    count("Nombre_Examen_En_Attente", "exam-parked"),
    count("Nombre_KOS_Publie", "manifest-published"),
    count("Nombre_KOS_Remplace", "manifest-replaced"),
    count("Nombre_KOS_Supprime", "manifest-deleted"),
    {
      name: "Nombre_Erreur_DMP",
      value: ({ kind, status }) => one(kind.startsWith("manifest-") && status === "erreur"),
    },
    count("Nombre_Resync_Examen", "resync-checked"),
    count("Nombre_Resync_Suppression", "resync-deleted"),
    count("Nombre_WADO_Recu", "images-served"),
    count("Nombre_Lien_Visionneuse", "viewer-link-opened"),
    // AB-AJ: what the consumer does.
    count("Nombre_Recherche_DMP", "record-searched"),
    count("Nombre_KOS_Consulte", "manifest-read"),
    count("Nombre_WADO_Emis", "images-fetched"),
    { name: "Nombre_WADO_Erreur", value: ({ kind, status }) => one(kind.startsWith("images-") && status === "erreur") },
    count("Nombre_Serie_Importee", "series-imported"),
    count("Nombre_Authentification_PSC", "professional-authenticated"),
    { name: "Statut_Authentification_PSC", value: (line) => statusOf(line, "professional-authenticated") },
    count("Nombre_Appel", "contextual-call"),
    { name: "Statut_Appel", value: (line) => statusOf(line, "contextual-call") },
  ];
}

const consumer: ReadonlySet<string> = new Set([
  "contextual-call",
  "record-searched",
  "manifest-read",
  "images-fetched",
  "series-imported",
  "professional-authenticated",
] satisfies StatisticKind[]);

/** 1 for an event of that kind; sums are made where the files of all boxes come together. */
function count(name: string, counted: StatisticKind): Column {
  return { name, value: ({ kind }) => one(kind === counted) };
}

function statusOf({ kind, status }: Statistic, counted: StatisticKind): Cell {
  return kind === counted ? status : undefined;
}

function one(counted: boolean): Cell {
  return counted ? 1 : undefined;
}

/** Rows of ModelStat, the names of the columns first. */
export async function* projectModelStat(
  lines: AsyncIterable<Statistic> | Iterable<Statistic>,
  timeZone: string,
): AsyncGenerator<readonly Cell[]> {
  const columns = modelStat(timeZone);
  yield columns.map(({ name }) => name);
  for await (const line of lines) yield columns.map((column) => column.value(line));
}
