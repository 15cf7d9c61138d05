import { type Logger, silent } from "../base/index.ts";
import { StudyRoot, type Timeouts, Verification } from "../dimse/index.ts";
import { connection, contextsOf, type PacsAddress } from "./connection.ts";
import { fault } from "./errors.ts";
import { completeStudy, isIncomplete } from "./headers.ts";
import type { FoundStudy } from "./model.ts";
import { defaultProfile, type PacsProfile, type RetrieveMethod } from "./profile.ts";
import type { RetrieveOutcome, RetrieveRequest } from "./retrieve/model.ts";
import { type RetrieveLimits, retrieve, waysOf } from "./retrieve/retrieve.ts";
import type { StorageListener } from "./retrieve/storage-listener.ts";
import { Search, type SearchLimits, searched } from "./search.ts";
import { Turns } from "./turns.ts";

/** All of `findStudy`, in milliseconds: slow archives give 200,000 answers in minutes, and a hung one must not hold us. */
const SEARCH_TIMEOUT = 600_000;

export interface PacsOptions extends PacsAddress {
  /** What differs from `defaultProfile`. */
  readonly profile?: Partial<PacsProfile>;
  /** In milliseconds: those of an association, `search` for all of `findStudy`, and those of `retrieve`. */
  readonly timeouts?: Partial<Timeouts & RetrieveLimits & { readonly search: number }>;
  readonly limits?: Partial<SearchLimits>;
  /** Where C-MOVE has the images sent; shared by all PACS. */
  readonly storage?: StorageListener;
  readonly log?: Logger;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
}

/** The site's archive, as an SCU sees it. Each call opens associations of its own; calls may run in parallel. */
export interface Pacs {
  readonly name: string;
  /** How its images can be had: the ways of its profile that are configured, in that order. */
  readonly ways: readonly RetrieveMethod[];
  /** Resolves when the PACS answers a C-ECHO; throws `PACS_*` otherwise. */
  echo(options?: RequestOptions): Promise<void>;
  /**
   * The study with all its series and instances, or undefined when the PACS answered that it has none. Anything else throws:
   * `retry: "later"`, but for what a person must look at (`PACS_CONFLICTING_PATIENT`, `PACS_CONFLICTING_ACCESSION`,
   * `PACS_TOO_MANY_RESULTS`, `PACS_ANSWER_INCOMPLETE`) and for a UID that is none (`PACS_STUDY_UID_INVALID`).
   */
  findStudy(studyInstanceUID: string, options?: RequestOptions): Promise<FoundStudy | undefined>;
  /**
   * Has instances of a series sent to `store`, by C-GET, C-MOVE or WADO-RS as the profile says. It resolves when what the PACS
   * has of them has come; fewer than expected is for the caller to judge. Otherwise it throws, after what came:
   *
   * - `PACS_GONE`: the PACS says by a query that it has none of them. Nothing else means that.
   * - `PACS_REFUSED`, `PACS_WADO_REFUSED`, `PACS_DESTINATION_UNKNOWN`, `PACS_BUSY`, `PACS_FAILED`: it does not want to.
   * - `PACS_SYNTAX_UNAVAILABLE`: it has them, in none of the syntaxes of the request.
   * - `PACS_SENT_OTHERS`, `PACS_MOVE_UNNAMED`: what came was not asked for, or does not say by whom; nothing was taken.
   * - `PACS_UNREACHABLE`, `PACS_TIMED_OUT`, `PACS_INTERRUPTED`: it is not there, stopped sending, broke off.
   * - `PACS_CANCELLED`: by the signal. `PACS_RETRIEVE_INVALID`, `PACS_NO_RETRIEVE`: the request, or the configuration.
   * - What `store` refused the first instance with, when it took none.
   */
  retrieve(request: RetrieveRequest): Promise<RetrieveOutcome>;
}

export function createPacs(options: PacsOptions): Pacs {
  const { name, log = silent } = options;
  const profile = { ...defaultProfile, ...options.profile };
  const { search: searchTimeout = SEARCH_TIMEOUT, ...timeouts } = options.timeouts ?? {};
  const turns = new Turns(profile.associations);
  const associated = connection(options, profile, timeouts, turns);
  const archive = searched({ name, profile, limits: options.limits, log });

  const source = { address: options, profile, associated, turns, storage: options.storage, timeouts, log };

  return {
    name,
    ways: waysOf(source),
    echo(request) {
      const signal = bounded(searchTimeout, request);
      return associated(contextsOf(Verification), signal, (association) => association.echo({ signal }), {
        urgency: "brief",
      });
    },
    async findStudy(studyInstanceUID, request) {
      const uid = studyInstanceUID.trim();
      // A wild card or a list would be a query for other studies.
      if (!/^[0-9.]{1,64}$/.test(uid)) throw fault("PACS_STUDY_UID_INVALID");
      const signal = bounded(searchTimeout, request);
      const study = await associated(contextsOf(StudyRoot.find), signal, (association) =>
        new Search(association, archive, uid, signal).study(),
      );
      if (study === undefined || !isIncomplete(study)) return study;
      return completeStudy(associated, study, signal, log);
    },
    retrieve: (request) => retrieve(source, request, timeouts),
  };
}

/** The caller's signal and the time that all of a request may take. */
export function bounded(milliseconds: number, { signal }: RequestOptions = {}): AbortSignal {
  const late = AbortSignal.timeout(milliseconds);
  return signal === undefined ? late : AbortSignal.any([signal, late]);
}
