import type { CodedError } from "../../base/index.ts";
import { ExplicitVRLittleEndian, ImplicitVRLittleEndian, TransferSyntaxes } from "../../dicom/index.ts";
import { Status } from "../../dimse/index.ts";
import type { ExpectedInstance, IncomingInstance, RetrieveRequest } from "./model.ts";
import { Reading } from "./reading.ts";

const IMPLICIT = ImplicitVRLittleEndian.uid;

/**
 * What one request takes of all that a PACS sends: the instances that it expects, each once, in a syntax of its offer. It
 * belongs to that request alone.
 */
export class Intake {
  /** UIDs of transfer syntaxes, best first. */
  readonly offer: readonly string[];
  readonly anySyntax: boolean;
  /** SOP Instance UID to SOP Class UID. */
  readonly expected: ReadonlyMap<string, string>;
  /** Syntaxes that the PACS proposed to send in, and that are not in the offer. */
  readonly foreignSyntaxes = new Set<string>();
  /** Set when an instance came in one of them all the same. */
  unsuited = false;
  /** Set when objects came that named no request, where the PACS should name it. */
  unnamed = false;
  readonly #store: RetrieveRequest["store"];
  readonly #explain: (error: unknown) => CodedError;
  /** Taken where others were proposed too, and those by which nothing came. */
  readonly #chosen = new Set<string>();
  readonly #vain = new Set<string>();
  readonly #begun = new Set<string>();
  readonly #readings = new Set<Reading>();
  #stopped: CodedError | undefined;
  #idle: (() => void) | undefined;
  #arrived = 0;
  #received = 0;
  #others = 0;
  #refusal: unknown;
  #breakage: CodedError | undefined;

  /** `explain` says what it means that the rest of an instance does not come. */
  constructor(request: RetrieveRequest, explain: (error: unknown) => CodedError) {
    const { transferSyntaxes, anySyntax = false, expected, sopInstanceUIDs, store } = request;
    const either = transferSyntaxes.flatMap((uid) => (uid === ExplicitVRLittleEndian.uid ? [uid, IMPLICIT] : [uid]));
    this.offer = [...new Set(either)];
    this.anySyntax = anySyntax;
    const asked = sopInstanceUIDs && new Set(sopInstanceUIDs);
    const those = expected.filter(({ sopInstanceUID }) => asked?.has(sopInstanceUID) ?? true);
    this.expected = new Map(those.map(({ sopInstanceUID, sopClassUID }) => [sopInstanceUID, sopClassUID]));
    this.#store = store;
    this.#explain = explain;
  }

  get sopClassUIDs(): Set<string> {
    return new Set(this.expected.values());
  }

  /** Objects that came, taken or not. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Instances that `store` took. */
  get received(): number {
    return this.#received;
  }

  /** Objects that nobody asked for. */
  get others(): number {
    return this.#others;
  }

  /** What the first instance was refused for, by `store`. */
  get refusal(): unknown {
    return this.#refusal;
  }

  /** Why the rest of an instance did not come, the first time. */
  get breakage(): CodedError | undefined {
    return this.#breakage;
  }

  get complete(): boolean {
    return this.#received === this.expected.size;
  }

  /** Takes or refuses one object; gives the status to answer with. `onProgress` is told of all that comes. Never throws. */
  async take(
    instance: IncomingInstance,
    data: AsyncIterable<Uint8Array>,
    onProgress: () => void = () => {},
  ): Promise<number> {
    onProgress();
    if (this.#stopped !== undefined) return Status.notAuthorized;
    if (!this.#isExpected(instance)) return this.refuse();
    this.#arrived += 1;
    if (!this.anySyntax && !this.offer.includes(instance.transferSyntax)) {
      this.foreignSyntaxes.add(instance.transferSyntax);
      this.unsuited = true;
      return Status.sopClassNotSupported;
    }
    const { sopInstanceUID } = instance;
    // Some send an object twice: the first is kept.
    if (this.#begun.has(sopInstanceUID)) return Status.success;
    this.#begun.add(sopInstanceUID);
    const reading = new Reading(data, onProgress, this.#explain);
    this.#readings.add(reading);
    try {
      await this.#store(instance, reading);
      this.#received += 1;
      return Status.success;
    } catch (error) {
      this.#begun.delete(sopInstanceUID);
      if (reading.broken === undefined) this.#refusal ??= error;
      else this.#breakage ??= reading.broken;
      return Status.processingFailure;
    } finally {
      this.#readings.delete(reading);
      if (this.#readings.size === 0) this.#idle?.();
    }
  }

  /** Which of the syntaxes that the PACS proposes to send in is taken: the best of the offer that was not in vain. */
  choose(proposed: readonly string[]): string | undefined {
    for (const uid of proposed) if (!this.offer.includes(uid)) this.foreignSyntaxes.add(uid);
    const any = this.anySyntax ? [...TransferSyntaxes.keys()] : [];
    const taken = [...this.offer, ...any].filter((uid) => proposed.includes(uid) && !this.#vain.has(uid));
    const [chosen] = taken;
    if (chosen !== undefined && new Set(taken).size > 1) this.#chosen.add(chosen);
    return chosen;
  }

  /**
   * Who lets us choose does not say what it keeps, and may fail to convert to what was chosen. True when another choice may do
   * better: it is then made.
   */
  chooseOthers(): boolean {
    if (this.#arrived > 0 || this.#chosen.size === 0) return false;
    for (const uid of this.#chosen) this.#vain.add(uid);
    this.#chosen.clear();
    return true;
  }

  /** What the choice follows from. */
  get choice(): string {
    return [...this.offer, this.anySyntax ? "*" : "", "-", ...this.#vain].join(" ");
  }

  /** What nobody asked for has come. */
  refuse(): number {
    this.#arrived += 1;
    this.#others += 1;
    return Status.notAuthorized;
  }

  /** Nothing more is taken, and what is being taken breaks off. */
  stop(reason: CodedError): void {
    this.#stopped ??= reason;
    for (const reading of this.#readings) reading.break(reason);
  }

  /** Resolves when nothing is being taken. */
  async idle(): Promise<void> {
    while (this.#readings.size > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
  }

  #isExpected({ sopInstanceUID, sopClassUID }: ExpectedInstance): boolean {
    return this.expected.get(sopInstanceUID) === sopClassUID;
  }
}
