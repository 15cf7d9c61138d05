import { CodedError } from "../base/index.ts";
import { fault } from "./errors.ts";
import { countOf, type FoundStudy } from "./model.ts";
import type { Pacs, RequestOptions } from "./pacs.ts";
import type { RetrieveOutcome, RetrieveRequest } from "./retrieve/model.ts";

export interface GroupRequestOptions extends RequestOptions {
  /** Names of the PACS to ask; all of them when absent. */
  readonly among?: readonly string[];
}

/** All the archives of a site, searched as one. */
export interface PacsGroup {
  readonly members: readonly Pacs[];
  /**
   * Looks for the study in every PACS at once, or in those of `among`.
   *
   * - Found in one: that one, even when another could not be asked; `unanswered` says which.
   * - Found in several: the one that lists most instances, the first configured among equals; a cache or a copy in progress
   *   must not hide images. `PACS_CONFLICTING_PATIENT` when they file it under different patient identifiers.
   * - Found in none: undefined only if all of them answered; otherwise the error of one that did not.
   * - An error that a person must look at wins over all: the study is there and something is wrong with it.
   *
   * `PACS_NONE_CONFIGURED` when there is nobody to ask, `PACS_UNKNOWN` for a name that is no member: who is not asked has not
   * answered.
   */
  findStudy(studyInstanceUID: string, options?: GroupRequestOptions): Promise<FoundStudy | undefined>;
  /**
   * Has instances sent by the PACS that is named, or by each in turn until all that is expected has come: what one sent is not
   * asked of the next. `PACS_GONE` only when all of them say so; the outcome is that of the last that sent something, with all
   * that was received.
   */
  retrieve(request: GroupRetrieveRequest): Promise<RetrieveOutcome>;
}

export interface GroupRetrieveRequest extends RetrieveRequest {
  /** Name of the only PACS to ask. */
  readonly pacs?: string;
}

export function createPacsGroup(members: readonly Pacs[]): PacsGroup {
  return {
    members,
    async findStudy(studyInstanceUID, { among, ...options } = {}) {
      const asked = among === undefined ? members : named(members, among);
      if (asked.length === 0) throw fault("PACS_NONE_CONFIGURED");
      const outcomes = await Promise.allSettled(asked.map((pacs) => pacs.findStudy(studyInstanceUID, options)));
      const failures = outcomes.flatMap((outcome) =>
        outcome.status === "rejected" ? [outcome.reason as unknown] : [],
      );
      const found = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" && outcome.value) || []);
      const serious = failures.find((failure) => !(failure instanceof CodedError) || failure.retry === "human");
      if (serious !== undefined) throw serious;
      if (found.length === 0 && failures.length > 0) throw failures[0];
      const study = best(found);
      if (study === undefined || failures.length === 0) return study;
      const unanswered = asked.filter((_, index) => outcomes[index]?.status === "rejected").map(({ name }) => name);
      return { ...study, unanswered };
    },
    async retrieve({ pacs, ...request }) {
      const asked = pacs === undefined ? members : named(members, [pacs]);
      if (asked.length === 0) throw fault("PACS_NONE_CONFIGURED");
      return asked.length === 1 && asked[0] !== undefined ? asked[0].retrieve(request) : inTurn(asked, request);
    },
  };
}

async function inTurn(members: readonly Pacs[], request: RetrieveRequest): Promise<RetrieveOutcome> {
  const { sopInstanceUIDs, expected, store } = request;
  const asked = sopInstanceUIDs && new Set(sopInstanceUIDs);
  const missing = new Map(
    expected.filter((one) => asked?.has(one.sopInstanceUID) ?? true).map((one) => [one.sopInstanceUID, one]),
  );
  const wanted = missing.size;
  let outcome: RetrieveOutcome | undefined;
  let failure: unknown;
  for (const pacs of members) {
    const begun = missing.size < wanted;
    try {
      outcome = await pacs.retrieve({
        ...request,
        ...(begun && { sopInstanceUIDs: [...missing.keys()] }),
        expected: [...missing.values()],
        async store(instance, data) {
          await store(instance, data);
          missing.delete(instance.sopInstanceUID);
        },
      });
    } catch (error) {
      if (error instanceof CodedError && error.code === "PACS_CANCELLED") throw error;
      // That one has none says less than why another could not be asked.
      if (failure === undefined || isGone(failure)) failure = error;
    }
    if (missing.size === 0) break;
  }
  const complete = missing.size === 0 || failure === undefined || isGone(failure);
  if (outcome === undefined || !complete) throw failure;
  return { ...outcome, received: wanted - missing.size };
}

function isGone(error: unknown): boolean {
  return error instanceof CodedError && error.code === "PACS_GONE";
}

function named(members: readonly Pacs[], among: readonly string[]): Pacs[] {
  const stranger = among.find((name) => !members.some((pacs) => pacs.name === name));
  if (stranger !== undefined) throw fault("PACS_UNKNOWN", { details: { pacs: stranger } });
  return members.filter(({ name }) => among.includes(name));
}

function best(found: readonly FoundStudy[]): FoundStudy | undefined {
  const [first] = found;
  if (first === undefined) return undefined;
  const other = found.find(({ patientID }) => patientID !== first.patientID);
  if (other !== undefined) {
    const values = { [first.pacs]: first.patientID, [other.pacs]: other.patientID };
    throw fault("PACS_CONFLICTING_PATIENT", { values });
  }
  return found.reduce((most, one) => (countOf(one) > countOf(most) ? one : most));
}
