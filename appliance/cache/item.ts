import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import type { CodedError } from "../base/index.ts";
import { fault } from "./errors.ts";
import type { CachedItem, ItemWriter } from "./model.ts";
import { Changes } from "./signal.ts";

/** Bytes that are collected before they go to the disk in one call, and the size of what is read at a time. */
const COLLECTED = 256 * 1024;
const READ_AT_ONCE = 512 * 1024;

/** What the entry around an item does for it. */
export interface Surroundings {
  /** Makes room for so many bytes more, or throws CACHE_FULL. */
  reserve(bytes: number): Promise<void>;
  /** Gives it back. */
  release(bytes: number): void;
  /** Frees what else is kept, when the disk itself is full; false when there is nothing to free. */
  evict(): Promise<boolean>;
  /** The file is not what was written to it: the entry is of no use. */
  spoilt(reason: CodedError): void;
  /** Why nothing of the entry may be read or written any more. */
  readonly over: CodedError | undefined;
}

/** One item: a file that is written once and read while it is written. */
export class Item<Facts> implements CachedItem<Facts>, ItemWriter {
  readonly name: string;
  readonly facts: Facts;
  readonly file: string;
  readonly #around: Surroundings;
  readonly #changes = new Changes();
  #handle: FileHandle | undefined;
  #collected: Uint8Array[] = [];
  #collectedBytes = 0;
  /** Bytes that are in the file. */
  #size = 0;
  #state: "growing" | "whole" | "aborted" = "growing";
  #reason: unknown;

  constructor(name: string, facts: Facts, file: string, around: Surroundings, size?: number) {
    this.name = name;
    this.facts = facts;
    this.file = file;
    this.#around = around;
    if (size === undefined) return;
    this.#size = size;
    this.#state = "whole";
  }

  get size(): number {
    return this.#size;
  }

  get state(): "growing" | "whole" | "aborted" {
    return this.#state;
  }

  /** Begins to write: the file must not be there, be it a link. */
  async create(): Promise<this> {
    this.#handle = await this.#onDisk(() => open(this.file, "wx", 0o600));
    return this;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#around.over !== undefined) throw this.#around.over;
    this.#collected.push(chunk);
    this.#collectedBytes += chunk.length;
    if (this.#collectedBytes >= COLLECTED) await this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
    await this.#handle?.close();
    this.#handle = undefined;
    if (this.#state === "growing") this.#state = "whole";
    this.#changes.tell();
  }

  async abort(reason: unknown = fault("CACHE_INTERRUPTED")): Promise<void> {
    if (this.#state !== "growing") return;
    this.#state = "aborted";
    this.#reason = reason;
    this.#collected = [];
    const handle = this.#handle;
    this.#handle = undefined;
    this.#changes.tell();
    await handle?.close().catch(() => {});
    await unlink(this.file).catch(() => {});
    this.#around.release(this.#size);
  }

  /** Wakes who waits, to see that the entry is over. */
  tell(): void {
    this.#changes.tell();
  }

  async whole(): Promise<number> {
    while (!this.#isWhole()) await this.#changes.next();
    return this.#size;
  }

  async *read({ start = 0, end = Number.POSITIVE_INFINITY } = {}): AsyncGenerator<Buffer> {
    let handle: FileHandle | undefined;
    let position = start;
    try {
      for (;;) {
        const whole = this.#isWhole();
        const available = Math.min(end, this.#size) - position;
        if (available <= 0) {
          if (whole || position >= end) return;
          await this.#changes.next();
          continue;
        }
        handle ??= await this.#opened();
        const { buffer, bytesRead } = await readInto(handle, Math.min(available, READ_AT_ONCE), position);
        // A file that is shorter than what was written to it was spoilt from outside.
        if (bytesRead === 0) throw this.#unreadable("EOF");
        if (this.#around.over !== undefined) throw this.#around.over;
        position += bytesRead;
        yield bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle?.close();
    }
  }

  async #opened(): Promise<FileHandle> {
    try {
      return await open(this.file, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      throw this.#around.over ?? this.#unreadable((error as NodeJS.ErrnoException).code ?? "unknown");
    }
  }

  #unreadable(reason: string): CodedError {
    const unreadable = fault("CACHE_UNREADABLE", { details: { reason } });
    this.#around.spoilt(unreadable);
    return unreadable;
  }

  /** Throws when it will never be. */
  #isWhole(): boolean {
    if (this.#around.over !== undefined) throw this.#around.over;
    if (this.#state === "aborted") throw this.#reason;
    return this.#state === "whole";
  }

  async #flush(): Promise<void> {
    if (this.#collectedBytes === 0) return;
    let pieces = this.#collected;
    const bytes = this.#collectedBytes;
    this.#collected = [];
    this.#collectedBytes = 0;
    await this.#around.reserve(bytes);
    for (let left = bytes; left > 0; ) {
      const handle = this.#handle;
      if (handle === undefined) throw this.#around.over ?? fault("CACHE_INTERRUPTED");
      const written = await this.#onDisk(async () => (await handle.writev(pieces)).bytesWritten);
      left -= written;
      this.#size += written;
      if (left > 0) pieces = [Buffer.concat(pieces).subarray(written)];
    }
    this.#changes.tell();
  }

  /** Does it, again after room was made when the disk is full. */
  async #onDisk<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (this.#around.over !== undefined) throw this.#around.over;
        const { code = "unknown" } = error as NodeJS.ErrnoException;
        const full = code === "ENOSPC" || code === "EDQUOT";
        if (full && (await this.#around.evict())) continue;
        if (full) throw fault("CACHE_FULL", { cause: error });
        throw fault("CACHE_UNREADABLE", { details: { reason: code }, cause: error });
      }
    }
  }
}

function readInto(handle: FileHandle, length: number, position: number) {
  return handle.read(Buffer.allocUnsafeSlow(length), 0, length, position);
}
