import type { ServerResponse } from "node:http";
import type { CodedError } from "../base/index.ts";
import { fault } from "./errors.ts";

/** What may wait in memory for the socket of one reader, in bytes. */
const MOST_WAITING = 512 * 1024;

/** A long piece leaves in slices of so many bytes: what waits for the socket of one reader stays what is said above. */
const SLICE = 256 * 1024;

/** Pieces below this are copied together, in bytes: a write of its own costs more. */
const SHORT = 16 * 1024;

/**
 * How long that may take to leave, in milliseconds: 17 kB/s, where a line of 100 Mbit/s is asked of every site
 * (requirements 2H.100). Who reads more slowly holds a place that others need.
 */
const LONGEST_WAIT_MS = 30_000;

/**
 * A response, written at the pace of its reader: nothing piles up, and `signal` says when there is no sense in going on.
 * Pieces that come together leave together.
 */
export class Outlet {
  readonly #response: ServerResponse;
  readonly #longestWaitMs: number;
  readonly #ended = new AbortController();
  #short: Uint8Array[] = [];
  #shortBytes = 0;
  #bytes = 0;
  #wake: (() => void) | undefined;

  constructor(response: ServerResponse, longestWaitMs = LONGEST_WAIT_MS) {
    this.#response = response;
    this.#longestWaitMs = longestWaitMs;
    response.on("drain", () => this.#wake?.());
    response.once("close", () => this.#leave(fault("IMAGES_READER_GONE")));
    // One that left before the answer began tells it no more.
    if (response.destroyed) this.#leave(fault("IMAGES_READER_GONE"));
  }

  /** Aborted with IMAGES_READER_GONE, IMAGES_READER_SLOW or IMAGES_WITHDRAWN. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** True once the status is on its way: from then on a failure cannot be told but by ending too early. */
  get begun(): boolean {
    return this.#response.headersSent;
  }

  /** Bytes of the body that were written. */
  get bytes(): number {
    return this.#bytes;
  }

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    this.#response.writeHead(status, headers);
  }

  /** Resolves when there is room for more; what is short leaves with what follows. Rejects with the reason of `signal`. */
  async write(piece: Uint8Array): Promise<void> {
    this.signal.throwIfAborted();
    if (piece.length < SHORT) {
      this.#short.push(piece);
      this.#shortBytes += piece.length;
      if (this.#shortBytes < SHORT) return;
      this.flush();
      await this.#room();
    } else {
      this.flush();
      for (let at = 0; at < piece.length; at += SLICE) {
        this.#send(piece.subarray(at, at + SLICE));
        await this.#room();
      }
    }
  }

  /** Nothing follows soon: what waits for company leaves. */
  flush(): void {
    if (this.#short.length === 0) return;
    const gathered = Buffer.concat(this.#short, this.#shortBytes);
    this.#short = [];
    this.#shortBytes = 0;
    this.#send(gathered);
  }

  /** Ends the body; resolves when the last byte has left. */
  async end(): Promise<void> {
    this.flush();
    this.#response.end(() => this.#wake?.());
    while (!this.#response.writableFinished && !this.signal.aborted) await this.#taken();
    this.signal.throwIfAborted();
  }

  /** Nothing more may be sent: who has not been told anything yet is told why, any other is cut off. */
  withdraw(): void {
    this.#leave(fault("IMAGES_WITHDRAWN"));
    if (this.begun) this.destroy();
  }

  /** Cuts the connection: the reader must not take what he has for a whole. */
  destroy(): void {
    this.#response.destroy();
  }

  #send(piece: Uint8Array): void {
    this.#bytes += piece.length;
    this.#response.write(piece);
  }

  async #room(): Promise<void> {
    if (this.#response.writableLength > MOST_WAITING) await this.#taken();
    this.signal.throwIfAborted();
  }

  /** Waits until the socket has taken what waits. */
  async #taken(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const late = setTimeout(() => {
      const rate = Math.round((MOST_WAITING * 1000) / this.#longestWaitMs);
      this.#leave(fault("IMAGES_READER_SLOW", { details: { rate } }));
      this.destroy();
    }, this.#longestWaitMs);
    await promise;
    clearTimeout(late);
    this.#wake = undefined;
  }

  #leave(reason: CodedError): void {
    if (this.#response.writableFinished || this.signal.aborted) return;
    this.#ended.abort(reason);
    this.#wake?.();
  }
}
