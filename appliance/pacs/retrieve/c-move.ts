import { setTimeout as delay } from "node:timers/promises";
import { CodedError } from "../../base/index.ts";
import type { DataSet } from "../../dicom/index.ts";
import { type Association, StudyRoot } from "../../dimse/index.ts";
import { contextsOf } from "../connection.ts";
import { fault } from "../errors.ts";
import { explainRetrieve } from "./explain.ts";
import { identifiersOf } from "./identifiers.ts";
import type { Told } from "./model.ts";
import { MoveClaim } from "./moves.ts";
import { type Job, priorityOf, type Source, together, turnOf } from "./way.ts";

/** Some answer before all has left: how long what they count is waited for without any progress, in milliseconds. */
const STRAGGLERS = 5_000;
const STRAGGLERS_STEP = 50;

/**
 * C-MOVE (PS3.4 C.4.2) to our own storage listener. Asked again when nothing came by the syntaxes that were chosen, and others
 * can be.
 */
export async function byMove(source: Source, job: Job): Promise<Told> {
  const again = (failed: string | number = 0) => Number(failed) > 0 && job.intake.chooseOthers();
  try {
    const told = await moveAll(source, job);
    if (!again(told.counts.failed)) return told;
  } catch (error) {
    if (!(error instanceof CodedError) || !again(error.details.failed)) throw error;
  }
  return byMove(source, job);
}

function moveAll(source: Source, job: Job): Promise<Told> {
  const { address, profile, associated } = source;
  const { request, intake, signal } = job;
  const claim = new MoveClaim(intake, profile.moveOriginator);
  return associated(
    contextsOf(StudyRoot.move),
    signal,
    async (association) => {
      const parts: Told[] = [];
      for (const identifier of identifiersOf(request, request.sopInstanceUIDs)) {
        const told = movePart(source, job, { association, identifier, claim });
        parts.push(await told.catch((error) => Promise.reject(explainRetrieve(error, address.name, "C-MOVE"))));
      }
      return together(parts);
    },
    { ...turnOf(request), claim },
  );
}

interface Part {
  readonly association: Association;
  readonly identifier: DataSet;
  readonly claim: MoveClaim;
}

async function movePart(
  { address, profile, storage }: Source,
  { request, intake, signal }: Job,
  { association, identifier, claim }: Part,
): Promise<Told> {
  const { name: pacs, callingAETitle } = address;
  const { moveDestination: destination, moveOriginator: named } = profile;
  if (storage === undefined || destination === undefined) throw fault("PACS_NO_RETRIEVE", { details: { pacs } });
  const before = intake.arrived;
  let progress = performance.now();
  const onProgress = () => {
    progress = performance.now();
    association.progress();
  };
  using move = storage.moves.begin({ pacs, callingAETitle, named, intake, claim, onProgress });
  const { messageID } = move;
  const priority = priorityOf(request);
  const sopClassUID = StudyRoot.move;
  const outcome = await association.move({ sopClassUID, identifier, destination, messageID, priority, signal });
  const { completed = 0, warning = 0 } = outcome.counts;
  const missing = () => intake.arrived - before < completed + warning;
  await intake.idle();
  while (missing() && performance.now() - progress < STRAGGLERS) {
    await delay(STRAGGLERS_STEP, undefined, { signal });
    await intake.idle();
  }
  const { counts, failedSOPInstanceUIDs } = outcome;
  return { counts, failedSOPInstanceUIDs, named: move.told === intake.arrived - before };
}
