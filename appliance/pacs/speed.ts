import { asCoded } from "../base/index.ts";
import { TransferSyntaxes, transferSyntaxOf } from "../dicom/index.ts";
import { NETWORK_SYNTAXES } from "../dicomweb/index.ts";
import { explain } from "./explain.ts";
import { because, type Finding } from "./finding.ts";
import { countOf, type FoundStudy } from "./model.ts";
import type { Pacs } from "./pacs.ts";
import { METHOD_NAMES, type RetrieveMethod } from "./profile.ts";
import type { ExpectedInstance, RetrieveRequest } from "./retrieve/model.ts";
import { speedFinding } from "./speed-findings.ts";

/** What is asked of every site, in Mbit/s (DB.SO.100). */
const MINIMUM = 100;

/** Less does not tell the throughput from the latency, in bytes: 4 s at the minimum. The reference study has four times that. */
const ENOUGH_BYTES = 50_000_000;

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

export interface SpeedTest {
  readonly speeds: readonly Speed[];
  readonly findings: readonly Finding[];
}

/**
 * Has a study sent in each way that a PACS has, keeps nothing of it, and says how fast it came and whether the PACS converted it.
 * The images are asked for as other boxes ask for them, one series after the other, when nobody else waits for any. What the PACS
 * does wrong is a finding; rejects only when `signal` is aborted.
 */
export async function testSpeed(options: SpeedTestOptions): Promise<SpeedTest> {
  const { pacs, method: only, signal } = options;
  const measures: Measure[] = [];
  const findings: Finding[] = [];
  for (const method of pacs.ways.filter((one) => only === undefined || one === only)) {
    const measure = new Measure(options, method);
    try {
      await measure.run();
      measures.push(measure);
      findings.push(...verdict(measure.speed));
    } catch (error) {
      signal.throwIfAborted();
      const why = asCoded(error, (cause) => explain(cause, pacs.name, METHOD_NAMES[method]));
      findings.push(because(speedFinding("SPEED_NOT_MEASURED", { method: METHOD_NAMES[method] }), why));
    }
  }
  if (measures.length === 0) findings.push(speedFinding("SPEED_NO_WAY"));
  for (const measure of measures) findings.push(...(await conversion(measure, measures)));
  findings.push(...disagreement(measures));
  return { speeds: measures.map(({ speed }) => speed), findings };
}

interface Arrived extends ExpectedInstance {
  readonly seriesInstanceUID: string;
  readonly bytes: number;
  readonly syntax: string;
}

/** One way, measured. */
class Measure {
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

  /** Name of the compressed form in which the PACS can send, in this way, what came without compression. */
  async compressedForm({ seriesInstanceUID, sopClassUID, sopInstanceUID }: Arrived): Promise<string | undefined> {
    const compressed = [...TransferSyntaxes.values()].filter(({ encapsulated }) => encapsulated).map(({ uid }) => uid);
    const transferSyntaxes = [
      ...new Set([...NETWORK_SYNTAXES.filter((uid) => compressed.includes(uid)), ...compressed]),
    ];
    const wanted = {
      sopInstanceUIDs: [sopInstanceUID],
      expected: [{ sopClassUID, sopInstanceUID }],
      transferSyntaxes,
      anySyntax: false,
    };
    let form: string | undefined;
    try {
      await this.#retrieve(seriesInstanceUID, wanted, ({ syntax }) => {
        form = syntax;
      });
    } catch {
      // It cannot, or does not want to: then there is nothing to be said.
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

function verdict({ method: way, images, expected, ...speed }: Speed): Finding[] {
  const method = METHOD_NAMES[way];
  const rate = speed.megabitsPerSecond;
  const details = { method, rate, first: speed.firstImageMs, minimum: MINIMUM };
  const small = { megabytes: Math.round(speed.bytes / 1e5) / 10, least: ENOUGH_BYTES / 1e6 };
  const missing = images < expected ? [speedFinding("SPEED_INCOMPLETE", { method, received: images, expected })] : [];
  if (rate >= MINIMUM) return [speedFinding("SPEED_ENOUGH", details), ...missing];
  const enough = speed.bytes >= ENOUGH_BYTES;
  return [speedFinding(enough ? "SPEED_TOO_LOW" : "SPEED_UNSURE", { ...details, ...small }), ...missing];
}

/**
 * Whether the PACS decompressed: the largest image that came without compression comes compressed in another way, or in this way
 * when nothing else is taken.
 */
async function conversion(measure: Measure, all: readonly Measure[]): Promise<Finding[]> {
  const native = [...measure.arrived.values()].filter(({ syntax }) => !isCompressed(syntax));
  const [first, ...rest] = native;
  if (first === undefined) return [];
  const largest = rest.reduce((most, one) => (one.bytes > most.bytes ? one : most), first);
  const elsewhere = formsOf(largest.sopInstanceUID, all).find(isCompressed);
  const kept = elsewhere ?? (await measure.compressedForm(largest));
  if (kept === undefined) return [];
  const details = { method: METHOD_NAMES[measure.method], sent: nameOf(largest.syntax), kept: nameOf(kept) };
  return [speedFinding("SPEED_CONVERTED", details)];
}

/** Whether one image came in two compressed forms: it is kept in one of them at most. */
function disagreement(measures: readonly Measure[]): Finding[] {
  const [first] = measures;
  for (const sopInstanceUID of first?.arrived.keys() ?? []) {
    const [one, other] = formsOf(sopInstanceUID, measures).filter(isCompressed);
    if (one !== undefined && other !== undefined) {
      return [speedFinding("SPEED_FORMS_DIFFER", { one: nameOf(one), other: nameOf(other) })];
    }
  }
  return [];
}

/** UIDs of the transfer syntaxes in which an image came. */
function formsOf(sopInstanceUID: string, measures: readonly Measure[]): string[] {
  return [...new Set(measures.flatMap(({ arrived }) => arrived.get(sopInstanceUID)?.syntax ?? []))];
}

function isCompressed(uid: string): boolean {
  return transferSyntaxOf(uid)?.encapsulated === true;
}

function nameOf(uid: string): string {
  return transferSyntaxOf(uid)?.name ?? uid;
}
