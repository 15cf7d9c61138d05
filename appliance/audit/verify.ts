import { setImmediate as turn } from "node:timers/promises";
import type { AuditBreak, AuditHead, Store } from "../store/index.ts";

export interface Verdict {
  readonly records: number;
  /** The first record that does not hold. */
  readonly broken: { readonly seq: number; readonly reason: AuditBreak } | undefined;
  /** The end of the chain as it was checked. */
  readonly head: AuditHead | undefined;
}

/**
 * Checks the whole chain in small parts, other work between them: a million records take some seconds. `told` are heads
 * that were kept elsewhere (the technical log has one a day): what was cut off or written anew since does not have them.
 */
export async function verifyTrail(
  store: Pick<Store, "verifyAudit" | "auditHead" | "auditHashOf">,
  { told = [], signal }: { readonly told?: readonly AuditHead[]; readonly signal?: AbortSignal } = {},
): Promise<Verdict> {
  let records = 0;
  let from: number | undefined;
  do {
    signal?.throwIfAborted();
    const part = await store.verifyAudit(from === undefined ? {} : { from });
    records += part.read;
    if (part.broken !== undefined) return { records, broken: part.broken, head: undefined };
    from = part.next;
    await turn();
  } while (from !== undefined);
  for (const { seq, hash } of told) {
    const kept = await store.auditHashOf({ seq });
    if (kept !== hash.toLowerCase()) {
      return { records, broken: { seq, reason: kept === undefined ? "missing" : "altered" }, head: undefined };
    }
  }
  return { records, broken: undefined, head: await store.auditHead() };
}
