import type { Logger } from "../base/index.ts";
import { type CharacterSet, characterSetOf, type DataSet, Tags } from "../dicom/index.ts";
import { type Association, StudyRoot } from "../dimse/index.ts";
import type { ManifestSeries } from "../kos/index.ts";
import {
  assumeCharacterSet,
  type CountedSeries,
  countedSeries,
  type InstanceFacts,
  inOrder,
  instanceFacts,
  studyFacts,
  uidOf,
} from "./answers.ts";
import { fault } from "./errors.ts";
import { explain } from "./explain.ts";
import type { FoundStudy } from "./model.ts";
import type { PacsProfile } from "./profile.ts";
import { type Level, query } from "./queries.ts";

/** Answers that one search may bring at each level: a PACS that ignores the keys would send its whole base. */
export type SearchLimits = Readonly<Record<Level, number>>;

/**
 * STUDY: one line for each patient or request that the study was filed under. IMAGE: all series together; the largest
 * studies of the field stay below 50,000.
 */
export const searchLimits: SearchLimits = { STUDY: 64, SERIES: 10_000, IMAGE: 200_000 };

/** The PACS that is searched. */
interface Searched {
  readonly name: string;
  readonly profile: PacsProfile;
  readonly limits: SearchLimits;
  /** That of answers that declare none. */
  readonly characterSet: CharacterSet | undefined;
  readonly log: Logger;
}

export function searched(
  pacs: Pick<Searched, "name" | "profile" | "log"> & { readonly limits: Partial<SearchLimits> | undefined },
): Searched {
  const { characterSet } = pacs.profile;
  return {
    ...pacs,
    limits: { ...searchLimits, ...pacs.limits },
    characterSet: characterSet === undefined ? undefined : characterSetOf([characterSet]),
  };
}

/** One search for one study over one association, level by level. */
export class Search {
  readonly #association: Association;
  readonly #pacs: Searched;
  readonly #studyInstanceUID: string;
  readonly #signal: AbortSignal;
  readonly #answered: Record<Level, number> = { STUDY: 0, SERIES: 0, IMAGE: 0 };

  constructor(association: Association, pacs: Searched, studyInstanceUID: string, signal: AbortSignal) {
    this.#association = association;
    this.#pacs = pacs;
    this.#studyInstanceUID = studyInstanceUID;
    this.#signal = signal;
  }

  /**
   * The study; undefined only after the PACS said, by a final success without any answer, that it has none. Throws `PACS_*` in
   * all other cases.
   */
  async study(): Promise<FoundStudy | undefined> {
    const lines = await this.#ask("STUDY", (answer) => answer);
    if (lines.length === 0) {
      if (this.#answered.STUDY === 0) return undefined;
      // It answered about other studies; whether it has this one, it did not say.
      throw fault("PACS_ANSWER_UNRELATED", { details: { pacs: this.#pacs.name, step: "STUDY" } });
    }
    const { counted, ...facts } = studyFacts(lines, this.#pacs.name);
    const series: ManifestSeries[] = [];
    const tally = new Tally(this.#pacs.profile.trustedCounts, counted);
    for (const { counted: inSeries, ...one } of await this.#series()) {
      const instances = await this.#instances(one);
      tally.add(instances.length, inSeries);
      if (instances.length > 0) series.push({ ...one, instances });
    }
    return { ...facts, ...tally.expected(), studyInstanceUID: this.#studyInstanceUID, series };
  }

  async #series(): Promise<CountedSeries[]> {
    const series = new Map<string, CountedSeries>();
    for (const facts of await this.#ask("SERIES", countedSeries)) {
      // Of a series that is listed twice, the first line counts.
      if (!series.has(facts.seriesInstanceUID)) series.set(facts.seriesInstanceUID, facts);
    }
    series.delete("");
    return inOrder([...series.values()], (one) => [one.seriesNumber, one.seriesInstanceUID]);
  }

  async #instances({ seriesInstanceUID }: { readonly seriesInstanceUID: string }): Promise<InstanceFacts[]> {
    const instances = new Map<string, InstanceFacts>();
    for (const facts of await this.#ask("IMAGE", instanceFacts, seriesInstanceUID)) {
      // One UID under two classes is for the manifest to refuse.
      if (facts.sopInstanceUID !== "") instances.set(`${facts.sopInstanceUID} ${facts.sopClassUID}`, facts);
    }
    return inOrder([...instances.values()], (one) => [one.instanceNumber, one.sopInstanceUID]);
  }

  /**
   * What `read` makes of each answer to one query. Answers about another study or series than the one asked are dropped: a peer
   * that ignores a key must not mix the images of two patients.
   */
  async #ask<Facts>(level: Level, read: (answer: DataSet) => Facts, series?: string): Promise<Facts[]> {
    const { name, profile, log, limits, characterSet } = this.#pacs;
    const asked = { sopClassUID: StudyRoot.find, identifier: query(level, profile, this.#studyInstanceUID, series) };
    const facts: Facts[] = [];
    let dropped = 0;
    try {
      for await (const answer of this.#association.find({ ...asked, signal: this.#signal })) {
        if (++this.#answered[level] > limits[level]) {
          throw fault("PACS_TOO_MANY_RESULTS", { details: { pacs: name, step: level, limit: limits[level] } });
        }
        if (characterSet !== undefined) assumeCharacterSet(answer, characterSet);
        if (this.#isAsked(level, answer, series)) facts.push(read(answer));
        else dropped += 1;
      }
    } catch (error) {
      throw explain(error, name, level);
    }
    if (dropped > 0) log.warn({ pacs: name, level, dropped }, "the PACS answered something else than it was asked");
    return facts;
  }

  /** The key of the level asked must be there; some peers leave out the keys above it, but may not contradict them. */
  #isAsked(level: Level, answer: DataSet, series: string | undefined): boolean {
    const study = uidOf(answer, Tags.StudyInstanceUID);
    if (study !== this.#studyInstanceUID && (study !== "" || level === "STUDY")) return false;
    if (level !== "IMAGE") return true;
    const named = uidOf(answer, Tags.SeriesInstanceUID);
    return named === "" || named === series;
  }
}

/**
 * How many instances there should be: what the PACS counts, where it counts more than it lists. What exists is not empty: a
 * study, or a series, that lists nothing holds at least one instance that was not listed.
 */
class Tally {
  readonly #trusted: boolean;
  readonly #inStudy: number | undefined;
  #listed = 0;
  #expected = 0;

  constructor(trusted: boolean, inStudy: number | undefined) {
    this.#trusted = trusted;
    this.#inStudy = trusted ? inStudy : undefined;
  }

  add(listed: number, counted = 0): void {
    this.#listed += listed;
    this.#expected += this.#trusted ? Math.max(1, listed, counted) : listed;
  }

  /** Left out when the PACS counts nothing and lists something everywhere. */
  expected(): { readonly expectedInstances?: number } {
    const expectedInstances = Math.max(1, this.#expected, this.#inStudy ?? 0);
    return this.#inStudy === undefined && expectedInstances === this.#listed ? {} : { expectedInstances };
  }
}
