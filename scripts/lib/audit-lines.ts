/** What `box audit` and `box audit-verify` print of the API's answers. */

/** A record as the API gives it. */
export interface AuditAnswer {
  readonly seq: number;
  readonly at: string;
  readonly label: string;
  readonly outcome: number;
  readonly code?: string;
  readonly patients?: readonly { readonly id: string }[];
  readonly users?: readonly { readonly id: string; readonly name?: string }[];
  readonly studies?: readonly string[];
  readonly documents?: readonly string[];
  readonly peer?: { readonly id: string };
  /** `why`: what does not match, of a link that was refused. */
  readonly facts?: { readonly why?: string };
}

/** A record takes a line, and one more for each kind of what it names. */
export function auditLines(records: readonly AuditAnswer[]): string[] {
  if (records.length === 0) return ["Aucune trace."];
  return records.flatMap(({ seq, at, label, outcome, code, patients, users, studies, documents, peer, facts }) => [
    `${String(seq).padStart(8)}  ${new Date(at).toLocaleString("fr-FR")}  ${outcome === 0 ? "✓" : "✗"} ${label}${code === undefined ? "" : ` [${code}]`}`,
    ...named(
      "patient",
      patients?.map(({ id }) => id),
    ),
    ...named(
      "qui",
      users?.map(({ id, name }) => (name === undefined ? id : `${name} (${id})`)),
    ),
    ...named("étude", studies),
    ...named("document", documents),
    ...named("avec", peer && [peer.id]),
    ...named("cause", facts?.why === undefined ? undefined : [facts.why]),
  ]);
}

function named(kind: string, values: readonly string[] | undefined): string[] {
  return values === undefined || values.length === 0 ? [] : [`          ${kind.padEnd(9)} ${values.join(", ")}`];
}

/** Why a record does not hold. */
const reasons = {
  altered: "altéré",
  missing: "absent",
  index: "trouvé autrement qu'il ne dit",
  purge: "d'un effacement qui n'a pu avoir lieu ainsi",
};

export interface VerdictAnswer {
  readonly records: number;
  readonly broken?: { readonly seq: number; readonly reason: keyof typeof reasons };
  readonly head?: { readonly seq: number; readonly hash: string };
}

export function verdictLines({ records, broken, head }: VerdictAnswer): string[] {
  if (broken !== undefined) {
    return [
      `✗ La chaîne est rompue : enregistrement ${broken.seq} ${reasons[broken.reason]}.`,
      "→ Conserver la base telle quelle et prévenir le responsable de la sécurité.",
    ];
  }
  return [
    `✓ ${records} enregistrements vérifiés, chaîne intacte.`,
    ...(head === undefined ? [] : [`  dernier : ${head.seq}  ${head.hash}`]),
    "  Pour savoir si la fin a été coupée, donner un numéro et une empreinte du journal technique (head of the audit trail).",
  ];
}
