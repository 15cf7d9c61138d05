/** The audit trail, as the configuration has it: kept, checked, sent on. */
import { hostname } from "node:os";
import { createSecureContext } from "node:tls";
import { applicationActivity, createAuditExporter, createAuditKeeper, type Exporter } from "../audit/index.ts";
import type { CodedError, Logger } from "../base/index.ts";
import type { Store } from "../store/index.ts";
import { answers, type Check, type Configuration } from "../system/index.ts";
import { loadAuthorities, loadClientIdentity } from "../trust/index.ts";
import { MANUFACTURER } from "./dmp.ts";

/** Looks after the audit trail, and sends it on where the site has a repository for it. */
export async function keepTrail(
  { audit, site }: Configuration,
  store: Store,
  version: string,
  now: () => Date,
  log: Logger,
): Promise<{ readonly checks: readonly Check[]; stop(): Promise<void> }> {
  const keeper = createAuditKeeper({
    ...{ store, retentionYears: audit.retentionYears, exported: audit.export !== undefined, now, log },
  });
  const exporter = audit.export && (await connectRepository(audit.export, site.name, store, now, log));
  const tell = (event: "application-started" | "application-stopped") =>
    store.appendAuditRecords([applicationActivity(event, { at: now(), version })]);
  await tell("application-started");
  keeper.start();
  exporter?.start();
  const holds = (status: () => { readonly fault: CodedError | undefined }) => async () => {
    const { fault } = status();
    if (fault !== undefined) throw fault;
  };
  const named = { fr: "La trace d'audit", en: "The audit trail" };
  const held = async () => {
    const waiting = keeper.status().held;
    if (waiting !== undefined) throw waiting;
  };
  const retention = { fr: "La durée de conservation des traces d'audit", en: "The retention of the audit trail" };
  const repository = { fr: "Le dépôt d'audit", en: "The audit repository" };
  return {
    checks: [
      answers("audit", named, holds(keeper.status)),
      answers("audit retention", retention, held, "warning"),
      ...(exporter === undefined ? [] : [answers("audit export", repository, holds(exporter.status), "warning")]),
    ],
    async stop() {
      await Promise.all([keeper.stop(), exporter?.stop()]);
      // A store that is gone cannot take a last word.
      await tell("application-stopped").catch((error: unknown) => log.error({ error }, "the stop was not recorded"));
    },
  };
}

async function connectRepository(
  { host, port, authorityFile, client }: NonNullable<Configuration["audit"]["export"]>,
  siteName: string,
  store: Store,
  now: () => Date,
  log: Logger,
): Promise<Exporter> {
  const ca = await loadAuthorities(authorityFile);
  const identity = client && (await loadClientIdentity(client));
  const context = identity?.secureContext(ca) ?? createSecureContext({ ca, minVersion: "TLSv1.2" });
  return createAuditExporter({
    store,
    destination: { host, port, secureContext: () => context },
    source: { id: MANUFACTURER, site: siteName, host: hostname(), processId: process.pid },
    now,
    log,
  });
}
