import { setImmediate } from "node:timers/promises";
import { DataSet, Tags } from "../dicom/index.ts";
import type { Association } from "./association.ts";
import type { Channel } from "./channel.ts";
import { Commands, Priorities, RESPONSE } from "./command.ts";
import { fault } from "./errors.ts";
import { PRESENTATION_CONTEXT_LIMIT, RESPONSE_TIMEOUT } from "./limits.ts";
import type { AcceptedContext } from "./message-reader.ts";
import type { ContextProposal } from "./negotiation.ts";
import { requestAssociation } from "./request-association.ts";
import type { Destination, MoveOriginator, OutgoingInstance } from "./services.ts";
import { categoryOf, Status } from "./status.ts";

/** Sends one instance; returns the status of the C-STORE. */
export type StoreOne = (instance: OutgoingInstance) => Promise<number>;

export interface Counts {
  remaining: number;
  completed: number;
  failed: number;
  warning: number;
}

export interface SubOperationsResult {
  readonly status: number;
  readonly counts: Counts;
  readonly failed: readonly string[];
}

/** UIDs in (0008,0058): an explicit VR element of VR UI has at most 65,534 bytes. */
const FAILED_LIST_LIMIT = 1_000;

/**
 * The C-STORE sub-operations of a retrieve, one after the other (PS3.4 C.4.2.3). Those that `storeOne` throws for have
 * failed, and the others go on. The final status is A702H when nothing passed, B000H when something failed.
 */
export async function performSubOperations(
  instances: readonly OutgoingInstance[],
  storeOne: StoreOne,
  signal: AbortSignal,
  onProgress: (counts: Counts) => Promise<void>,
): Promise<SubOperationsResult> {
  const counts: Counts = { remaining: instances.length, completed: 0, failed: 0, warning: 0 };
  const failed: string[] = [];
  for (const instance of instances) {
    if (signal.aborted) return { status: Status.cancel, counts, failed };
    const category = categoryOf(await storeOne(instance).catch(() => Status.processingFailure));
    counts.remaining -= 1;
    if (category === "success") counts.completed += 1;
    else if (category === "warning") counts.warning += 1;
    else {
      counts.failed += 1;
      failed.push(instance.sopInstanceUID);
    }
    await onProgress(counts);
    // Small instances to a fast peer never wait for the socket: leave the others their turn, and C-CANCEL its chance.
    await setImmediate();
  }
  const passed = counts.completed + counts.warning > 0;
  const status = counts.failed === 0 ? Status.success : passed ? Status.subOperationsWithFailures : undefined;
  return { status: status ?? Status.unableToPerformSubOperations, counts, failed };
}

/** The data set of the final response, when there is something to say (PS3.4 C.4.2.1.4.2). */
export function failedList(failed: readonly string[]): DataSet | undefined {
  if (failed.length === 0) return undefined;
  return new DataSet().set(Tags.FailedSOPInstanceUIDList, "UI", failed.slice(0, FAILED_LIST_LIMIT));
}

/** One association to the destination of a C-MOVE, opened with exactly what is to be sent. */
export async function openDestination(
  destination: Destination,
  callingAETitle: string,
  instances: readonly OutgoingInstance[],
  signal: AbortSignal,
): Promise<Association> {
  return requestAssociation({
    host: destination.host,
    port: destination.port,
    callingAETitle,
    calledAETitle: destination.aeTitle,
    presentationContexts: proposalsFor(instances),
    signal,
    ...(destination.tls === undefined ? {} : { tls: destination.tls }),
  });
}

/** C-STORE over an association of our own, for C-MOVE. */
export function storeThrough(association: Association, moveOriginator: MoveOriginator): StoreOne {
  return async (instance) => {
    const { sopClassUID, sopInstanceUID } = instance;
    const transferSyntax = contextFor(instance, association.contexts)?.transferSyntax ?? instance.transferSyntax;
    const data = instance.open(transferSyntax);
    return (await association.store({ sopClassUID, sopInstanceUID, transferSyntax, data, moveOriginator })).status;
  };
}

/** C-STORE over the association of the C-GET itself, where the requestor agreed to be an SCP. */
export function storeBack(channel: Channel, contexts: readonly AcceptedContext[]): StoreOne {
  let messageID = 0;
  return async (instance) => {
    const context = contextFor(instance, contexts);
    if (context === undefined) return Status.sopClassNotSupported;
    messageID = (messageID % 0xffff) + 1;
    const command = {
      commandField: Commands.cStore,
      affectedSOPClassUID: instance.sopClassUID,
      affectedSOPInstanceUID: instance.sopInstanceUID,
      priority: Priorities.medium,
      messageID,
    };
    await channel.send(context.id, command, instance.open(context.transferSyntax));
    const { command: answer } = await channel.receive("response", RESPONSE_TIMEOUT);
    const mine = answer.commandField === (Commands.cStore | RESPONSE) && answer.messageIDBeingRespondedTo === messageID;
    if (mine && answer.status !== undefined) return answer.status;
    const error = fault("DIMSE_PROTOCOL_ERROR", { details: { problem: "a message that answers nothing" } });
    channel.abort(error);
    throw error;
  };
}

/** The context for an instance as it is, else the best that it can be converted to. */
function contextFor(instance: OutgoingInstance, contexts: readonly AcceptedContext[]): AcceptedContext | undefined {
  for (const transferSyntax of [instance.transferSyntax, ...(instance.alsoIn ?? [])]) {
    const context = contexts.find(
      (one) => one.abstractSyntax === instance.sopClassUID && one.transferSyntax === transferSyntax,
    );
    if (context !== undefined) return context;
  }
  return undefined;
}

/** One context for each SOP class and transfer syntax, so that nothing has to be converted that is taken as it is. */
function proposalsFor(instances: readonly OutgoingInstance[]): ContextProposal[] {
  const proposals = new Map<string, ContextProposal>();
  for (const { sopClassUID, transferSyntax, alsoIn = [] } of instances) {
    for (const syntax of [transferSyntax, ...alsoIn]) {
      const key = `${sopClassUID}\\${syntax}`;
      proposals.set(key, { abstractSyntax: sopClassUID, transferSyntaxes: [syntax] });
    }
  }
  return [...proposals.values()].slice(0, PRESENTATION_CONTEXT_LIMIT);
}
