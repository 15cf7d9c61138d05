import type { SubOperations } from "../../dimse/index.ts";
import type { RetrieveMethod } from "../profile.ts";
import type { Urgency } from "../turns.ts";

export interface ExpectedInstance {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
}

/** An instance that comes. */
export interface IncomingInstance extends ExpectedInstance {
  /** UID of the transfer syntax of the data. */
  readonly transferSyntax: string;
}

/** Instances of one series to be had from a PACS. */
export interface RetrieveRequest {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  /** Only these of the series (IMAGE level); all of it when absent. */
  readonly sopInstanceUIDs?: readonly string[];
  /** What may come. Other objects are refused, under whatever name they come. */
  readonly expected: readonly ExpectedInstance[];
  /**
   * What the instances may come in, best first: UIDs. Explicit VR Little Endian stands for Implicit VR too, which some archives
   * alone send: who takes the one makes it of the other.
   */
  readonly transferSyntaxes: readonly string[];
  /** Any other syntax is welcome too, after those. */
  readonly anySyntax?: boolean;
  readonly priority: Exclude<Urgency, "brief">;
  /** Aborted once somebody waits for it after all: its priority is then `now`. */
  readonly urgent?: AbortSignal;
  /** Only in this way, whatever the profile tries first. */
  readonly method?: RetrieveMethod;
  readonly signal?: AbortSignal;
  /**
   * Takes one instance as it comes, without file meta information. The PACS waits while it does. It rejects to refuse this
   * instance; `data` throws when the rest does not come. Not called twice for what it took.
   */
  store(instance: IncomingInstance, data: AsyncIterable<Uint8Array>): Promise<void>;
}

export interface RetrieveOutcome {
  readonly method: RetrieveMethod;
  /** How many `store` took; fewer than expected when the PACS has no more. */
  readonly received: number;
  /** As the PACS says; it may hide failures. */
  readonly counts: SubOperations;
  readonly failedSOPInstanceUIDs: readonly string[];
  /** By C-MOVE: whether the PACS named the request with all that came. */
  readonly named?: boolean;
}

/** What a PACS says at the end. */
export type Told = Omit<RetrieveOutcome, "method" | "received">;
