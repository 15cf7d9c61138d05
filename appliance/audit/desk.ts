import { type Static, Type } from "typebox";
import { said } from "../base/index.ts";
import type { AuditRecord, AuditUser, Store } from "../store/index.ts";
import { eventOf } from "./events.ts";
import { periodOf } from "./period.ts";
import { auditUsed } from "./records.ts";
import { type Verdict, verifyTrail } from "./verify.ts";

const text = () => Type.Optional(Type.String({ minLength: 1, maxLength: 256 }));
const day = () => Type.Optional(Type.String({ maxLength: 32 }));

/** The query string of a search; what is asked together must be true together. Days of the site, both included. */
export const auditQuery = Type.Object({
  patient: text(),
  professional: text(),
  document: text(),
  study: text(),
  event: text(),
  failed: Type.Optional(Type.Boolean()),
  from: day(),
  to: day(),
  before: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 50 }),
});
export type AuditQuery = Static<typeof auditQuery>;

/** A head of the chain that was told elsewhere, to compare with. */
export const verifyQuery = Type.Object({
  seq: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
  hash: Type.Optional(Type.String({ pattern: "^[0-9a-fA-F]{64}$" })),
});
export type VerifyQuery = Static<typeof verifyQuery>;

/** A record and what its event is called. */
export type ShownRecord = AuditRecord & { readonly label: string };

export interface AuditDesk {
  /**
   * A page, newest first; `before` is the `seq` of the last one. That it was asked, by whom and for whom is kept too.
   * Rejects with AUDIT_PERIOD_INVALID.
   */
  search(query: AuditQuery, operator: AuditUser): Promise<readonly ShownRecord[]>;
  verify(query: VerifyQuery, operator: AuditUser): Promise<Verdict>;
}

/** What an auditor does with the trail. Who may is for the caller to know. */
export function createAuditDesk({
  store,
  timeZone,
  now,
}: {
  readonly store: Pick<Store, "auditRecords" | "appendAuditRecords" | "verifyAudit" | "auditHead" | "auditHashOf">;
  /** IANA time zone of the site. */
  readonly timeZone: string;
  readonly now: () => Date;
}): AuditDesk {
  return {
    async search(query, operator) {
      const { professional, from, to, ...rest } = query;
      const found = await store.auditRecords({
        ...rest,
        ...said({ user: professional }),
        ...periodOf(said({ from, to }), timeZone),
      });
      await store.appendAuditRecords([searched(query, found.length, operator, now())]);
      return found.map((record) => ({ ...record, label: eventOf(record.event).label }));
    },
    async verify({ seq, hash }, operator) {
      const told = seq !== undefined && hash !== undefined ? [{ seq, hash }] : [];
      const verdict = await verifyTrail(store, { told });
      const { records, broken } = verdict;
      const facts = { records, holds: broken === undefined, ...broken };
      await store.appendAuditRecords([auditUsed("audit-verified", { at: now(), users: [operator], facts })]);
      return verdict;
    },
  };
}

/** Who looks for a patient is found by that patient. */
function searched({ patient, study, document, ...rest }: AuditQuery, found: number, operator: AuditUser, at: Date) {
  return auditUsed("audit-used", {
    at,
    users: [operator],
    patients: patient === undefined ? [] : [{ id: patient }],
    studies: study === undefined ? [] : [study],
    documents: document === undefined ? [] : [document],
    facts: { ...said(rest), found },
  });
}
