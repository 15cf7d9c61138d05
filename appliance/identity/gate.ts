import { createHash } from "node:crypto";
import { Breaker, CodedError, Memory } from "../base/index.ts";
import { type Introspected, readExercises, readIntrospection, subjectNameIDOf } from "./claims.ts";
import { identityErrors } from "./errors.ts";
import type { CheckOptions, Clocks, Professional, TokenGate, TokenGateOptions } from "./model.ts";
import { maySeeImages, PHYSICIANS } from "./professions.ts";
import { type Claims, createProvider } from "./provider.ts";

/** Node takes headers of 16 KiB in all; a token of Pro Santé Connect is about 2 kB. */
const MAX_TOKEN_BYTES = 8 * 1024;
/** RFC 6750 2.1, b64token. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
/** A professional has a new token every 2 minutes: far more than a site's readers in the time of the cache. */
const MAX_REMEMBERED = 1000;
/** Tokens being asked about at once. */
const MAX_UNDER_WAY = 256;
/** Milliseconds that a no is remembered: enough against a storm, short enough after a mistake. */
const REFUSAL_LIFE = 5_000;
const DEFAULT_CACHE_SECONDS = 60;
/** The life of a token of Pro Santé Connect (requirements 4B.14): a longer memory would be of none. */
const MAX_CACHE_SECONDS = 120;
const DEFAULT_TIMEOUT = 5_000;
const MAX_TIMEOUT = 60_000;
/** Milliseconds that a silent Pro Santé Connect is left alone: a second first, then doubled. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
/** Doublings beyond this are over the longest pause. */
const DOUBLINGS = 5;

const systemClocks: Clocks = { time: () => Date.now(), ticks: () => performance.now() };

/** What is remembered of a token: who holds it, or why it opens nothing. */
type Verdict = { readonly professional: Professional; readonly boundTo: string | undefined } | CodedError;

/**
 * The gate that asks Pro Santé Connect. One question a token at a time, whoever asks; the answer is kept by the token's
 * hash, at most `cacheSeconds` and never beyond the token's end. Without an answer there is no yes.
 * @throws IDENTITY_CONFIGURATION
 */
export function createTokenGate(options: TokenGateOptions): TokenGate {
  const { cacheSeconds = DEFAULT_CACHE_SECONDS, timeout = DEFAULT_TIMEOUT, clocks = systemClocks } = options;
  requireSound(options, cacheSeconds, timeout);
  const professions = options.professions ?? PHYSICIANS;
  const provider = createProvider(options, timeout);
  const memory = new Memory<Verdict>(MAX_REMEMBERED, clocks.ticks);
  const underWay = new Map<string, Promise<Verdict>>();
  const breaker = new Breaker({
    now: clocks.ticks,
    cooling: (openings) => Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(openings, DOUBLINGS)),
  });
  let questions = 0;

  return {
    async check(token, { signal, certificate }: CheckOptions = {}) {
      requireTokenForm(token);
      const key = createHash("sha256").update(token).digest("base64url");
      const verdict = recall(key) ?? (await unlessLeft(signal, () => judgeOnce(key, token)));
      if (verdict instanceof CodedError) throw verdict;
      if (verdict.boundTo !== undefined && verdict.boundTo !== thumbprint(certificate))
        throw identityErrors.fault("IDENTITY_TOKEN_BOUND");
      return verdict.professional;
    },
    get asksAgainIn() {
      return breaker.opensAgainIn;
    },
    close: provider.close,
  };

  /** Both clocks must agree that it holds: one of them stands still while a machine sleeps, the other may be set. */
  function recall(key: string): Verdict | undefined {
    const verdict = memory.get(key);
    if (verdict === undefined || verdict instanceof CodedError) return verdict;
    return verdict.professional.expiresAt.getTime() > clocks.time() ? verdict : undefined;
  }

  function judgeOnce(key: string, token: string): Promise<Verdict> {
    const present = underWay.get(key);
    if (present !== undefined) return present;
    if (underWay.size >= MAX_UNDER_WAY) return Promise.reject(unavailable("queue"));
    const judged = judge(key, token).finally(() => underWay.delete(key));
    underWay.set(key, judged);
    return judged;
  }

  /** A verdict is a yes or a no by the word of Pro Santé Connect; anything else rejects, and is not remembered. */
  async function judge(key: string, token: string): Promise<Verdict> {
    // The answer may be as old as the question: lives are counted from here.
    const { ticks, time } = { ticks: clocks.ticks(), time: clocks.time() };
    try {
      const introspected = readIntrospection(await ask(() => provider.introspect(token)), options, clocks.time());
      const verdict = { professional: await identify(token, introspected), boundTo: introspected.boundTo };
      memory.keep(key, verdict, ticks + Math.min(cacheSeconds * 1000, introspected.expiresAt - time));
      return verdict;
    } catch (error) {
      if (!(error instanceof CodedError && isRefusal(error))) throw error;
      memory.keep(key, error, ticks + Math.min(cacheSeconds * 1000, REFUSAL_LIFE));
      return error;
    }
  }

  async function identify(token: string, introspected: Introspected): Promise<Professional> {
    const { client, expiresAt } = introspected;
    const claims = introspected.exercises === undefined ? await askUserinfo(token, introspected) : {};
    const exercises = introspected.exercises ?? readExercises(claims) ?? [];
    if (exercises.length === 0) throw identityErrors.fault("IDENTITY_PROFESSION_UNKNOWN");
    const subjectNameID = subjectNameIDOf(introspected, claims);
    if (!maySeeImages(exercises, professions)) throw identityErrors.fault("IDENTITY_PROFESSION_REFUSED");
    return { subjectNameID, exercises, client, expiresAt: new Date(expiresAt) };
  }

  async function askUserinfo(token: string, { subject, boundTo }: Introspected): Promise<Claims> {
    try {
      return await ask(() => provider.userinfo(token, subject));
    } catch (error) {
      // A bound token opens userinfo to the certificate it is bound to only, which is not ours (RFC 8705 3).
      if (boundTo !== undefined && error instanceof CodedError && isRefusal(error)) return {};
      throw error;
    }
  }

  /** Asks unless Pro Santé Connect is left alone; after a pause one question goes first. */
  async function ask(question: () => Promise<Claims>): Promise<Claims> {
    const pause = breaker.opensAgainIn;
    if (pause > 0 || (breaker.state === "half-open" && questions > 0))
      throw unavailable("paused", Math.max(1, Math.ceil(pause / 1000)));
    questions += 1;
    try {
      const claims = await question();
      breaker.succeeded();
      return claims;
    } catch (error) {
      if (error instanceof CodedError && isRefusal(error)) breaker.succeeded();
      else breaker.failed();
      throw error;
    } finally {
      questions -= 1;
    }
  }
}

