import { setTimeout as delay } from "node:timers/promises";
import { asCoded, CodedError } from "../../base/index.ts";
import { isValidUID } from "../../dicom/index.ts";
import { fault } from "../errors.ts";
import { explain } from "../explain.ts";
import type { RetrieveMethod } from "../profile.ts";
import { hasAny } from "./absence.ts";
import { byGet } from "./c-get.ts";
import { byMove } from "./c-move.ts";
import { explainRetrieve } from "./explain.ts";
import { Intake } from "./intake.ts";
import type { RetrieveOutcome, RetrieveRequest, Told } from "./model.ts";
import { byWado } from "./wado-rs.ts";
import { type Job, type Source, UNSAID, type Way } from "./way.ts";

/** All of one retrieve, in milliseconds: a large series from slow media takes many minutes, and a hung one must end. */
const RETRIEVE_TIMEOUT = 3_600_000;

/** How long a PACS that says to come later is asked again, and the pauses between, in milliseconds. */
const BUSY_PATIENCE = 60_000;
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 5_000;

export interface RetrieveLimits {
  /** In milliseconds, for all of it. */
  readonly retrieve: number;
  /** In milliseconds: how long a busy PACS is asked again. */
  readonly busy: number;
}

const WAYS: Readonly<Record<RetrieveMethod, Way>> = { "c-get": byGet, "c-move": byMove, "wado-rs": byWado };

/** What another way may do better: the PACS does not know this one, or cannot send by it what is wanted. */
const WORTH_ANOTHER_WAY = new Set([
  "PACS_REFUSED",
  "PACS_SYNTAX_UNAVAILABLE",
  "PACS_DESTINATION_UNKNOWN",
  "PACS_FAILED",
]);

/**
 * Has instances sent by a PACS, in the first way of its profile that works. Whatever the ending, nothing of it goes on when
 * this settles: no association, no turn, no move, no call of `store`.
 */
export async function retrieve(
  source: Source,
  request: RetrieveRequest,
  limits: Partial<RetrieveLimits> = {},
): Promise<RetrieveOutcome> {
  const pacs = source.address.name;
  checkRequest(request);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), limits.retrieve ?? RETRIEVE_TIMEOUT);
  const signal = AbortSignal.any([late.signal, ...(request.signal === undefined ? [] : [request.signal])]);
  const intake = new Intake(request, (error) => explainRetrieve(error, pacs, "retrieve"));
  const job: Job = { request, intake, signal };
  const stop = () => intake.stop(fault("PACS_CANCELLED", { details: { pacs }, cause: signal.reason }));
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await inSomeWay(source, job, limits.busy ?? BUSY_PATIENCE);
  } catch (error) {
    if (request.signal?.aborted === true) throw fault("PACS_CANCELLED", { details: { pacs }, cause: error });
    if (late.signal.aborted) throw fault("PACS_TIMED_OUT", { details: { pacs, step: "retrieve" }, cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    stop();
    await intake.idle();
  }
}

async function inSomeWay(source: Source, job: Job, patience: number): Promise<RetrieveOutcome> {
  const { address, log } = source;
  const { method: only } = job.request;
  const methods = waysOf(source).filter((method) => only === undefined || method === only);
  for (const [index, method] of methods.entries()) {
    try {
      const told = await patiently(job, patience, () => inOneWay(method, source, job));
      return { method, received: job.intake.received, ...told };
    } catch (error) {
      const { code } = error as CodedError;
      const last = index === methods.length - 1;
      if (last || job.intake.arrived > 0 || !WORTH_ANOTHER_WAY.has(code)) throw error;
      log.info({ pacs: address.name, method, code }, "the PACS does not send by this method: the next one is tried");
    }
  }
  throw fault("PACS_NO_RETRIEVE", { details: { pacs: address.name } });
}

/** The ways of the profile that are open, in its order. */
export function waysOf(source: Pick<Source, "address" | "profile" | "storage">): RetrieveMethod[] {
  return source.profile.retrieve.filter((method) => isConfigured(method, source));
}

function isConfigured(method: RetrieveMethod, { address, profile, storage }: Parameters<typeof waysOf>[0]): boolean {
  if (method === "c-move") return storage !== undefined && profile.moveDestination !== undefined;
  return method === "c-get" || address.wado !== undefined;
}

/** Asks a PACS that is busy again, after a pause that grows, while nothing has come. */
async function patiently<Result>({ intake, signal }: Job, patience: number, attempt: () => Promise<Result>) {
  const began = performance.now();
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await attempt();
    } catch (error) {
      const busy = error instanceof CodedError && error.code === "PACS_BUSY" && intake.arrived === 0;
      if (!busy || performance.now() - began > patience) throw error;
      // Not all at the same moment again.
      await delay(pause * (0.5 + Math.random() / 2), undefined, { signal });
    }
  }
}

