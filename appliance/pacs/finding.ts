import { type CodedError, fill, type Sentence } from "../base/index.ts";

/** One thing that was found out about a PACS, in sentences for a person. */
export interface Finding extends Sentence {
  /** Of the finding, or of the error that stopped a step. */
  readonly code: string;
  /** `problem`: must be mended. `limit`: works, with the restriction said. `good`: as it should. */
  readonly weight: "good" | "limit" | "problem";
}

/** Says the sentences of a table. */
export function sayer<Code extends string>(sentences: Readonly<Record<Code, Omit<Finding, "code">>>) {
  return (code: Code, details: Readonly<Record<string, string | number>> = {}): Finding => {
    const { weight, fr, en } = sentences[code];
    return { code, weight, fr: fill(fr, details), en: fill(en, details) };
  };
}

/** What was found out, and the error that says why. */
export function because({ fr, en, ...found }: Finding, why: CodedError): Finding {
  return { ...found, fr: `${fr} ${why.text("fr")}`, en: `${en} ${why.text("en")}` };
}

/** A step that failed, as its error says it. */
export function failed(error: CodedError): Finding {
  const { remedy } = error.definition;
  const sentence = (language: keyof Sentence) => `${error.text(language)} ${remedy[language]}`;
  return { code: error.code, weight: "problem", fr: sentence("fr"), en: sentence("en") };
}
