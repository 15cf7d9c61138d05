import { asCoded } from "../base/index.ts";
import { ExplicitVRLittleEndian, transferSyntaxOf } from "../dicom/index.ts";
import { explain } from "./explain.ts";
import { because, type Finding } from "./finding.ts";
import type { FoundStudy } from "./model.ts";
import { createPacs, type PacsOptions } from "./pacs.ts";
import { finding } from "./probe-findings.ts";
import { METHOD_NAMES, type PacsProfile, type RetrieveMethod } from "./profile.ts";
import type { ExpectedInstance } from "./retrieve/model.ts";

/** An instance to try with. */
export interface Sample extends ExpectedInstance {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
}

/** The first instance of a study whose class is known. */
export function sampleOf({ studyInstanceUID, series }: FoundStudy): Sample | undefined {
  for (const { seriesInstanceUID, instances } of series) {
    const instance = instances.find(({ sopClassUID }) => sopClassUID !== "");
    if (instance === undefined) continue;
    const { sopClassUID, sopInstanceUID } = instance;
    return { studyInstanceUID, seriesInstanceUID, sopClassUID, sopInstanceUID };
  }
  return undefined;
}

export interface RetrievalFindings {
  readonly findings: readonly Finding[];
  /** What is to be changed in the profile. */
  readonly profile: Partial<PacsProfile>;
}

/** Has one image sent in each way that is configured and that the PACS knows, and sees what it says and does on the way. */
export async function probeRetrieval(
  options: PacsOptions & { readonly profile: PacsProfile },
  known: { readonly get: boolean; readonly move: boolean },
  sample: Sample,
  signal: AbortSignal,
): Promise<RetrievalFindings> {
  const { storage, wado, profile, name } = options;
  const destination = storage !== undefined && profile.moveDestination !== undefined;
  const possible = { "c-get": known.get, "c-move": known.move && destination, "wado-rs": wado !== undefined };
  const methods = profile.retrieve.filter((method) => possible[method]);
  const working = new Map<RetrieveMethod, Probed>();
  const findings: Finding[] = [];
  for (const method of methods) {
    const details = { method: METHOD_NAMES[method] };
    try {
      const probed = await retrieveOne(options, method, sample, signal);
      working.set(method, probed);
      const { milliseconds, bytes, syntax } = probed;
      findings.push(finding("PROBE_RETRIEVED", { ...details, milliseconds, bytes, syntax }));
    } catch (error) {
      const why = asCoded(error, (cause) => explain(cause, name, details.method));
      findings.push(because(finding("PROBE_NOT_RETRIEVED", details), why));
    }
  }
  const [first] = working;
  if (!working.has("c-get") && known.move && !destination) findings.push(finding("PROBE_NO_DESTINATION"));
  if (first === undefined) {
    if (methods.length > 0) findings.push(finding("PROBE_NOTHING_RETRIEVED"));
    return { findings, profile: {} };
  }
  const moved = working.get("c-move");
  if (moved !== undefined) findings.push(finding(moved.named ? "PROBE_MOVE_NAMED" : "PROBE_MOVE_UNNAMED"));
  const [method, { syntax, encapsulated }] = first;
  if (encapsulated) {
    const decompressed = retrieveOne(options, method, sample, signal, [ExplicitVRLittleEndian.uid]);
    const [outcome] = await Promise.allSettled([decompressed]);
    const converts = outcome?.status === "fulfilled";
    findings.push(finding(converts ? "PROBE_CONVERTS" : "PROBE_CONVERTS_NOT", { syntax }));
  }
  const named = moved === undefined ? {} : { moveOriginator: moved.named };
  return { findings, profile: { retrieve: [...working.keys()], ...named } };
}

/** How an instance came. */
interface Probed {
  /** Name of its transfer syntax. */
  readonly syntax: string;
  readonly encapsulated: boolean;
  readonly bytes: number;
  readonly milliseconds: number;
  /** By C-MOVE: whether the PACS named the request. */
  readonly named: boolean;
}

/** Has one instance sent in that way, in any syntax or in one of `only`, and drops it. Throws `PACS_*`. */
async function retrieveOne(
  options: PacsOptions,
  method: RetrieveMethod,
  { studyInstanceUID, seriesInstanceUID, ...instance }: Sample,
  signal: AbortSignal,
  only: readonly string[] = [],
): Promise<Probed> {
  const started = performance.now();
  let transferSyntax = "";
  let bytes = 0;
  const pacs = createPacs({ ...options, profile: { ...options.profile, retrieve: [method], moveOriginator: false } });
  const { named = false } = await pacs.retrieve({
    studyInstanceUID,
    seriesInstanceUID,
    sopInstanceUIDs: [instance.sopInstanceUID],
    expected: [instance],
    transferSyntaxes: only,
    anySyntax: only.length === 0,
    priority: "now",
    signal,
    async store(incoming, data) {
      for await (const piece of data) bytes += piece.length;
      ({ transferSyntax } = incoming);
    },
  });
  const { name: syntax = transferSyntax, encapsulated = false } = transferSyntaxOf(transferSyntax) ?? {};
  return { syntax, encapsulated, bytes, named, milliseconds: Math.round(performance.now() - started) };
}
