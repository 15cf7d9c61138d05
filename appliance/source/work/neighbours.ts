import type { Dmp } from "../../dmp/index.ts";
import { createPacsGroup, type Pacs, type PacsGroup } from "../../pacs/index.ts";
import type { RetryDelays } from "../exam/delay.ts";
import { type Hours, opening, turns } from "./bounds.ts";
import { Destination } from "./destination.ts";
import { faultsOf } from "./scope.ts";

export interface NeighbourOptions {
  readonly pacs: readonly Pacs[];
  readonly dmp: Dmp;
  readonly delays: RetryDelays;
  /** Looks at a time, over all PACS. */
  readonly looks: number;
  /** Publications at a time. */
  readonly publications: number;
  readonly publicationsPerMinute: number;
  /** Of the day, when publications may start; always when absent. */
  readonly publicationHours?: Hours;
  readonly timeZone: string;
  readonly now: () => Date;
}

/** The systems outside, each behind its own breaker: one that is away does not hold up what the others have. */
export interface Neighbours {
  readonly archives: readonly Destination[];
  readonly record: Destination;
  readonly pacs: PacsGroup;
  /** The record as a look asks it: its questions need no turn among the publications, which may be thousands. */
  readonly registry: Dmp;
}

export function createNeighbours(options: NeighbourOptions): Neighbours {
  const { dmp, publicationHours: hours } = options;
  // The breakers count elapsed time: a clock that is set back must not keep them open.
  const elapsed = () => performance.now();
  const common = { delays: options.delays, now: elapsed };
  const archives = options.pacs.map(
    ({ name }) => new Destination({ ...common, name, faults: faultsOf.PACS, concurrency: options.looks }),
  );
  const record = new Destination({
    ...common,
    name: "DMP",
    faults: faultsOf.DMP,
    concurrency: options.publications,
    nextTurn: turns(options.publicationsPerMinute, elapsed),
    ...(hours && { opensIn: opening(hours, options.timeZone, options.now) }),
  });
  const members = options.pacs.map((member, index) => ({
    ...member,
    findStudy: (...question: Parameters<Pacs["findStudy"]>) =>
      (archives[index] as Destination).run(() => member.findStudy(...question)),
  }));
  return {
    archives,
    record,
    pacs: createPacsGroup(members),
    registry: {
      ...dmp,
      find: (...question) => record.ask(() => dmp.find(...question)),
      findByReference: (...question) => record.ask(() => dmp.findByReference(...question)),
    },
  };
}
