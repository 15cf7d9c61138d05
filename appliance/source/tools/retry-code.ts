import { CodedError } from "../../base/index.ts";
import type { Store } from "../../store/index.ts";
import type { JobKind } from "./job.ts";

const PAGE = 500;

export interface RetryOptions {
  readonly store: Pick<Store, "exams">;
  readonly retry: (examId: number) => Promise<void>;
}

/** Another try for every exam that waits with one code, newest first; the cursor is the last one done. */
export function retryCode({ store, retry }: RetryOptions): JobKind {
  return async (context) => {
    const code = String(context.job.parameters.code);
    const ids = await waiting(store, code, context.job.cursor || undefined);
    await context.step({ total: context.job.done + ids.length });
    for (const id of ids) {
      await context.turn();
      await context.step({ cursor: id, results: [await retried(id, retry)] });
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

async function retried(id: number, retry: RetryOptions["retry"]): Promise<"retried" | "busy"> {
  try {
    await retry(id);
    return "retried";
  } catch (error) {
    // It has moved on by itself meanwhile.
    if (error instanceof CodedError && error.code === "STORE_CONFLICT") return "busy";
    if (error instanceof CodedError && error.code === "SOURCE_NOTHING_TO_RETRY") return "busy";
    throw error;
  }
}
