import { type DataSet, encodeDataSet, Tags } from "../dicom/index.ts";
import type { Channel } from "./channel.ts";
import { type CommandSet, Commands, Priorities, type Priority } from "./command.ts";
import { fault } from "./errors.ts";
import { type Operation, type Response, readIdentifier } from "./operation.ts";
import { statusFault } from "./status.ts";
import { type StoreHandler, serveStore } from "./store-request.ts";

/** The counts of a retrieve (PS3.7 9.3.4.2), as the peer gives them: undefined is "it did not say", never 0. */
export interface SubOperations {
  readonly remaining: number | undefined;
  readonly completed: number | undefined;
  readonly failed: number | undefined;
  readonly warning: number | undefined;
}

export interface RetrieveOutcome {
  readonly status: number;
  /** `warning`: complete, with failures (B000H). */
  readonly category: "success" | "warning";
  readonly counts: SubOperations;
  /** (0008,0058) of the final response. */
  readonly failedSOPInstanceUIDs: readonly string[];
}

interface Options {
  readonly sopClassUID: string;
  readonly identifier: DataSet;
  readonly priority?: Priority;
  readonly onProgress?: (counts: SubOperations) => void;
  readonly store?: StoreHandler;
}

/** C-MOVE and C-GET: the same exchange, but that the instances of a C-GET come in between. Ends the operation. */
export async function retrieve(
  operation: Operation,
  channel: Channel,
  command: Pick<CommandSet, "commandField" | "moveDestination">,
  options: Options,
): Promise<RetrieveOutcome> {
  let finished = false;
  try {
    const priority = Priorities[options.priority ?? "medium"];
    const identifier = encodeDataSet(options.identifier, operation.context.transferSyntax);
    await operation.send({ ...command, affectedSOPClassUID: options.sopClassUID, priority }, identifier);
    for (;;) {
      const message = await operation.receive();
      if (options.store !== undefined && message.command.commandField === Commands.cStore) {
        await serveStore(channel, message, options.store);
        continue;
      }
      const response = operation.asResponse(message);
      finished = response.category !== "pending";
      if (finished) return await outcome(operation, response, command.moveDestination);
      options.onProgress?.(countsOf(response.command));
    }
  } finally {
    if (!finished) await operation.abandon();
    operation.end();
  }
}

async function outcome(operation: Operation, response: Response, destination?: string): Promise<RetrieveOutcome> {
  const { command, status, category, message } = response;
  const counts = countsOf(command);
  if (operation.cancelled) throw fault("DIMSE_CANCELLED");
  if (category !== "success" && category !== "warning") {
    const said = Object.entries(counts).filter((entry): entry is [string, number] => entry[1] !== undefined);
    throw statusFault(destination === undefined ? "C-GET" : "C-MOVE", status, {
      comment: command.errorComment,
      counts: Object.fromEntries(said),
      ...(destination === undefined ? {} : { destination }),
    });
  }
  const identifier = message.payload === undefined ? undefined : await readIdentifier(message);
  const failedSOPInstanceUIDs = identifier?.strings(Tags.FailedSOPInstanceUIDList) ?? [];
  return { status, category, counts, failedSOPInstanceUIDs };
}

function countsOf(command: CommandSet): SubOperations {
  return {
    remaining: command.numberOfRemainingSuboperations,
    completed: command.numberOfCompletedSuboperations,
    failed: command.numberOfFailedSuboperations,
    warning: command.numberOfWarningSuboperations,
  };
}