/** What the PACS told, when something came; otherwise why nothing did. */
async function inOneWay(method: RetrieveMethod, source: Source, job: Job): Promise<Told> {
  const { intake, signal } = job;
  const { name: pacs } = source.address;
  let told: Told | undefined;
  let failure: CodedError | undefined;
  try {
    told = await WAYS[method](source, job);
  } catch (error) {
    failure = asCoded(error, (cause) => explain(cause, pacs, "retrieve"));
  }
  signal.throwIfAborted();
  // Whatever it says at the end: all that was wanted has come.
  if (intake.complete) return told ?? UNSAID;
  // A status tells that an instance failed; what broke it off tells why.
  if (intake.breakage !== undefined && (failure === undefined || "status" in failure.details)) {
    failure = intake.breakage;
  }
  if (intake.received > 0) {
    if (told === undefined || failure !== undefined) throw failure;
    return told;
  }
  throw await whyNothing(method, source, job, told, failure);
}

/** Nothing was had, whatever the PACS says of it. */
async function whyNothing(
  method: RetrieveMethod,
  source: Source,
  job: Job,
  told: Told | undefined,
  failure: CodedError | undefined,
): Promise<unknown> {
  const { intake } = job;
  const { name: pacs } = source.address;
  if (intake.refusal !== undefined) return intake.refusal;
  if (intake.unnamed) return fault("PACS_MOVE_UNNAMED", { details: { pacs } });
  if (intake.others > 0) return fault("PACS_SENT_OTHERS", { details: { pacs, objects: intake.others } });
  const failed = Number(told?.counts.failed ?? failure?.details.failed ?? 0);
  if (failure !== undefined && !mayBeAbsence(failure, failed)) return failure;
  if (!(await hasAny(source, job))) return fault("PACS_GONE", { details: { pacs } });
  if (isUnsuited(intake, method, failed) || failure?.code === "PACS_SYNTAX_UNAVAILABLE") {
    const available = [...intake.foreignSyntaxes].join(", ") || "?";
    return fault("PACS_SYNTAX_UNAVAILABLE", { details: { pacs, available }, cause: failure });
  }
  const { status = "0x0000" } = failure?.details ?? {};
  return fault("PACS_FAILED", { details: { pacs, step: "retrieve", status, failed }, cause: failure });
}

/**
 * What may be the answer of a PACS that does not have the instances: it is asked before it is believed. Out of resources
 * (A7xxH) is one when sub-operations failed; otherwise it is what it says.
 */
function mayBeAbsence({ code }: CodedError, failed: number): boolean {
  return code === "PACS_FAILED" || code === "PACS_SYNTAX_UNAVAILABLE" || (code === "PACS_BUSY" && failed > 0);
}

/**
 * Whether nothing came because of the syntaxes: a PACS that has no context for what it keeps fails without a word. Over its own
 * association of a C-MOVE it proposed what it keeps.
 */
function isUnsuited({ unsuited, anySyntax, arrived, foreignSyntaxes }: Intake, method: RetrieveMethod, failed: number) {
  if (unsuited) return true;
  return !anySyntax && arrived === 0 && (method === "c-get" ? failed > 0 : foreignSyntaxes.size > 0);
}

/** Throws `PACS_RETRIEVE_INVALID`: a wild card or a list would be a question about other images. */
function checkRequest({ studyInstanceUID, seriesInstanceUID, ...request }: RetrieveRequest): void {
  const { sopInstanceUIDs = [], expected, transferSyntaxes, anySyntax = false } = request;
  const uids = [studyInstanceUID, seriesInstanceUID, ...sopInstanceUIDs, ...transferSyntaxes];
  const problems = {
    UID: !uids.every((uid) => /^[0-9.]{1,64}$/.test(uid)) || !transferSyntaxes.every(isValidUID),
    instances: expected.length === 0 || request.sopInstanceUIDs?.length === 0,
    "transfer syntaxes": transferSyntaxes.length === 0 && !anySyntax,
  };
  const problem = Object.entries(problems).find(([, wrong]) => wrong)?.[0];
  if (problem !== undefined) throw fault("PACS_RETRIEVE_INVALID", { details: { problem } });
}
