import { CodedError } from "../base/index.ts";
import { fault } from "./errors.ts";
import type { FoundStudy } from "./model.ts";
import type { Pacs, RequestOptions } from "./pacs.ts";

/** All the archives of a site, searched as one. */
export interface PacsGroup {
  readonly members: readonly Pacs[];
  /**
   * Looks for the study in every PACS at once.
   *
   * - Found in one: that one, even when another could not be asked.
   * - Found in several: the one that lists most instances, the first configured among equals; a cache or a copy in progress
   *   must not hide images. `PACS_CONFLICTING_PATIENT` when they file it under different patient identifiers.
   * - Found in none: undefined only if all of them answered; otherwise the error of one that did not.
   * - An error that a person must look at wins over all: the study is there and something is wrong with it.
   */
  findStudy(studyInstanceUID: string, options?: RequestOptions): Promise<FoundStudy | undefined>;
}

export function createPacsGroup(members: readonly Pacs[]): PacsGroup {
  return {
    members,
    async findStudy(studyInstanceUID, options) {
      if (members.length === 0) throw fault("PACS_NONE_CONFIGURED");
      const outcomes = await Promise.allSettled(members.map((pacs) => pacs.findStudy(studyInstanceUID, options)));
      const failures = outcomes.flatMap((outcome) =>
        outcome.status === "rejected" ? [outcome.reason as unknown] : [],
      );
      const found = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" && outcome.value) || []);
      const serious = failures.find((failure) => !(failure instanceof CodedError) || failure.retry === "human");
      if (serious !== undefined) throw serious;
      if (found.length === 0 && failures.length > 0) throw failures[0];
      return best(found);
    },
  };
}

function best(found: readonly FoundStudy[]): FoundStudy | undefined {
  const [first] = found;
  if (first === undefined) return undefined;
  const other = found.find(({ patientID }) => patientID !== first.patientID);
  if (other !== undefined) {
    const values = { [first.pacs]: first.patientID, [other.pacs]: other.patientID };
    throw fault("PACS_CONFLICTING_PATIENT", { values });
  }
  return found.reduce((most, one) => (size(one) > size(most) ? one : most));
}

function size({ series }: FoundStudy): number {
  return series.reduce((sum, { instances }) => sum + instances.length, 0);
}
