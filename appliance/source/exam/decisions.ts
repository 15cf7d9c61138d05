import type { Exam, ExamMessage } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import type { Happening } from "./advance.ts";

/**
 * What a person may decide of an exam, each with its opposite: keep it out of the record, or release it; set one of its
 * messages aside, or take it up again; publish it anew although the record lost it by other hands.
 */
export type Decision =
  | { readonly kind: "withhold" | "release" | "republish" }
  | { readonly kind: "set-aside" | "take-up"; readonly messageId: number };

/** What a decision changes. Throws SOURCE_NOTHING_TO_DECIDE when it changes nothing, SOURCE_MESSAGE_UNKNOWN. */
export function effectOf(
  decision: Decision,
  exam: Exam,
  messages: readonly ExamMessage[],
): NonNullable<Happening["decision"]> {
  const details = { exam: exam.id, decision: decision.kind };
  const nothing = () => sourceErrors.fault("SOURCE_NOTHING_TO_DECIDE", { details });
  switch (decision.kind) {
    case "withhold":
    case "release": {
      const withheld = decision.kind === "withhold";
      if (exam.withheld === withheld) throw nothing();
      return { withheld };
    }
    case "republish":
      if (exam.code !== "SOURCE_REMOVED_FROM_RECORD") throw nothing();
      return { record: "absent" };
    default: {
      const { messageId } = decision;
      const message = messages.find((one) => one.messageId === messageId);
      if (message === undefined) throw sourceErrors.fault("SOURCE_MESSAGE_UNKNOWN", { details: { messageId } });
      const aside = decision.kind === "set-aside";
      if (message.setAside === aside) throw nothing();
      return { setAside: { messageId, aside } };
    }
  }
}
