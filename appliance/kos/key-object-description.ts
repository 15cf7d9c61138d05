import type { ManifestSeries } from "./model.ts";
import { description, LO_LENGTH } from "./text.ts";

/** Free text has no length of its own in UT; this keeps one absurd description from swelling the manifest. */
const DESCRIPTION_LENGTH = 1024;

/**
 * The text of the Key Object Description (113012, DCM). The viewers of the network read it line by line to show the
 * exam before any image is fetched: the exam, the act, then one line per series. Every line ends with LF.
 *
 * A line break inside a description would forge a line, and `@` or `:` inside a modality or a region would move the
 * fields: they are replaced.
 */
export function keyObjectDescription(
  studyDescription: string | undefined,
  actName: string | undefined,
  series: readonly ManifestSeries[],
): string {
  const lines = [
    `Examen : ${description(studyDescription, DESCRIPTION_LENGTH)}`,
    `Acte = ${description(actName, DESCRIPTION_LENGTH)}`,
  ];
  for (const { seriesInstanceUID, modality, bodyPart, description: text } of series) {
    const label = description(text, DESCRIPTION_LENGTH);
    lines.push(`Série-${seriesInstanceUID} : ${field(modality)} @ ${field(bodyPart)} : ${label}`);
  }
  return `${lines.join("\n")}\n`;
}

function field(value: string | undefined): string {
  return description(value, LO_LENGTH).replace(/[@:]/g, " ").trim();
}
