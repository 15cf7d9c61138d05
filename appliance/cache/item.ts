import { COLLECTED, giveBack, takeBuffer } from "./buffers.ts";
import { isDiskError, isSpoilt, readFrom, reasonOf, spoiltFile, withRoom, writeTo } from "./disk.ts";
import { fault } from "./errors.ts";
import type { Lane } from "./lane.ts";
import type { ItemWriter, Range } from "./model.ts";
import { Changes } from "./signal.ts";

/** A slice of 512 × 512 in 16 bits with its header is one read. */
const READ_AT_ONCE = 640 * 1024;

/** What the entry around an item does for it. */
export interface Surroundings {
  /** Takes so many bytes of what may be kept, or throws CACHE_FULL. */
  reserve(bytes: number): Promise<void>;
  /** Gives them back. */
  release(bytes: number): void;
  /** Frees what else is kept, when the disk itself is full; false when there is nothing to free. */
  evict(): Promise<boolean>;
  /** The file is not what was written to it: the entry is of no use. */
  spoilt(reason: unknown): void;
  /** Throws the reason when the entry is no more. */
  check(): void;
}

/** One item: a part of a file that is written once and read while it is written. */
export class Item<Facts> implements ItemWriter {
  readonly name: string;
  readonly facts: Facts;
  readonly lane: Lane;
  /** Offset in the file. */
  readonly start: number;
  readonly #around: Surroundings;
  readonly #changes = new Changes();
  #collected: Buffer | undefined;
  #collectedBytes = 0;
  /** Bytes that are in the file, and bytes that were taken for it. */
  #written = 0;
  #reserved = 0;
  #state: "growing" | "whole" | "aborted" = "growing";
  #reason: unknown;
  /** What is done to the file, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** An item that begins at the end of a lane, which is its own until it has ended. */
  constructor(name: string, facts: Facts, lane: Lane, around: Surroundings, kept?: { start: number; size: number }) {
    this.name = name;
    this.facts = facts;
    this.lane = lane;
    this.start = kept?.start ?? lane.end;
    this.#around = around;
    if (kept === undefined) {
      lane.taken = true;
      return;
    }
    this.#written = kept.size;
    this.#state = "whole";
  }

  get size(): number | undefined {
    return this.#state === "whole" ? this.#written : undefined;
  }

  get state(): "growing" | "whole" | "aborted" {
    return this.#state;
  }

  /** Begins to write: the lane is made if it is new. */
  async create(): Promise<void> {
    if (!this.lane.made) await this.#inTurn(() => this.#withRoom(() => this.lane.create()));
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#inTurn(() => this.#take(chunk));
  }

  async end(): Promise<void> {
    if (this.#state === "whole") return;
    await this.#inTurn(async () => {
      await this.#flush();
      // It may have been aborted meanwhile.
      this.#check();
      this.lane.end = this.start + this.#written;
      this.#leave();
      this.#state = "whole";
      this.#changes.tell();
    });
  }

  async abort(reason: unknown = fault("CACHE_INTERRUPTED")): Promise<void> {
    if (this.#state === "growing") this.#spoil(reason);
    await this.#turn;
  }

  /** Wakes who waits, to look again at what concerns him. */
  tell(): void {
    this.#changes.tell();
  }

  /** Its length, once it is whole. `check` throws when it must not be read any more. */
  async whole(check: () => void): Promise<number> {
    while (!this.#isWhole(check)) await this.#changes.next();
    return this.#written;
  }

  /** Its bytes, as far as `check` does not throw. Each piece is a buffer of its own: whoever gets it may keep it. */
  async *read({ start = 0, end = Number.POSITIVE_INFINITY }: Range, check: () => void): AsyncGenerator<Buffer> {
    let position = start;
    try {
      for (;;) {
        const whole = this.#isWhole(check);
        const available = Math.min(end, this.#written) - position;
        if (available <= 0) {
          if (whole || position >= end) return;
          await this.#changes.next();
          continue;
        }
        const buffer = Buffer.allocUnsafeSlow(Math.min(available, READ_AT_ONCE));
        const at = this.start + position;
        const { bytesRead } = await this.lane.use((file) => readFrom(file, buffer, 0, buffer.length, at));
        // A file that is shorter than what was written to it was spoilt from outside.
        if (bytesRead === 0) throw spoiltFile();
        // Meanwhile it may have been withdrawn.
        this.#isWhole(check);
        position += bytesRead;
        yield bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
      }
    } catch (error) {
      throw this.#unreadable(error, check);
    }
  }

  /** What a reader is told: why he may not read, if that is why the file could not be read. */
  #unreadable(error: unknown, check: () => void): unknown {
    if (!isDiskError(error)) return error;
    try {
      this.#isWhole(check);
    } catch (reason) {
      return reason;
    }
    const unreadable = fault("CACHE_UNREADABLE", { details: { reason: reasonOf(error) }, cause: error });
    if (isSpoilt(error)) this.#around.spoilt(unreadable);
    return unreadable;
  }

  /** Throws when it will never be. */
  #isWhole(check: () => void): boolean {
    check();
    if (this.#state === "aborted") throw this.#reason;
    return this.#state === "whole";
  }

  /** Throws when nothing may be written any more. */
  #check(): void {
    this.#around.check();
    if (this.#state === "aborted") throw this.#reason;
    if (this.#state === "whole") throw new TypeError("an item that was ended");
  }

  /** Does it after what was asked before. An item of which something could not be written is nothing. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(async () => {
      this.#check();
      try {
        await work();
      } catch (error) {
        if (this.#state === "growing") this.#spoil(error);
        throw error;
      }
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  /** From now on it is nothing; its bytes go when what is under way is done. */
  #spoil(reason: unknown): void {
    this.#state = "aborted";
    this.#reason = reason;
    this.#changes.tell();
    this.#turn = this.#turn.then(async () => {
      await this.lane.cut(this.start).catch(() => {});
      this.#leave();
      this.#around.release(this.#reserved);
    });
  }

  async #take(chunk: Uint8Array): Promise<void> {
    if (this.#collectedBytes + chunk.length > COLLECTED) await this.#flush();
    if (chunk.length >= COLLECTED) return this.#put(chunk);
    // Copied: the chunk may be a piece of a buffer that its owner uses again.
    this.#collected ??= takeBuffer();
    this.#collected.set(chunk, this.#collectedBytes);
    this.#collectedBytes += chunk.length;
  }

  async #flush(): Promise<void> {
    if (this.#collected === undefined) return;
    const bytes = this.#collected.subarray(0, this.#collectedBytes);
    this.#collectedBytes = 0;
    await this.#put(bytes);
  }

  async #put(bytes: Uint8Array): Promise<void> {
    await this.#around.reserve(bytes.length);
    this.#reserved += bytes.length;
    for (let done = 0; done < bytes.length; ) {
      this.#check();
      const at = this.start + this.#written;
      const { bytesWritten } = await this.#withRoom(() =>
        this.lane.use((file) => writeTo(file, bytes, done, bytes.length - done, at)),
      );
      done += bytesWritten;
      this.#written += bytesWritten;
      this.#changes.tell();
    }
  }

  /** Another may be written to the lane. */
  #leave(): void {
    if (this.#collected !== undefined) giveBack(this.#collected);
    this.#collected = undefined;
    this.lane.taken = false;
  }

  #withRoom<Result>(work: () => Promise<Result>): Promise<Result> {
    return withRoom(() => this.#around.evict(), work);
  }
}
