import { createHash, randomBytes } from "node:crypto";
import { Memory, subscriberOf } from "../base/index.ts";
import { type Clocks, LONGEST_SESSION_SECONDS, type LoggedIn, type LoginAttempt } from "../identity/index.ts";
import type { Link } from "./model.ts";

/** From the proof of identity on, which may be older than the login here. */
const LONGEST_SESSION_MS = LONGEST_SESSION_SECONDS * 1000;
/** Of a session each: more than the physicians who open links of one site in 4 hours. */
const MOST_SESSIONS = 1000;
/** From leaving for Pro Santé Connect to coming back, with a phone to be found in between. */
export const LONGEST_LOGIN_MS = 600_000;
/** Anybody who has a link may begin one; each is half a kilobyte. Nobody's login gives way to those of one other. */
const MOST_LOGINS = 10_000;
const MOST_LOGINS_OF_ONE = 20;
/** Of a secret that a browser keeps: 256 bits. */
const SECRET_BYTES = 32;

interface Session {
  readonly professional: LoggedIn;
  /** By the clock that may be set. */
  readonly usedAt: number;
  /** By the clock that only goes forward. */
  readonly endsAt: number;
}

interface Begun {
  readonly attempt: LoginAttempt;
  /** Digest of the secret of the browser that began it. */
  readonly browser: string;
  readonly link: Link;
}

const systemClocks: Clocks = { time: () => Date.now(), ticks: () => performance.now() };

/**
 * Who is logged in, and who is on the way. What a browser keeps is a secret that says nothing; it is known here by its digest,
 * so that a copy of this memory opens nothing. A restart of the box ends everything.
 * A session ends when one of the clocks says so: the one stands still while a machine sleeps, the other may be set.
 */
export class Sessions {
  readonly #clocks: Clocks;
  readonly #idleMs: number;
  readonly #sessions: Memory<Session>;
  readonly #begun: Memory<Begun>;
  /** States of the last logins that a subscriber began. */
  readonly #statesOf: Memory<readonly string[]>;

  constructor(idleMs: number, clocks = systemClocks) {
    this.#clocks = clocks;
    this.#idleMs = idleMs;
    this.#sessions = new Memory(MOST_SESSIONS, clocks.ticks);
    this.#begun = new Memory(MOST_LOGINS, clocks.ticks);
    this.#statesOf = new Memory(MOST_LOGINS, clocks.ticks);
  }

  /**
   * Remembers a login that was begun for `browser`, by its state; of too many from one subscriber, the first is forgotten.
   * @param address Where the browser is.
   */
  begin(attempt: LoginAttempt, browser: string, link: Link, address: string): void {
    const { state } = attempt;
    const until = this.#clocks.ticks() + LONGEST_LOGIN_MS;
    const subscriber = subscriberOf(address);
    const states = [...(this.#statesOf.get(subscriber) ?? []), state];
    if (states.length > MOST_LOGINS_OF_ONE) this.#begun.take(states.shift() ?? "");
    this.#statesOf.keep(subscriber, states, until);
    this.#begun.keep(state, { attempt, browser: digestOf(browser), link }, until);
  }

  /** The login of that state, once, to the browser that began it; another browser does not use it up. */
  comeBack(state: string, browser: string): Pick<Begun, "attempt" | "link"> | undefined {
    const begun = this.#begun.get(state);
    return begun?.browser === digestOf(browser) ? this.#begun.take(state) : undefined;
  }

  /** A new session, always under a new secret: one that somebody knew before is worth nothing after. */
  open(professional: LoggedIn): string {
    const secret = newSecret();
    const { ticks, time } = this.#clocks;
    const age = Math.max(0, time() - professional.authenticatedAt);
    this.#keep(digestOf(secret), { professional, endsAt: ticks() + LONGEST_SESSION_MS - age });
    return secret;
  }

  /** Who is logged in; being asked for keeps a session alive. */
  find(secret: string): LoggedIn | undefined {
    const key = digestOf(secret);
    const session = this.#sessions.take(key);
    if (session === undefined || this.#isOver(session)) return undefined;
    this.#keep(key, session);
    return session.professional;
  }

  /** Ends a session. Gives who was logged in. */
  end(secret: string): LoggedIn | undefined {
    return this.#sessions.take(digestOf(secret))?.professional;
  }

  #isOver({ professional, usedAt }: Session): boolean {
    const time = this.#clocks.time();
    return time >= usedAt + this.#idleMs || time >= professional.authenticatedAt + LONGEST_SESSION_MS;
  }

  #keep(key: string, { professional, endsAt }: Omit<Session, "usedAt">): void {
    const { ticks, time } = this.#clocks;
    const session = { professional, endsAt, usedAt: time() };
    this.#sessions.keep(key, session, Math.min(endsAt, ticks() + this.#idleMs));
  }
}

/** Something that only one browser knows. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}
