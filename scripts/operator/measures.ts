/** What was found out about a PACS, in lines. */
import type { FindingFacts, MeasuredSpeed } from "../lib/local-api.ts";

const marks: Readonly<Record<string, string>> = { good: "✓", limit: "!", problem: "✗" };

export function findingLine({ code, weight, fr }: FindingFacts): string {
  return `  ${marks[weight] ?? "?"} ${fr} [${code}]`;
}

/** True when something must be mended. */
export function isBad({ findings }: { readonly findings: readonly FindingFacts[] }): boolean {
  return findings.some(({ weight }) => weight === "problem");
}

export function measureLines({ pacs, studyInstanceUID, production, speeds, findings }: MeasuredSpeed): string[] {
  return [
    `${pacs} : examen ${studyInstanceUID}${production ? ", mesuré en heures de production : pas une référence" : ""}`,
    ...speeds.map(({ method, images, bytes, milliseconds, firstImageMs, megabitsPerSecond, syntaxes }) => {
      const came = Object.entries(syntaxes).map(([syntax, count]) => `${count} en ${syntax}`);
      return [
        `  ${method.padEnd(8)}${megabitsPerSecond} Mbit/s`,
        `première image ${firstImageMs} ms`,
        `${images} images, ${(bytes / 1e6).toFixed(1)} Mo en ${(milliseconds / 1000).toFixed(1)} s`,
        came.join(", "),
      ].join(" ; ");
    }),
    ...findings.map(findingLine),
  ];
}
