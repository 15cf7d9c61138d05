import { transferSyntaxOf } from "../../dicom/index.ts";
import { NETWORK_SYNTAXES } from "../../dicomweb/index.ts";
import { countOf, type FoundStudy } from "../model.ts";
import type { Pacs } from "../pacs.ts";
import type { RetrieveMethod } from "../profile.ts";
import type { ExpectedInstance, RetrieveRequest } from "../retrieve/model.ts";

export interface SpeedTestOptions {
  readonly pacs: Pick<Pacs, "name" | "ways" | "retrieve">;
  readonly study: FoundStudy;
  /** The only way to measure; each in turn when absent. */
  readonly method?: RetrieveMethod;
  readonly signal: AbortSignal;
  /** Told of the images that came of each series; the time that it takes is not counted. */
  readonly onSeries?: (images: number) => Promise<void>;
}

/** How fast the images of a study came in one way (DB.SO.102). */
export interface Speed {
  readonly method: RetrieveMethod;
  readonly images: number;
  readonly expected: number;
  /** Of the data sets. */
  readonly bytes: number;
  readonly milliseconds: number;
  /** Until the first image was whole. */
  readonly firstImageMs: number;
  readonly megabitsPerSecond: number;
  /** How many images came in each transfer syntax, by its name. */
  readonly syntaxes: Readonly<Record<string, number>>;
}

/** An image that came. */
export interface Arrived extends ExpectedInstance {
  readonly seriesInstanceUID: string;
  readonly bytes: number;
  readonly syntax: string;
}

/** One way, measured. */
export class Measure {
  readonly method: RetrieveMethod;
  /** By SOP Instance UID. */
  readonly arrived = new Map<string, Arrived>();
  readonly #options: SpeedTestOptions;
  #milliseconds = 0;
  #firstImageMs: number | undefined;

  constructor(options: SpeedTestOptions, method: RetrieveMethod) {
    this.#options = options;
    this.method = method;
  }

  /** Throws `PACS_*`. */
  async run(): Promise<void> {
    const { study, onSeries } = this.#options;
    for (const { seriesInstanceUID, instances } of study.series) {
      const before = this.arrived.size;
      const began = performance.now();
      await this.#retrieve(seriesInstanceUID, { expected: instances }, (arrived) => {
        this.#firstImageMs ??= performance.now() - began;
        this.arrived.set(arrived.sopInstanceUID, arrived);
      });
      this.#milliseconds += performance.now() - began;
      await onSeries?.(this.arrived.size - before);
    }
  }

  /** UID of the transfer syntax in which one of the images comes when it is asked for so; undefined when it does not come. */
  async formOf({ seriesInstanceUID, sopClassUID, sopInstanceUID }: Arrived, how: Form): Promise<string | undefined> {
    let form: string | undefined;
    try {
      const wanted = { ...how, sopInstanceUIDs: [sopInstanceUID], expected: [{ sopClassUID, sopInstanceUID }] };
      await this.#retrieve(seriesInstanceUID, wanted, ({ syntax }) => {
        form = syntax;
      });
    } catch {
      this.#options.signal.throwIfAborted();
    }
    return form;
  }

  get speed(): Speed {
    const all = [...this.arrived.values()];
    const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
    const syntaxes: Record<string, number> = {};
    for (const { syntax } of all) syntaxes[nameOf(syntax)] = (syntaxes[nameOf(syntax)] ?? 0) + 1;
    return {
      method: this.method,
      images: all.length,
      expected: countOf(this.#options.study),
      bytes,
      milliseconds: Math.round(this.#milliseconds),
      firstImageMs: Math.round(this.#firstImageMs ?? 0),
      megabitsPerSecond: Math.round((bytes * 8) / Math.max(1, this.#milliseconds) / 100) / 10,
      syntaxes,
    };
  }

  async #retrieve(
    seriesInstanceUID: string,
    wanted: Pick<RetrieveRequest, "expected"> & Partial<RetrieveRequest>,
    onImage: (arrived: Arrived) => void,
  ): Promise<void> {
    const { pacs, study, signal } = this.#options;
    await pacs.retrieve({
      studyInstanceUID: study.studyInstanceUID,
      seriesInstanceUID,
      transferSyntaxes: NETWORK_SYNTAXES,
      anySyntax: true,
      priority: "background",
      method: this.method,
      signal,
      ...wanted,
      async store({ sopClassUID, sopInstanceUID, transferSyntax: syntax }, data) {
        let bytes = 0;
        for await (const piece of data) bytes += piece.length;
        onImage({ seriesInstanceUID, sopClassUID, sopInstanceUID, bytes, syntax });
      },
    });
  }
}

/** In what an image may come. */
export type Form = Pick<RetrieveRequest, "transferSyntaxes" | "anySyntax">;

export function nameOf(uid: string): string {
  return transferSyntaxOf(uid)?.name ?? uid;
}
