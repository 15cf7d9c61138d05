import { sourceErrors } from "../errors.ts";

export interface AdmissionLimits {
  /** Transfers at a time, in all and for one peer. */
  readonly concurrent: number;
  readonly concurrentPerPeer: number;
  /** Requests of one peer that wait for their turn, and for how long, in milliseconds. */
  readonly waitingPerPeer: number;
  readonly longestWaitMs: number;
  /** Requests of one peer in a minute. */
  readonly perMinute: number;
}

interface Peer {
  /** Requests that may still come now; grows by `perMinute` a minute, up to that. */
  tokens: number;
  refilledAt: number;
  running: number;
  readonly waiting: (() => void)[];
}

/** Peers that are remembered though they ask nothing now. */
const REMEMBERED = 1000;
const MINUTE_MS = 60_000;

/**
 * Who may transfer now: so many at a time, so many for one peer, the others in turn, so that one that asks for a thousand
 * series delays nobody but itself.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #peers = new Map<string, Peer>();
  #running = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Transfers under way. */
  get running(): number {
    return this.#running;
  }

  /** Counts one request. Throws SOURCE_TOO_MANY_REQUESTS, with `seconds` to wait. */
  count(name: string): void {
    const peer = this.#peer(name);
    const { perMinute } = this.#limits;
    const now = performance.now();
    peer.tokens = Math.min(perMinute, peer.tokens + ((now - peer.refilledAt) * perMinute) / MINUTE_MS);
    peer.refilledAt = now;
    if (peer.tokens < 1) {
      const seconds = Math.ceil(((1 - peer.tokens) * 60) / perMinute);
      throw sourceErrors.fault("SOURCE_TOO_MANY_REQUESTS", { details: { seconds } });
    }
    peer.tokens -= 1;
  }

  /** Resolves with what gives the place back, once. Rejects with SOURCE_IMAGES_BUSY, or the reason of the signal. */
  async enter(name: string, signal: AbortSignal): Promise<() => void> {
    const peer = this.#peer(name);
    if (this.#running < this.#limits.concurrent && peer.running < this.#limits.concurrentPerPeer) this.#start(peer);
    else await this.#wait(peer, signal);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#running -= 1;
      peer.running -= 1;
      this.#next();
    };
  }

  async #wait(peer: Peer, signal: AbortSignal): Promise<void> {
    const busy = () => sourceErrors.fault("SOURCE_IMAGES_BUSY", { details: { seconds: 5 } });
    signal.throwIfAborted();
    if (peer.waiting.length >= this.#limits.waitingPerPeer) throw busy();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (reason: unknown) => {
      const place = peer.waiting.indexOf(resolve);
      if (place < 0) return;
      peer.waiting.splice(place, 1);
      reject(reason);
    };
    const late = setTimeout(() => leave(busy()), this.#limits.longestWaitMs);
    const gone = () => leave(signal.reason);
    signal.addEventListener("abort", gone, { once: true });
    peer.waiting.push(resolve);
    try {
      await promise;
    } finally {
      clearTimeout(late);
      signal.removeEventListener("abort", gone);
    }
  }

  /** Gives free places to those who wait: first to the peers that have fewest, of two alike to who was served longer ago. */
  #next(): void {
    while (this.#running < this.#limits.concurrent) {
      const waiting = [...this.#peers].filter(
        ([, { running, waiting }]) => waiting.length > 0 && running < this.#limits.concurrentPerPeer,
      );
      const [next] = waiting.toSorted(([, one], [, other]) => one.running - other.running);
      if (next === undefined) return;
      const [name, peer] = next;
      this.#start(peer);
      this.#peers.delete(name);
      this.#peers.set(name, peer);
      peer.waiting.shift()?.();
    }
  }

  #start(peer: Peer): void {
    this.#running += 1;
    peer.running += 1;
  }

  #peer(name: string): Peer {
    const known = this.#peers.get(name);
    if (known !== undefined) return known;
    if (this.#peers.size >= REMEMBERED) this.#forget();
    const peer = { tokens: this.#limits.perMinute, refilledAt: performance.now(), running: 0, waiting: [] };
    this.#peers.set(name, peer);
    return peer;
  }

  #forget(): void {
    for (const [name, { running, waiting }] of this.#peers) {
      if (running === 0 && waiting.length === 0) this.#peers.delete(name);
    }
  }
}
