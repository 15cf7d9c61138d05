/** The audit trail and the statistics. */
import { writeFile } from "node:fs/promises";
import { type AuditAnswer, auditLines, type VerdictAnswer, verdictLines } from "../lib/audit-lines.ts";
import { type Command, query, required, UsageError } from "./command.ts";

/** A whole chain is read, or a year of lines. */
const TIMEOUT_MS = 600_000;

export const auditCommands: readonly Command[] = [
  {
    name: "audit",
    usage:
      "[--patient ID] [--professional ID] [--study UID] [--document ID] [--event NOM] [--failed] [--from JOUR] [--to JOUR] [--limit N]",
    help: "les traces d'audit, les dernières d'abord ; la recherche elle-même est tracée",
    takes: ["patient", "professional", "study", "document", "event", "failed", "from", "to", "limit"],
    async run({ values, call, show }) {
      const { patient, professional, study, document, event, failed, from, to, limit } = values;
      const asked = query({ patient, professional, study, document, event, failed, from, to, limit });
      show<{ records: AuditAnswer[] }>(await call("GET", `/audit${asked}`), ({ records }) => auditLines(records));
    },
  },
  {
    name: "audit-verify",
    usage: "[NUMÉRO EMPREINTE]",
    help: "vérifier la chaîne des traces ; avec un numéro et une empreinte du journal : que la fin n'est pas coupée",
    async run({ args, call, show }) {
      const [seq, hash] = args;
      const body = await call("GET", `/audit/verify${query({ seq, hash })}`, { timeoutMs: TIMEOUT_MS });
      return show<VerdictAnswer>(body, verdictLines).broken === undefined;
    },
  },
  {
    name: "statistics",
    usage: "--from JOUR --to JOUR --csv FICHIER | --xlsx FICHIER",
    help: "les statistiques d'une période (ModelStat)",
    takes: ["from", "to", "csv", "xlsx"],
    async run({ values, call, print }) {
      const { csv, xlsx } = values;
      const file = csv ?? xlsx;
      if (file === undefined || (csv !== undefined && xlsx !== undefined)) throw new UsageError("--csv ou --xlsx");
      const [from, to] = [required(values.from, "--from AAAA-MM-JJ"), required(values.to, "--to AAAA-MM-JJ")];
      const asked = query({ from, to, format: csv === undefined ? "xlsx" : "csv" });
      await writeFile(file, await call("GET", `/statistics${asked}`, { timeoutMs: TIMEOUT_MS }));
      print(`Statistiques écrites : ${file}`);
    },
  },
];
