import { setTimeout as pause } from "node:timers/promises";
import type { CodedError, Logger } from "../base/index.ts";
import type { AuditHead, Store } from "../store/index.ts";
import { auditErrors } from "./errors.ts";
import { verifyTrail } from "./verify.ts";

const DAY_MS = 86_400_000;
/**
 * Of the trail that one day's purge takes at most: should the clock be years ahead one day, that day costs a week of
 * records and not all of them.
 */
const PURGE_DAYS = 7;
/** The store refuses to purge anything younger. */
const LEAST_YEARS = 1;

export interface KeeperOptions {
  readonly store: Pick<Store, "verifyAudit" | "auditHead" | "auditHashOf" | "auditSince" | "purgeAudit">;
  /** How long records are kept. */
  readonly retentionYears: number;
  /** Records are sent to an outside repository: none is purged that it does not have. */
  readonly exported?: boolean;
  readonly now: () => Date;
  readonly log: Logger;
}

export interface Keeper {
  /** The day's work: checks the chain, purges what is past its time, tells the head in the log. */
  day(): Promise<void>;
  /** For the board: the last check, and what it found. */
  status(): {
    readonly verifiedAt: Date | undefined;
    readonly fault: CodedError | undefined;
    /** Why records past their time are still there. */
    readonly held: CodedError | undefined;
  };
  /** A day's work now, and then each day. */
  start(): void;
  stop(): Promise<void>;
}

/** Looks after the trail of a box. */
export function createAuditKeeper({ store, retentionYears, exported = false, now, log }: KeeperOptions): Keeper {
  const stopping = new AbortController();
  const { signal } = stopping;
  const retention = Math.max(retentionYears, LEAST_YEARS);
  let told: AuditHead | undefined;
  let verifiedAt: Date | undefined;
  let fault: CodedError | undefined;
  let held: CodedError | undefined;
  let running: Promise<void> | undefined;

  async function day(): Promise<void> {
    const { broken, head, records } = await verifyTrail(store, { told: told === undefined ? [] : [told], signal });
    verifiedAt = now();
    fault = broken && auditErrors.fault("AUDIT_CHAIN_BROKEN", { details: broken });
    if (fault !== undefined) {
      // What is evidence now stays as it is.
      log.error({ error: fault }, "the audit trail does not hold");
      return;
    }
    await purge();
    told = (await store.auditHead()) ?? head;
    if (told !== undefined) log.info({ ...told, records }, "head of the audit trail");
  }

  async function purge(): Promise<void> {
    const since = await store.auditSince();
    if (since === undefined) return;
    const at = now();
    const end = new Date(at);
    end.setUTCFullYear(end.getUTCFullYear() - retention);
    // A leap year: the store counts a year as 365 days, and one that begins on 29 February must not fall short of it.
    const before = new Date(Math.min(end.getTime() - DAY_MS, since.getTime() + PURGE_DAYS * DAY_MS));
    let purge = { more: true, held: false };
    while (purge.more && !signal.aborted) purge = await store.purgeAudit({ before, at, exported });
    held = undefined;
    if (!purge.held) return;
    const oldest = ((await store.auditSince()) ?? since).toISOString().slice(0, 10);
    held = auditErrors.fault("AUDIT_PURGE_HELD", { details: { since: oldest } });
    log.warn({ error: held }, "audit records past their time are kept");
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await day().catch((error: unknown) => {
        if (!signal.aborted) log.error({ error }, "the audit trail could not be looked after");
      });
      await pause(DAY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  return {
    day,
    status: () => ({ verifiedAt, fault, held }),
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
