import { createHash } from "node:crypto";
import { CodedError, type Logger } from "../base/index.ts";
import type { EntryReader, EntryWriter, ImageCache } from "../cache/index.ts";
import { fault } from "./errors.ts";
import type { ImagesPatient, InstanceFacts, SuppliedInstance, Supplier, Urgency, WantedSeries } from "./model.ts";
import { receive } from "./receive.ts";

export interface Wish {
  /** UIDs of transfer syntaxes, best first. */
  readonly transferSyntaxes: readonly string[];
  /** Whether each of them is as good as the first. */
  readonly indifferent: boolean;
  readonly patient: ImagesPatient;
  readonly supply: Supplier;
  readonly urgency: Urgency;
  readonly signal: AbortSignal;
}

/** Instances of a series that go to the disk while the source sends the next: it need not wait for each. */
const MOST_WRITING = 4;

/** What an entry of the cache says of itself: whether another wish can be met from it. */
interface Note {
  /** Digest of the series, its instances and whose they are. */
  readonly identity: string;
  /** What was offered to the source, best first, and what came; all that may come, while it comes. */
  readonly offered: readonly string[];
  readonly received: readonly string[];
}

/** Series that are at hand, or on their way: however many ask for one, it is brought once. */
export class Shelf {
  readonly #cache: ImageCache<InstanceFacts>;
  readonly #log: Logger;

  constructor(cache: ImageCache<InstanceFacts>, log: Logger) {
    this.#cache = cache;
    this.#log = log;
  }

  /** The instances of a series as they come. The reader ends after the last, or with the reason why others are missing. */
  open(series: WantedSeries, wish: Wish): Promise<EntryReader<InstanceFacts>> {
    const { identity, offered, asked } = this.#nearest(series, wish);
    const fill = async (entry: EntryWriter<InstanceFacts>, signal: AbortSignal) => {
      const note: Note = { identity, offered, received: offered };
      entry.note({ ...note });
      const received = await this.#bring(asked, { ...wish, transferSyntaxes: offered }, entry, signal);
      entry.note({ ...note, received });
    };
    const key = `${identity} ${offered.join(" ")}`;
    const urgent = wish.urgency === "now";
    return this.#cache.open(key, series.studyInstanceUID, fill, { signal: wish.signal, urgent });
  }

  /**
   * What is at hand, or coming, and meets the wish; otherwise the wish itself. Whatever is named so is what is brought under that
   * name, should it be gone meanwhile.
   */
  #nearest(series: WantedSeries, wish: Wish): Pick<Note, "identity" | "offered"> & { readonly asked: WantedSeries } {
    const entries = this.#cache
      .entriesOf(series.studyInstanceUID)
      .map(({ note, complete }) => ({ complete, note: note as unknown as Note | undefined }))
      .filter(
        (entry): entry is { complete: boolean; note: Note } => entry.note !== undefined && meets(entry.note, wish),
      );
    const identity = identityOf(series, wish.patient);
    const alike = entries.find(({ note }) => note.identity === identity);
    if (alike !== undefined) return { ...alike.note, asked: series };
    if (series.partOf !== undefined) {
      const { partOf, ...rest } = series;
      const asked = { ...rest, instances: partOf };
      const whole = identityOf(asked, wish.patient);
      // Who wants one image need not wait for all of its series, but if all of it is there.
      const around = entries.find(({ note, complete }) => complete && note.identity === whole);
      if (around !== undefined) return { ...around.note, asked };
    }
    return { identity, offered: wish.transferSyntaxes, asked: series };
  }

  /** Has the series brought into the entry; gives the transfer syntaxes in which it came. */
  async #bring(
    series: WantedSeries,
    { supply, urgency, patient, transferSyntaxes }: Wish,
    entry: EntryWriter<InstanceFacts>,
    signal: AbortSignal,
  ): Promise<string[]> {
    const wanted = new Map(series.instances.map((one) => [one.sopInstanceUID, one.sopClassUID]));
    const taken = new Set<string>();
    const received = new Set<string>();
    const writing = new Set<Promise<void>>();
    let refusal: CodedError | undefined;
    const refused = (error: unknown) => {
      if (error instanceof CodedError) refusal ??= error;
    };
    const store = async (instance: SuppliedInstance, data: AsyncIterable<Uint8Array>) => {
      const { sopInstanceUID, sopClassUID } = instance;
      const arriving = new Arriving(data);
      try {
        if (wanted.get(sopInstanceUID) !== sopClassUID) throw fault("IMAGES_NOT_ASKED");
        const { transferSyntax, written } = await receive(entry, series, patient, instance, arriving);
        const kept = written
          .then(() => {
            taken.add(sopInstanceUID);
            received.add(transferSyntax);
          }, refused)
          .finally(() => writing.delete(kept));
        writing.add(kept);
        if (writing.size > MOST_WRITING) await Promise.race(writing);
      } catch (error) {
        // What broke off is for the source to explain.
        if (!arriving.broken) refused(error);
        throw error;
      }
    };
    try {
      await supply({ ...series, transferSyntaxes, urgency, urgent: entry.urgent, signal, store });
    } catch (error) {
      // A source whose objects were all refused tells that they failed: why, we know better.
      throw refusal ?? error;
    } finally {
      await Promise.all(writing);
    }
    if (refusal !== undefined) this.#log.warn({ code: refusal.code }, "an object of the source was dropped");
    if (taken.size === wanted.size) return [...received];
    if (taken.size === 0) throw refusal ?? fault("IMAGES_GONE");
    throw fault("IMAGES_INCOMPLETE", { details: { received: taken.size, wanted: wanted.size }, cause: refusal });
  }
}

/** The data of an instance as they come. */
class Arriving implements AsyncIterable<Uint8Array> {
  /** True when the rest does not come. */
  broken = false;
  readonly #data: AsyncIterable<Uint8Array>;

  constructor(data: AsyncIterable<Uint8Array>) {
    this.#data = data;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#data;
    } catch (error) {
      this.broken = true;
      throw error;
    }
  }
}

/** The same for the same images of the same patient, and for these only. */
function identityOf({ studyInstanceUID, seriesInstanceUID, instances }: WantedSeries, patient: ImagesPatient) {
  const { patientIDs, identifier } = patient;
  const names = instances.map(({ sopInstanceUID }) => sopInstanceUID).sort();
  const all = JSON.stringify([
    ...[studyInstanceUID, seriesInstanceUID, names],
    ...[[...patientIDs].sort(), identifier.issuerOID, identifier.id],
  ]);
  return createHash("sha256").update(all).digest("hex");
}

/**
 * True when what came is the best of the wish that its source had: all that is wished more was asked for before it, and did not
 * come. A source that was asked for it after what came was never asked.
 */
function meets({ offered, received }: Note, { transferSyntaxes, indifferent }: Wish): boolean {
  return received.every((syntax) => {
    const rank = transferSyntaxes.indexOf(syntax);
    if (rank < 0 || indifferent) return rank >= 0;
    const asked = offered.slice(0, offered.indexOf(syntax));
    return transferSyntaxes.slice(0, rank).every((better) => asked.includes(better));
  });
}
