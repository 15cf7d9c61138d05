import type { Language } from "./model.ts";

/** A header of a browser names a handful. */
const MOST_READ = 16;

/** The language of the pages by Accept-Language (RFC 9110 12.5.4): French, unless English is preferred to it. */
export function languageOf(header: string | undefined): Language {
  const weights = { fr: 0, en: 0 };
  for (const range of (header ?? "").split(",", MOST_READ)) {
    const [, tag, quality = "1"] = /^\s*(fr|en)(?:-[\w-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/i.exec(range) ?? [];
    if (tag === undefined) continue;
    const language = tag.toLowerCase() as Language;
    weights[language] = Math.max(weights[language], Number(quality));
  }
  return weights.en > weights.fr ? "en" : "fr";
}
