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

/** The label of a series as a line of the description gives it; a part that is blank there is undefined. */
interface SeriesLabel {
  readonly modality: string;
  readonly bodyPart: string | undefined;
  readonly description: string | undefined;
}

/** `Série-<uid> : <modality> @ <region> : <description>`; earlier writers left out the region, or the accent. */
const SERIES_LINE = /^S[^-]{1,6}-([0-9.]{1,64}) : ([^@:]*)(?:@([^:]*))?:(.*)$/;

/** The labels by Series Instance UID; lines that say something else are passed over. */
export function seriesLabels(text: string): ReadonlyMap<string, SeriesLabel> {
  const labels = new Map<string, SeriesLabel>();
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [, uid = "", modality = "", bodyPart = "", label = ""] = SERIES_LINE.exec(line) ?? [];
    if (uid === "" || labels.has(uid)) continue;
    labels.set(uid, {
      modality: modality.trim(),
      bodyPart: bodyPart.trim() || undefined,
      description: label.trim() || undefined,
    });
  }
  return labels;
}
