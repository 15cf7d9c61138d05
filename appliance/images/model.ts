/** What is asked, in the words of those who ask: other DRIMboxes, viewers. */

/** The identity that every image must bear when it leaves, and by which it is known at home. */
export interface ImagesPatient {
  /** What PatientID (0010,0020) of an image may be: the identifiers by which the site knows him. Another is another patient. */
  readonly patientIDs: readonly string[];
  /** What is put into OtherPatientIDsSequence: the INS and the OID of its authority. */
  readonly identifier: { readonly id: string; readonly issuerOID: string };
}

export interface WantedInstance {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
}

/** A series, and the instances of it that may leave: no other is sent, whatever its PACS has. */
export interface WantedSeries {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly instances: readonly WantedInstance[];
  /** All of the series that may leave, when `instances` is not all: only those are fetched, unless all are at hand. */
  readonly partOf?: readonly WantedInstance[];
}

/** Somebody who waits for a first image goes first; what nobody waits for goes last. */
export type Urgency = "now" | "soon" | "background";

/** What a supplier is asked to bring. */
export interface SupplyRequest extends WantedSeries {
  /** What the images may come in, best first: UIDs of transfer syntaxes. */
  readonly transferSyntaxes: readonly string[];
  readonly urgency: Urgency;
  /** Aborted once somebody waits for it after all: from then on it is as urgent as anything. */
  readonly urgent?: AbortSignal;
  readonly signal: AbortSignal;
  /** Takes one instance as it comes, each once; rejects with the reason when it is not one that may be taken. */
  store(instance: SuppliedInstance, data: AsyncIterable<Uint8Array>): Promise<void>;
}

export interface SuppliedInstance extends WantedInstance {
  /** UID of the transfer syntax of the data. */
  readonly transferSyntax: string;
}

/**
 * Brings the images of a series from where they are. It resolves when all that was to be had is brought; who misses what
 * counts it against what was wanted. It rejects with the coded error of the source, after what came before it.
 */
export type Supplier = (request: SupplyRequest) => Promise<void>;

/** What is kept of an instance beside its data set, to serve it without reading it again. */
export interface InstanceFacts {
  readonly sopClassUID: string;
  readonly transferSyntax: string;
  /** Where OtherPatientIDsSequence is, or would be: offset, and length of what stands there now. */
  readonly at: number;
  readonly replaces: number;
  /** The items that stand there, base64. */
  readonly items?: string;
}
