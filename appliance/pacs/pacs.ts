import type { ConnectionOptions } from "node:tls";
import { type Logger, silent } from "../base/index.ts";
import { characterSetOf, ExplicitVRLittleEndian, ImplicitVRLittleEndian } from "../dicom/index.ts";
import {
  type Association,
  type ContextProposal,
  requestAssociation,
  StudyRoot,
  type Timeouts,
  Verification,
} from "../dimse/index.ts";
import { fault } from "./errors.ts";
import { explain } from "./explain.ts";
import { completeStudy, isIncomplete, RETRIEVAL_CONTEXTS } from "./headers.ts";
import type { FoundStudy } from "./model.ts";
import { Search, type SearchLimits, searchLimits } from "./search.ts";

/** All of `findStudy`, in milliseconds: slow archives give 200,000 answers in minutes, and a hung one must not hold us. */
const SEARCH_TIMEOUT = 600_000;

/** Explicit VR first: it says what a private attribute is. */
const TRANSFER_SYNTAXES = [ExplicitVRLittleEndian.uid, ImplicitVRLittleEndian.uid];

export interface PacsOptions {
  /** What the site calls it: stands in messages and in `FoundStudy.pacs`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** AE title of the PACS (called). */
  readonly aeTitle: string;
  /** Ours, that the PACS must know. */
  readonly callingAETitle: string;
  readonly tls?: ConnectionOptions;
  /** In milliseconds: those of an association, and `search` for all of `findStudy`. */
  readonly timeouts?: Partial<Timeouts & { readonly search: number }>;
  readonly limits?: Partial<SearchLimits>;
  /** Defined term for answers that declare no character set though they are not ASCII; `ISO_IR 100` for many PACS here. */
  readonly characterSet?: string;
  readonly log?: Logger;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
}

/** The site's archive, as an SCU sees it. Each call opens associations of its own; calls may run in parallel. */
export interface Pacs {
  readonly name: string;
  /** Resolves when the PACS answers a C-ECHO; throws `PACS_*` otherwise. */
  echo(options?: RequestOptions): Promise<void>;
  /**
   * The study with all its series and instances, or undefined when the PACS answered that it has none. Anything else throws:
   * `retry: "later"`, but for what a person must look at (`PACS_CONFLICTING_PATIENT`, `PACS_CONFLICTING_ACCESSION`,
   * `PACS_TOO_MANY_RESULTS`, `PACS_ANSWER_INCOMPLETE`) and for a UID that is none (`PACS_STUDY_UID_INVALID`).
   */
  findStudy(studyInstanceUID: string, options?: RequestOptions): Promise<FoundStudy | undefined>;
}

export function createPacs(options: PacsOptions): Pacs {
  const { name, log = silent } = options;
  const characterSet = options.characterSet === undefined ? undefined : characterSetOf([options.characterSet]);
  const searched = { name, log, characterSet, limits: { ...searchLimits, ...options.limits } };
  const { search: searchTimeout = SEARCH_TIMEOUT, ...timeouts } = options.timeouts ?? {};

  const bounded = ({ signal }: RequestOptions = {}): AbortSignal => {
    const late = AbortSignal.timeout(searchTimeout);
    return signal === undefined ? late : AbortSignal.any([signal, late]);
  };

  /** Does `work` over an association; whatever fails comes out explained. */
  async function associated<Result>(
    presentationContexts: readonly ContextProposal[],
    signal: AbortSignal,
    work: (association: Association) => Promise<Result>,
  ): Promise<Result> {
    try {
      await using association = await requestAssociation({
        host: options.host,
        port: options.port,
        calledAETitle: options.aeTitle,
        callingAETitle: options.callingAETitle,
        presentationContexts,
        timeouts,
        signal,
        ...(options.tls !== undefined && { tls: options.tls }),
      });
      return await work(association);
    } catch (error) {
      throw explain(error, name, "association");
    }
  }

  return {
    name,
    echo(request) {
      const signal = bounded(request);
      return associated(contextOf(Verification), signal, (association) => association.echo({ signal }));
    },
    async findStudy(studyInstanceUID, request) {
      const uid = studyInstanceUID.trim();
      // A wild card or a list would be a query for other studies.
      if (!/^[0-9.]{1,64}$/.test(uid)) throw fault("PACS_STUDY_UID_INVALID");
      const signal = bounded(request);
      const study = await associated(contextOf(StudyRoot.find), signal, (association) =>
        new Search(association, searched, uid, signal).study(),
      );
      if (study === undefined || !isIncomplete(study)) return study;
      return associated(RETRIEVAL_CONTEXTS, signal, (association) => completeStudy(association, study, signal, log));
    },
  };
}

function contextOf(abstractSyntax: string): ContextProposal[] {
  return [{ abstractSyntax, transferSyntaxes: TRANSFER_SYNTAXES }];
}
