import type { AuditUser, Store } from "../../store/index.ts";
import type { JobKind } from "./job.ts";
import { askerOf } from "./job-traces.ts";

const PAGE = 500;

export interface RetryOptions {
  readonly store: Pick<Store, "exams">;
  readonly retry: (examId: number, operator?: AuditUser) => Promise<void>;
}

/** Another try for every exam that waits with one code, newest first; the cursor is the last one done. */
export function retryCode({ store, retry }: RetryOptions): JobKind {
  return async (context) => {
    const code = String(context.job.parameters.code);
    const ids = await waiting(store, code, context.job.cursor || undefined);
    await context.step({ total: context.job.done + ids.length });
    for (const id of ids) {
      await context.turn();
      await retry(id, askerOf(context.job));
      await context.step({ cursor: id, results: ["retried"] });
    }
  };
}

async function waiting(store: RetryOptions["store"], code: string, before: number | undefined): Promise<number[]> {
  const ids: number[] = [];
  for (let last = before; ; last = ids.at(-1)) {
    const page = await store.exams({ state: "parked", code, limit: PAGE, ...(last !== undefined && { before: last }) });
    ids.push(...page.map(({ id }) => id));
    if (page.length < PAGE) return ids;
  }
}
