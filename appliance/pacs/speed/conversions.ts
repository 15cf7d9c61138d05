import { TransferSyntaxes, transferSyntaxOf } from "../../dicom/index.ts";
import type { Finding } from "../finding.ts";
import { METHOD_NAMES } from "../profile.ts";
import { speedFinding } from "./findings.ts";
import { type Arrived, type Form, Measure, nameOf, type SpeedTestOptions } from "./measure.ts";

/** By WADO-RS: as it is kept, though a server may send without compression all the same (PS3.18 8.7.3.5.2). */
const AS_KEPT: Form = { transferSyntaxes: [], anySyntax: true };
const COMPRESSED: Form = {
  transferSyntaxes: [...TransferSyntaxes.values()].filter(({ encapsulated }) => encapsulated).map(({ uid }) => uid),
  anySyntax: false,
};

/**
 * Whether the PACS converted the largest image, by what can be known: what it keeps, where its WADO-RS tells; otherwise whether it
 * came in another form in another way; otherwise whether what came without compression could have come with it.
 */
export async function conversions(options: SpeedTestOptions, measures: readonly Measure[]): Promise<Finding[]> {
  const [first] = measures;
  const [largest] = [...(first?.arrived.values() ?? [])].toSorted((one, other) => other.bytes - one.bytes);
  if (first === undefined || largest === undefined) return [];
  const came = measures.flatMap(({ method, arrived }) => {
    const syntax = arrived.get(largest.sopInstanceUID)?.syntax;
    return syntax === undefined ? [] : [{ method, syntax }];
  });
  const kept = await keptForm(options, largest);
  const compressedElsewhere = came.some(({ method, syntax }) => method !== "wado-rs" && isCompressed(syntax));
  if (kept !== undefined && (isCompressed(kept) || !compressedElsewhere)) {
    const converted = came.filter(({ syntax }) => !isAlike(syntax, kept));
    return converted.map(({ method, syntax }) =>
      speedFinding("SPEED_CONVERTED", { method: METHOD_NAMES[method], sent: nameOf(syntax), kept: nameOf(kept) }),
    );
  }
  const sent = nameOf(largest.syntax);
  const other = came.find(({ syntax }) => !isAlike(syntax, largest.syntax));
  if (other !== undefined) return [speedFinding("SPEED_FORMS_DIFFER", { one: sent, other: nameOf(other.syntax) })];
  const form = isCompressed(largest.syntax) ? undefined : await first.formOf(largest, COMPRESSED);
  return form === undefined ? [] : [speedFinding("SPEED_COMPRESSIBLE", { sent, form: nameOf(form) })];
}

async function keptForm(options: SpeedTestOptions, image: Arrived): Promise<string | undefined> {
  if (!options.pacs.ways.includes("wado-rs")) return undefined;
  return new Measure(options, "wado-rs").formOf(image, AS_KEPT);
}

/** Without compression it matters little how the elements are encoded. */
function isAlike(one: string, other: string): boolean {
  return one === other || !(isCompressed(one) || isCompressed(other));
}

function isCompressed(uid: string): boolean {
  return transferSyntaxOf(uid)?.encapsulated === true;
}
