import { asCoded, type CodedError, type Logger } from "../../base/index.ts";
import type { Images } from "../../images/index.ts";
import type { PacsGroup } from "../../pacs/index.ts";
import { sourceErrors } from "../errors.ts";
import type { Manifests, ServedManifest } from "./manifests.ts";
import { supplierFrom } from "./supplier.ts";

/** Which studies are brought before anybody asks (DB.SO.40: by modality). */
export interface PrefetchRules {
  /** A study with a series of one of these modalities. */
  readonly modalities: readonly string[];
  /** A study of more is left to those who ask. */
  readonly maximumImages: number;
}

export interface PrefetchOptions extends PrefetchRules {
  readonly images: Pick<Images, "prepare">;
  readonly manifests: Pick<Manifests, "current">;
  readonly pacs: Pick<PacsGroup, "retrieve">;
  readonly log: Logger;
  /** Told of each study that was brought, or of why it was not. */
  readonly onStudy?: (code: string | undefined) => void;
}

/** Studies that wait; those that come when so many do are left to who asks. */
const MOST_WAITING = 200;

/**
 * Brings studies into the cache when nobody waits for anything, one after the other. What waits is forgotten with the process:
 * whoever asks is served all the same.
 */
export class Prefetch {
  readonly #options: PrefetchOptions;
  readonly #waiting = new Set<string>();
  readonly #closed = new AbortController();
  #work: Promise<void> | undefined;

  constructor(options: PrefetchOptions) {
    this.#options = options;
  }

  /** Its manifest has come into the record. */
  add(studyInstanceUID: string): void {
    if (this.#closed.signal.aborted || this.#waiting.size >= MOST_WAITING) return;
    this.#waiting.add(studyInstanceUID);
    this.#work ??= this.#bringAll();
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#waiting.clear();
    await this.#work;
  }

  async #bringAll(): Promise<void> {
    for (const studyInstanceUID of this.#waiting) {
      this.#waiting.delete(studyInstanceUID);
      await this.#bring(studyInstanceUID);
    }
    this.#work = undefined;
  }

  async #bring(studyInstanceUID: string): Promise<void> {
    const { images, manifests, pacs, log, onStudy } = this.#options;
    const { signal } = this.#closed;
    const began = performance.now();
    // Before the manifest is asked for, so that no withdrawal is missed.
    using preparation = images.prepare(studyInstanceUID);
    try {
      const manifest = await manifests.current(studyInstanceUID);
      if (!this.#wants(manifest)) return;
      const { localIDs: patientIDs, ins: identifier, series, examId: exam } = manifest;
      const supply = supplierFrom(pacs, manifest.pacs);
      await preparation.bring({ patient: { patientIDs, identifier }, series, supply, urgency: "background" }, signal);
      const milliseconds = Math.round(performance.now() - began);
      log.info({ exam, images: imagesOf(manifest), milliseconds }, "a study was brought before anybody asks");
      onStudy?.(undefined);
    } catch (error) {
      if (signal.aborted) return;
      const { code } = codedOf(error);
      log.warn({ code }, "a study was not brought before anybody asks");
      onStudy?.(code);
    }
  }

  #wants(manifest: ServedManifest): boolean {
    const { modalities, maximumImages } = this.#options;
    return manifest.modalities.some((one) => modalities.includes(one)) && imagesOf(manifest) <= maximumImages;
  }
}

function imagesOf({ series }: ServedManifest): number {
  return series.reduce((sum, { instances }) => sum + instances.length, 0);
}

function codedOf(error: unknown): CodedError {
  return asCoded(error, (cause) => sourceErrors.fault("SOURCE_INTERNAL", { cause }));
}
