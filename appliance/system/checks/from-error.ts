import { CodedError } from "../../base/index.ts";
import type { Check, CheckState, Finding } from "./check.ts";

/** A check that something answers: well when `probe` resolves, and what its coded error says when it does not. */
export function answers(
  id: string,
  name: { readonly fr: string; readonly en: string },
  probe: () => Promise<unknown>,
  state: CheckState = "error",
): Check {
  return {
    id,
    async run(): Promise<Finding> {
      try {
        await probe();
        return { state: "ok", message: { fr: `${name.fr} répond.`, en: `${name.en} answers.` } };
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        return {
          state,
          message: { fr: `${name.fr} : ${error.text("fr")}`, en: `${name.en}: ${error.text("en")}` },
          remedy: error.definition.remedy,
        };
      }
    },
  };
}