/** True for a no that concerns the token or its holder; false when nobody could say. */
function isRefusal({ code }: CodedError): boolean {
  return code.startsWith("IDENTITY_TOKEN_") || code.startsWith("IDENTITY_PROFESSION_");
}

function unavailable(reason: string, retryAfter = 1): CodedError {
  return identityErrors.fault("IDENTITY_PSC_UNAVAILABLE", { details: { reason, retryAfter } });
}

/** Before anything is made of it: a token goes into a form and a header. */
function requireTokenForm(token: string): void {
  if (token === "") throw identityErrors.fault("IDENTITY_TOKEN_MISSING");
  if (token.length > MAX_TOKEN_BYTES || !TOKEN.test(token))
    throw identityErrors.fault("IDENTITY_TOKEN_MALFORMED", { details: { limit: MAX_TOKEN_BYTES } });
}

/** RFC 8705 3.1, `x5t#S256`. */
function thumbprint(certificate: Uint8Array | undefined): string | undefined {
  return certificate && createHash("sha256").update(certificate).digest("base64url");
}

/** Waits for the work until the asker leaves; the work goes on for the others who wait for it. */
async function unlessLeft<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  if (signal === undefined) return work();
  const { promise: left, reject } = Promise.withResolvers<never>();
  const leave = () => reject(identityErrors.fault("IDENTITY_INTERRUPTED"));
  if (signal.aborted) throw identityErrors.fault("IDENTITY_INTERRUPTED");
  signal.addEventListener("abort", leave, { once: true });
  return Promise.race([work(), left]).finally(() => signal.removeEventListener("abort", leave));
}

function requireSound(options: TokenGateOptions, cacheSeconds: number, timeout: number): void {
  const sound = {
    introspectionEndpoint: URL.parse(options.introspectionEndpoint)?.protocol === "https:",
    userinfoEndpoint: URL.parse(options.userinfoEndpoint)?.protocol === "https:",
    cacheSeconds: cacheSeconds >= 0 && cacheSeconds <= MAX_CACHE_SECONDS,
    timeout: timeout > 0 && timeout <= MAX_TIMEOUT,
  };
  for (const [where, good] of Object.entries(sound))
    if (!good) throw identityErrors.fault("IDENTITY_CONFIGURATION", { where });
}
