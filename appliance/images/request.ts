import type { EntryReader } from "../cache/index.ts";
import type { ImagesPatient, InstanceFacts, Supplier, Urgency, WantedSeries } from "./model.ts";
import type { Shelf } from "./shelf.ts";

/** What somebody may have, and from where it is brought. */
export interface ImagesRequest {
  readonly patient: ImagesPatient;
  /** What is asked for and may leave. */
  readonly series: readonly WantedSeries[];
  readonly supply: Supplier;
  readonly urgency: Urgency;
  /** Numbers of the frames that are asked for, from 1. */
  readonly frames?: readonly number[] | undefined;
  /** Where a value is: tags, and numbers of items between them. */
  readonly bulk?: readonly string[] | undefined;
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
  { patient, supply, urgency }: ImagesRequest,
  series: WantedSeries,
  transferSyntaxes: readonly string[],
  signal: AbortSignal,
): Promise<EntryReader<InstanceFacts>> {
  const { patientIDs } = patient;
  return shelf.open(series, { transferSyntaxes, patientIDs, supply, urgency, signal });
}
