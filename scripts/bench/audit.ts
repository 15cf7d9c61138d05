/** The audit trail: how quickly records are kept, and how long it takes to check a million of them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { type NewAuditRecord, openStore, type Store } from "../../appliance/store/index.ts";

const RECORDS = 1_000_000;
/** Appended one call a record, as steps do: the store commits together what waits together. */
const ONE_BY_ONE = 50_000;
const AT_A_TIME = 256;
/** Records of one call while the table is filled. */
const BATCH = 2000;

export async function benchAudit(): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), "bench-audit-"));
  const store = await openStore(join(folder, "box.db"));
  try {
    const perSecond = await appendOneByOne(store);
    for (let n = ONE_BY_ONE; n < RECORDS; n += BATCH) {
      await store.appendAuditRecords(Array.from({ length: BATCH }, (_, index) => record(n + index)));
    }
    const started = performance.now();
    const read = await verify(store);
    const seconds = (performance.now() - started) / 1000;
    return { audit_append_per_s: perSecond, audit_verify_1m_s: (seconds * RECORDS) / read };
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

async function appendOneByOne(store: Store): Promise<number> {
  const started = performance.now();
  for (let n = 0; n < ONE_BY_ONE; n += AT_A_TIME) {
    await Promise.all(Array.from({ length: AT_A_TIME }, (_, index) => store.appendAuditRecords([record(n + index)])));
  }
  return ONE_BY_ONE / ((performance.now() - started) / 1000);
}

async function verify(store: Store): Promise<number> {
  let total = 0;
  for (let from: number | undefined = 1; from !== undefined; ) {
    const { read, next, broken } = await store.verifyAudit({ from });
    if (broken !== undefined) throw new Error(`broken at ${broken.seq}`);
    total += read;
    from = next;
  }
  return total;
}

/** Of the size of what a publication leaves. */
function record(n: number): NewAuditRecord {
  return {
    at: new Date(1_764_000_000_000 + n * 1000),
    event: "manifest-published",
    outcome: 0,
    patients: [{ id: String(280_017_500_000_000 + (n % 20_000)), authority: "1.2.250.1.213.1.4.8" }],
    users: [{ id: String(10_100_000_000 + (n % 40)), name: "MARTIN Claire" }],
    studies: [`1.2.250.1.213.4.5.2.1.${n}`],
    documents: [`1.2.250.1.213.4.5.2.2.${n}`],
    peer: { id: "https://dmp.example.fr/si-dmp-server/v2/services/repository", address: "dmp.example.fr" },
    facts: { submissionSet: `2.25.${n}`, instances: 400 },
  };
}
