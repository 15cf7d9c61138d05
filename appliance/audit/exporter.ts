import { setTimeout as pause } from "node:timers/promises";
import type { CodedError, Logger } from "../base/index.ts";
import { asCoded } from "../base/index.ts";
import type { Store } from "../store/index.ts";
import { type Destination, deliver, SETTLE_MS } from "./delivery.ts";
import { auditErrors } from "./errors.ts";
import { type AuditSource, toAuditMessage } from "./message.ts";
import { type MessageId, syslogFrame } from "./syslog.ts";

/** Records of one delivery: what is repeated when it was not confirmed. */
const WINDOW = 1000;
/** Between two looks at the trail when it holds nothing new. */
const LOOK_MS = 5000;
/** The first delay after a failure; each is twice the one before. */
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 5 * 60_000;

export interface ExporterOptions {
  readonly store: Pick<Store, "auditToExport" | "setAuditExported" | "auditExportBroken">;
  readonly destination: Destination;
  readonly source: AuditSource;
  readonly messageId?: MessageId;
  readonly now: () => Date;
  readonly log: Logger;
  /** For tests. */
  readonly delays?: {
    readonly lookMs: number;
    readonly firstMs: number;
    readonly longestMs: number;
    readonly settleMs: number;
  };
}

export interface Exporter {
  /** For the board: when the repository last took something, and what keeps it from it now. */
  status(): { readonly deliveredAt: Date | undefined; readonly fault: CodedError | undefined };
  start(): void;
  /** Breaks off what is under way; what was not confirmed is delivered again at the next start. */
  stop(): Promise<void>;
}

/**
 * Feeds an outside audit repository (ITI-20) from the trail itself: the trail is the queue, a cursor in the store says
 * what the repository has. Every record arrives, in order, **at least once**: after a connection that did not end as it
 * should its records are delivered again. An outage of days costs nothing but time. A trail that no longer has what the
 * repository took last was tampered with: nothing more leaves (AUDIT_EXPORT_CUT).
 */
export function createAuditExporter(options: ExporterOptions): Exporter {
  const { store, destination, source, messageId = "DICOM+RFC3881", now, log } = options;
  const delays = options.delays ?? {
    ...{ lookMs: LOOK_MS, firstMs: FIRST_DELAY_MS, longestMs: LONGEST_DELAY_MS, settleMs: SETTLE_MS },
  };
  const stopping = new AbortController();
  let deliveredAt: Date | undefined;
  let fault: CodedError | undefined;
  let running: Promise<void> | undefined;

  /** One window; gives the number of records that the repository now has. */
  async function step(): Promise<number> {
    const broken = await store.auditExportBroken();
    if (broken !== undefined) {
      const details = { peer: `${destination.host}:${destination.port}`, ...broken };
      throw auditErrors.fault("AUDIT_EXPORT_CUT", { details });
    }
    const records = await store.auditToExport({ limit: WINDOW });
    const last = records.at(-1);
    if (last === undefined) return 0;
    const frames = records
      .values()
      .map((record) => syslogFrame(toAuditMessage(record, source), record.at, source, messageId));
    await deliver(frames, destination, { signal: stopping.signal, settleMs: delays.settleMs });
    deliveredAt = now();
    await store.setAuditExported({ seq: last.seq, at: deliveredAt });
    return records.length;
  }

  async function run(): Promise<void> {
    let delay = delays.firstMs;
    while (!stopping.signal.aborted) {
      try {
        const delivered = await step();
        if (fault !== undefined) log.info({}, "the audit repository takes records again");
        fault = undefined;
        delay = delays.firstMs;
        if (delivered < WINDOW) await idle(delays.lookMs);
      } catch (error) {
        if (stopping.signal.aborted) return;
        const coded = asCoded(error, (cause) => auditErrors.fault("AUDIT_EXPORT_UNREACHABLE", { cause }));
        if (coded.code !== fault?.code) {
          log[coded.retry === "human" ? "error" : "warn"]({ error: coded }, "audit records wait for the repository");
        }
        fault = coded;
        await idle(delay);
        delay = Math.min(delay * 2, delays.longestMs);
      }
    }
  }

  const idle = (ms: number) => pause(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => {});

  return {
    status: () => ({ deliveredAt, fault }),
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
