import type { Logger } from "../base/index.ts";
import { type DataSet, type Tag, Tags } from "../dicom/index.ts";
import { type Association, StudyRoot } from "../dimse/index.ts";
import type { ManifestSeries } from "../kos/index.ts";
import {
  type InstanceFacts,
  inOrder,
  instanceFacts,
  type SeriesFacts,
  seriesFacts,
  studyFacts,
  uidOf,
} from "./answers.ts";
import { fault } from "./errors.ts";
import { explain } from "./explain.ts";
import type { FoundStudy } from "./model.ts";
import { type Level, query } from "./queries.ts";

/** Answers that one search may bring, by level: a PACS that ignores the keys would send its whole base. */
export interface SearchLimits {
  /** Lines for one study: one for each patient or request it was filed under. */
  readonly studies: number;
  readonly series: number;
  /** All series together. The largest studies of the field stay below 50,000. */
  readonly instances: number;
}

export const searchLimits: SearchLimits = { studies: 64, series: 10_000, instances: 200_000 };

/** What a search needs of the PACS it asks. */
export interface Searched {
  readonly name: string;
  readonly limits: SearchLimits;
  /** The character set of answers that declare none. */
  readonly characterSet: string | undefined;
  readonly log: Logger;
}

/**
 * Finds a study over an association, level by level. Undefined only after the PACS said, by a final success without any
 * answer, that it has no such study. Throws `PACS_*` in all other cases.
 */
export class Search {
  readonly #association: Association;
  readonly #pacs: Searched;
  readonly #signal: AbortSignal;
  readonly #studyInstanceUID: string;
  #instances = 0;

  constructor(association: Association, pacs: Searched, studyInstanceUID: string, signal: AbortSignal) {
    this.#association = association;
    this.#pacs = pacs;
    this.#studyInstanceUID = studyInstanceUID;
    this.#signal = signal;
  }

  async study(): Promise<FoundStudy | undefined> {
    const studyInstanceUID = this.#studyInstanceUID;
    const { answers, dropped } = await this.#ask("STUDY", this.#pacs.limits.studies);
    const lines = answers.filter((answer) => uidOf(answer, Tags.StudyInstanceUID) !== "");
    if (lines.length === 0 && dropped + answers.length > 0) {
      // It answered about other studies: whether it has this one, it did not say.
      throw fault("PACS_ANSWER_UNRELATED", { details: { pacs: this.#pacs.name, step: "STUDY" } });
    }
    if (lines.length === 0) return undefined;
    const facts = studyFacts(lines, this.#pacs.name);
    const series: ManifestSeries[] = [];
    for (const one of await this.#series()) {
      const instances = await this.#instancesOf(one);
      if (instances.length > 0) series.push({ ...one, instances });
    }
    return { ...facts, studyInstanceUID, series };
  }

  async #series(): Promise<SeriesFacts[]> {
    const { answers } = await this.#ask("SERIES", this.#pacs.limits.series);
    const series = new Map<string, SeriesFacts>();
    for (const answer of answers) {
      const facts = seriesFacts(answer);
      const { seriesInstanceUID } = facts;
      // Of a series that is listed twice, the first line counts.
      if (seriesInstanceUID !== "" && !series.has(seriesInstanceUID)) series.set(seriesInstanceUID, facts);
    }
    return inOrder([...series.values()], (one) => [one.seriesNumber, one.seriesInstanceUID]);
  }

  async #instancesOf({ seriesInstanceUID }: SeriesFacts): Promise<InstanceFacts[]> {
    const left = this.#pacs.limits.instances - this.#instances;
    const { answers } = await this.#ask("IMAGE", left, seriesInstanceUID);
    this.#instances += answers.length;
    const instances = new Map<string, InstanceFacts>();
    for (const answer of answers) {
      const facts = instanceFacts(answer);
      if (facts.sopInstanceUID !== "") instances.set(`${facts.sopInstanceUID} ${facts.sopClassUID}`, facts);
    }
    return inOrder([...instances.values()], (one) => [one.instanceNumber, one.sopInstanceUID]);
  }

  /**
   * The answers to one query, at most `limit`. Those about another study or series than the one asked are dropped: a peer
   * that ignores a key must not mix the images of two patients.
   */
  async #ask(level: Level, limit: number, series?: string): Promise<{ answers: DataSet[]; dropped: number }> {
    const { name, log, characterSet } = this.#pacs;
    const answers: DataSet[] = [];
    let dropped = 0;
    try {
      const identifier = query(level, this.#studyInstanceUID, series);
      for await (const answer of this.#association.find({
        sopClassUID: StudyRoot.find,
        identifier,
        signal: this.#signal,
      })) {
        if (answers.length + dropped >= limit) {
          throw fault("PACS_TOO_MANY_RESULTS", { details: { pacs: name, step: level, limit } });
        }
        if (characterSet !== undefined && !answer.has(Tags.SpecificCharacterSet)) {
          answer.set(Tags.SpecificCharacterSet, "CS", characterSet);
        }
        const asked =
          isAbout(answer, Tags.StudyInstanceUID, this.#studyInstanceUID) &&
          (series === undefined || isAbout(answer, Tags.SeriesInstanceUID, series));
        if (asked) answers.push(answer);
        else dropped += 1;
      }
    } catch (error) {
      throw explain(error, name, level);
    }
    if (dropped > 0)
      log.warn({ pacs: name, level, dropped }, "the PACS answered about something else than it was asked");
    return { answers, dropped };
  }
}

/** True unless the answer names another one; some peers leave out the keys above the level. */
function isAbout(answer: DataSet, tag: Tag, asked: string): boolean {
  const named = uidOf(answer, tag);
  return named === "" || named === asked;
}
