import { createHash, randomBytes } from "node:crypto";
import { Memory } from "../base/index.ts";
import type { LoggedIn, LoginAttempt } from "../identity/index.ts";
import type { Link } from "./model.ts";

/** The session of Pro Santé Connect ends after 4 hours (requirements 4B.14): ours may not be longer. */
const LONGEST_SESSION_MS = 4 * 3_600_000;
/** Of a session each: more than the physicians who open links of one site in 4 hours. */
const MOST_SESSIONS = 1000;
/** From leaving for Pro Santé Connect to coming back, with a phone to be found in between. */
export const LONGEST_LOGIN_MS = 600_000;
/** Anybody who has a link may begin one; each is half a kilobyte. */
const MOST_LOGINS = 10_000;
/** Of a secret that a browser keeps: 256 bits. */
const SECRET_BYTES = 32;

interface Session {
  readonly professional: LoggedIn;
  /** Milliseconds of the clock of the constructor. */
  readonly endsAt: number;
}

interface Begun {
  readonly attempt: LoginAttempt;
  /** Digest of the secret of the browser that began it. */
  readonly browser: string;
  readonly link: Link;
}

/**
 * Who is logged in, and who is on the way. What a browser keeps is a secret that says nothing; it is known here by its digest,
 * so that a copy of this memory opens nothing. A restart of the box ends everything.
 */
export class Sessions {
  readonly #now: () => number;
  readonly #idleMs: number;
  readonly #sessions: Memory<Session>;
  readonly #begun: Memory<Begun>;

  /** @param now Milliseconds that only go forward. */
  constructor(idleMs: number, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#idleMs = idleMs;
    this.#sessions = new Memory(MOST_SESSIONS, now);
    this.#begun = new Memory(MOST_LOGINS, now);
  }

  /** Remembers a login that was begun for `browser`, by its state. */
  begin(attempt: LoginAttempt, browser: string, link: Link): void {
    const { state } = attempt;
    this.#begun.keep(state, { attempt, browser: digestOf(browser), link }, this.#now() + LONGEST_LOGIN_MS);
  }

  /** The login of that state, once, to the browser that began it; another browser does not use it up. */
  comeBack(state: string, browser: string): Pick<Begun, "attempt" | "link"> | undefined {
    const begun = this.#begun.get(state);
    return begun?.browser === digestOf(browser) ? this.#begun.take(state) : undefined;
  }

  /** A new session, always under a new secret: one that somebody knew before is worth nothing after. */
  open(professional: LoggedIn): string {
    const secret = newSecret();
    this.#keep(digestOf(secret), { professional, endsAt: this.#now() + LONGEST_SESSION_MS });
    return secret;
  }

  /** Who is logged in; being asked for keeps a session alive. */
  find(secret: string): LoggedIn | undefined {
    const session = this.#sessions.get(digestOf(secret));
    if (session !== undefined) this.#keep(digestOf(secret), session);
    return session?.professional;
  }

  /** Ends a session. Gives who was logged in. */
  end(secret: string): LoggedIn | undefined {
    return this.#sessions.take(digestOf(secret))?.professional;
  }

  #keep(key: string, session: Session): void {
    this.#sessions.keep(key, session, Math.min(session.endsAt, this.#now() + this.#idleMs));
  }
}

/** Something that only one browser knows. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}
