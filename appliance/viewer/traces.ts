import { linkOpened, professionalAuthenticated } from "../audit/index.ts";
import { type CodedError, said } from "../base/index.ts";
import type { NewStatistic, Traces } from "../store/index.ts";
import { viewerErrors } from "./errors.ts";
import type { KnownExam, Link, LinkedExam } from "./model.ts";

/** What is known of an opening when it is over. */
export interface Opened {
  readonly at: Date;
  readonly address: string;
  /** By his own word; unknown as long as nobody has said. */
  readonly reader: "unknown" | "patient" | "professional";
  readonly professional?: string | undefined;
  readonly link?: Link | undefined;
  readonly exam?: KnownExam | LinkedExam | undefined;
  /** Why nothing was shown. */
  readonly fault?: CodedError | undefined;
  readonly milliseconds: number;
}

/**
 * What the opening of a link leaves behind. It is counted once: when it is known who opens it, or when it is refused; that
 * the question was asked is in the trail only.
 */
export function openingTraces(opened: Opened): Traces {
  const { at, address, reader, professional, link, exam, fault, milliseconds } = opened;
  const why = fault?.details.why;
  const record = linkOpened({
    at,
    peer: { id: address, address },
    reader,
    fault,
    users: professional === undefined ? [] : [{ id: professional }],
    patients: exam?.patients ?? [],
    studies: link === undefined ? [] : [link.studyInstanceUID],
    documents: link === undefined ? [] : [link.documentId],
    series: link?.seriesInstanceUID === undefined ? undefined : [link.seriesInstanceUID],
    why: why === undefined ? undefined : String(why),
  });
  // An address that is no link is no opening of one.
  if (fault === undefined ? reader === "unknown" : link === undefined) return { audit: [record] };
  const series = exam !== undefined && "study" in exam ? exam.study.series : undefined;
  const statistic: NewStatistic = {
    at,
    kind: "viewer-link-opened",
    status: fault === undefined ? "succes" : "erreur",
    facts: said({
      structure: exam?.structure,
      modalities: series && [...new Set(series.map(({ modality }) => modality))],
      series: series?.length,
      milliseconds: Math.round(milliseconds),
    }),
    ...(fault !== undefined && { code: fault.code }),
  };
  return { audit: [record], statistics: [statistic] };
}

/** Refusals of a minute that were too many to be recorded one by one; `address` is the last one's. */
export function leftOutTraces(facts: { readonly at: Date; readonly address: string; readonly count: number }): Traces {
  const { at, address, count } = facts;
  const fault = viewerErrors.fault("VIEWER_REFUSALS_LEFT_OUT", { details: { count } });
  return { audit: [linkOpened({ at, peer: { id: address, address }, reader: "unknown", fault })] };
}

/** A professional came in, went, or was not let in. */
export function loginTraces(
  event: "professional-login" | "professional-logout",
  facts: {
    readonly at: Date;
    readonly address: string;
    readonly professional: string | undefined;
    readonly fault?: CodedError;
  },
): Traces {
  const { at, address, professional, fault } = facts;
  const users = professional === undefined ? [] : [{ id: professional }];
  return { audit: [professionalAuthenticated(event, { at, peer: { id: address, address }, users, fault })] };
}
