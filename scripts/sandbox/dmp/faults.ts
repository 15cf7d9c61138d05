/** What the stand-in does wrong on purpose: a table of faults, for the next n requests or until further notice. */

/** How each kind behaves; `server.ts` obeys. */
export const FAULT_KINDS = {
  silent: "accepts the request and never answers",
  reset: "resets the connection before reading the request to its end",
  http500: "answers 500 with a page of HTML",
  http503: "answers 503 with Retry-After, `retryAfterSeconds` (default 120)",
  closed: "answers 503 without saying when to come back, as outside opening hours",
  soapFault: "answers a SOAP fault, Receiver",
  registryError: "answers 200 with a Failure of `code` (default XDSRegistryBusy)",
  acceptThenSilent: "registers, then never answers",
  acceptThenReset: "registers, then resets the connection",
  slow: "answers as it should, `ms` later (default 1000)",
  successWithWarnings: "registers, and adds a warning to the success",
  nonMtomAnswer: "answers plain SOAP where a package is usual",
  renamedPrefixes: "answers with namespace prefixes nobody expects",
  garbage: "answers 200 with bytes that are neither XML nor MIME",
} as const;

export type FaultKind = keyof typeof FAULT_KINDS;

export interface Fault {
  readonly kind: FaultKind;
  /** Of `registryError`. */
  readonly code?: string;
  /** Of `slow`, milliseconds. */
  readonly ms?: number;
  readonly retryAfterSeconds?: number;
}

/** Taken once per request; only requests that reach the services count, those of the control port do not. */
export class FaultSwitch {
  #plan: Fault[] = [];
  #always: Fault | undefined;

  /** For the next `times` requests, after those already planned. */
  next(fault: Fault, times = 1): void {
    for (let index = 0; index < times; index++) this.#plan.push(fault);
  }

  /** For every request that has no other plan, until `clear`. */
  always(fault: Fault): void {
    this.#always = fault;
  }

  clear(): void {
    this.#plan = [];
    this.#always = undefined;
  }

  /** What the request at hand meets. */
  take(): Fault | undefined {
    return this.#plan.shift() ?? this.#always;
  }
}

const NUMBERS = ["ms", "retryAfterSeconds"] as const;

/** A fault read from JSON; throws an `Error` that says what is wrong with it. */
export function asFault(value: unknown): Fault {
  const given = (value ?? {}) as Record<string, unknown>;
  const { kind, code } = given;
  if (typeof kind !== "string" || !Object.hasOwn(FAULT_KINDS, kind)) {
    throw new Error(`kind is one of ${Object.keys(FAULT_KINDS).join(", ")}`);
  }
  if (code !== undefined && typeof code !== "string") throw new Error("code is a text");
  const numbers = NUMBERS.filter((name) => given[name] !== undefined).map((name) => [name, given[name]] as const);
  for (const [name, number] of numbers) {
    if (!Number.isSafeInteger(number) || (number as number) < 0) throw new Error(`${name} is a whole number`);
  }
  return { kind: kind as FaultKind, ...(code === undefined ? {} : { code }), ...Object.fromEntries(numbers) };
}
