/** What is counted of an event: numbers, and names of things. Never of a person, never an identifier of an exam. */
export interface StatisticFacts {
  /** National identifier of the structure. */
  readonly structure?: string;
  /** Name of the PACS, or of what else was asked. */
  readonly destination?: string;
  readonly modalities?: readonly string[];
  readonly series?: number;
  readonly instances?: number;
  readonly bytes?: number;
  readonly milliseconds?: number;
}

/** The words of ModelStat. */
export type StatisticStatus = "succes" | "erreur";

export interface NewStatistic {
  readonly at: Date;
  readonly kind: string;
  readonly status: StatisticStatus;
  /** Why it failed: an error code. */
  readonly code?: string;
  readonly facts?: StatisticFacts;
}

export interface Statistic extends NewStatistic {
  readonly id: number;
}

export interface StatisticsPage {
  readonly from: Date;
  /** Not included. */
  readonly to: Date;
  /** The last line of the former page. */
  readonly after?: { readonly at: Date; readonly id: number };
  readonly limit: number;
}
