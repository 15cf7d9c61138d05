import type { Logger } from "../../base/index.ts";
import type { Priority, Timeouts } from "../../dimse/index.ts";
import type { Connection, PacsAddress } from "../connection.ts";
import type { PacsProfile } from "../profile.ts";
import type { TurnOptions, Turns } from "../turns.ts";
import type { Intake } from "./intake.ts";
import type { RetrieveRequest, Told } from "./model.ts";
import type { StorageListener } from "./storage-listener.ts";

/** The PACS that is asked. */
export interface Source {
  readonly address: PacsAddress;
  readonly profile: PacsProfile;
  readonly associated: Connection;
  readonly turns: Turns;
  /** Where it sends what C-MOVE asks for. */
  readonly storage: StorageListener | undefined;
  readonly timeouts: Partial<Timeouts>;
  readonly log: Logger;
}

/** One request under way. */
export interface Job {
  readonly request: RetrieveRequest;
  readonly intake: Intake;
  /** The caller's, and the time that all of it may take. */
  readonly signal: AbortSignal;
}

/** Has the instances sent into the intake; gives what the PACS says at the end. Throws `PACS_*`. */
export type Way = (source: Source, job: Job) => Promise<Told>;

/** Its turn among all that is asked of the PACS. */
export function turnOf({ priority, urgent }: RetrieveRequest): TurnOptions {
  return { urgency: priority, ...(urgent !== undefined && { urgent }) };
}

const PRIORITIES: Readonly<Record<RetrieveRequest["priority"], Priority>> = {
  now: "high",
  soon: "medium",
  background: "low",
};

/** As it is asked for now (PS3.7 9.1.3.1.6); a PACS is free to ignore it. */
export function priorityOf({ priority, urgent }: RetrieveRequest): Priority {
  return PRIORITIES[urgent?.aborted === true ? "now" : priority];
}

/** Of a PACS that does not get to say anything, or has no word for it. */
export const UNSAID: Told = {
  counts: { remaining: undefined, completed: undefined, failed: undefined, warning: undefined },
  failedSOPInstanceUIDs: [],
};

/** What was told of the parts of one request, as if of the whole. What one does not say is not known. */
export function together(parts: readonly Told[]): Told {
  const sum = (key: keyof Told["counts"]) =>
    parts.reduce<number | undefined>((total, { counts }) => {
      const more = counts[key];
      return total === undefined || more === undefined ? undefined : total + more;
    }, 0);
  return {
    counts: {
      remaining: sum("remaining"),
      completed: sum("completed"),
      failed: sum("failed"),
      warning: sum("warning"),
    },
    failedSOPInstanceUIDs: parts.flatMap(({ failedSOPInstanceUIDs }) => failedSOPInstanceUIDs),
    ...(parts.some(({ named }) => named !== undefined) && { named: parts.every(({ named }) => named === true) }),
  };
}
