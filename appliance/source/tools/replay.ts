import type { AuditUser, Store } from "../../store/index.ts";
import { toolErrors } from "./errors.ts";

export interface ReplayOptions {
  readonly store: Pick<Store, "message" | "messageFacts" | "reconsiderMessage" | "examsOfMessage">;
  /** Takes a message as if it had just come. */
  readonly accept: (bytes: Buffer, peer: { readonly address: string }) => Promise<Buffer>;
  /** Asks for another look at an exam. */
  readonly retry: (examId: number, operator?: AuditUser) => Promise<void>;
  /** There may be messages to open. */
  readonly wake: () => void;
}

/** What a replay came to. */
export type Replayed =
  /** Refused before: the answer that it gets today, word for word. */
  | { readonly kind: "answered"; readonly answer: string }
  /** Accepted and not opened: it is, now. */
  | { readonly kind: "opening" }
  /** Opened: how many of its exams are looked at again. */
  | { readonly kind: "looking"; readonly exams: number };

/**
 * Does with a message once more what its state asks for. Rejects with SOURCE_NO_SUCH_MESSAGE, or SOURCE_MESSAGE_CUT when a
 * refused one was too long to be kept whole.
 */
export async function replay(
  id: number,
  operator: AuditUser | undefined,
  { store, accept, retry, wake }: ReplayOptions,
): Promise<Replayed> {
  const facts = await store.messageFacts({ id });
  const message = facts && (await store.message({ id }));
  if (facts === undefined || message === undefined) {
    throw toolErrors.fault("SOURCE_NO_SUCH_MESSAGE", { details: { message: id } });
  }
  switch (facts.state) {
    case "refused": {
      if (!facts.whole) throw toolErrors.fault("SOURCE_MESSAGE_CUT", { details: { message: id } });
      const answer = await accept(Buffer.from(message.bytes), { address: message.peer });
      return { kind: "answered", answer: answer.toString("utf8") };
    }
    case "opened": {
      const exams = await store.examsOfMessage({ id });
      for (const exam of exams) await retry(exam, operator);
      return { kind: "looking", exams: exams.length };
    }
    default:
      await store.reconsiderMessage({ id });
      wake();
      return { kind: "opening" };
  }
}
