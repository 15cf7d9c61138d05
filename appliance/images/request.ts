import type { CachedItem, EntryReader } from "../cache/index.ts";
import { ANY_SYNTAX } from "../dicomweb/index.ts";
import { DECODABLE, ENCODABLE } from "../pixels/index.ts";
import type { ImagesPatient, InstanceFacts, Supplier, Urgency, WantedSeries } from "./model.ts";
import type { Shelf } from "./shelf.ts";

/** What somebody may have, and from where it is brought. */
export interface ImagesRequest {
  readonly patient: ImagesPatient;
  /** What is asked for and may leave. */
  readonly series: readonly WantedSeries[];
  readonly supply: Supplier;
  readonly urgency: Urgency;
  /** True when images that come in a transfer syntax that is not accepted may be transcoded, if the frames of theirs can be. */
  readonly transcode?: boolean;
  /** Numbers of the frames that are asked for, from 1. */
  readonly frames?: readonly number[] | undefined;
  /** Where a value is: tags, and numbers of items between them. */
  readonly bulk?: readonly string[] | undefined;
  /** Which picture is wanted, and how (PS3.18 8.3.5). */
  readonly picture?: { readonly what: "rendered" | "thumbnail"; readonly query: URLSearchParams } | undefined;
}

/** What was sent of what was asked for. */
export interface Delivery {
  readonly instances: number;
  readonly bytes: number;
  /** SOP Instance UIDs of what could not be sent. */
  readonly missing: readonly string[];
  /** Why. */
  readonly fault?: unknown;
}

/** A reader of one series of a request. */
export function openSeries(
  shelf: Shelf,
  { patient, supply, urgency, transcode = false }: ImagesRequest,
  series: WantedSeries,
  accepted: readonly string[],
  signal: AbortSignal,
): Promise<EntryReader<InstanceFacts>> {
  const transferSyntaxes = transcode ? withSources(accepted) : accepted;
  // Headers, values and pictures are the same whichever of all it is.
  const indifferent = accepted === ANY_SYNTAX;
  return shelf.open(series, { transferSyntaxes, indifferent, patient, supply, urgency, signal });
}

/** What a series request wants of what is at hand, as it comes: one image may be read from all of its series. */
export async function* wantedOf(
  reader: EntryReader<InstanceFacts>,
  { instances, partOf }: WantedSeries,
): AsyncGenerator<CachedItem<InstanceFacts>> {
  if (partOf === undefined) return yield* reader.items();
  for (const { sopInstanceUID } of instances) {
    const item = await reader.find(sopInstanceUID);
    if (item !== undefined) yield item;
  }
}

/** What is accepted, and behind it, if something of that can be made, all that it can be made of. */
function withSources(accepted: readonly string[]): readonly string[] {
  if (!accepted.some((syntax) => ENCODABLE.includes(syntax))) return accepted;
  return [...accepted, ...DECODABLE.filter((syntax) => !accepted.includes(syntax))];
}
