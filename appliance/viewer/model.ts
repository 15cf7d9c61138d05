import type { LoggedIn } from "../identity/index.ts";
import type { AuditPatient } from "../store/index.ts";
import type { Html } from "./html.ts";

/** The two languages of the pages, French first. */
export type Language = "fr" | "en";

/** What the address of a report's link says (RAD-106, with `idCDA`). */
export interface Link {
  readonly requestType: "STUDY" | "SERIES";
  readonly studyInstanceUID: string;
  /** Of a SERIES request, when it names one. */
  readonly seriesInstanceUID?: string;
  /** As it was written: with or without the OID of its authority before it. */
  readonly accessionNumber: string;
  /** `root` or `root^extension` of the CDA. */
  readonly documentId: string;
}

/** An exam that its link names rightly, by the archive. */
export interface KnownExam {
  readonly examId: number;
  /** National identifier of the structure. */
  readonly structure: string;
  readonly patients: readonly AuditPatient[];
}

/** An exam that its link may open, with what the PACS says of it. Dates `YYYYMMDD`. */
export interface LinkedExam extends KnownExam {
  readonly study: {
    readonly studyInstanceUID: string;
    readonly studyDate?: string;
    readonly description?: string;
    readonly series: readonly {
      readonly seriesInstanceUID: string;
      readonly seriesNumber?: number;
      readonly modality: string;
      readonly description?: string;
      readonly instances: readonly unknown[];
    }[];
  };
}

/** The exams of the site, by the links of their reports. */
export interface Exams {
  /** Asks the archive only. Rejects with SOURCE_LINK_INCOHERENT. */
  find(link: Link): Promise<KnownExam>;
  /** Asks the PACS, too. Rejects with SOURCE_LINK_INCOHERENT, SOURCE_LINK_NO_IMAGES, PACS_*. */
  open(link: Link, signal: AbortSignal): Promise<LinkedExam>;
}

/** What a professional who was let in asks to see. */
export interface Opening {
  readonly link: Link;
  readonly exam: LinkedExam;
  readonly professional: LoggedIn;
  readonly language: Language;
}

/** A page of this listener, or where the browser is to go. */
export type Shown = { readonly title: string; readonly body: Html } | { readonly location: string };

/** What shows an exam: the list of its series, until the viewer of the consumer takes this place. */
export interface Viewer {
  show(opening: Opening): Promise<Shown>;
}
