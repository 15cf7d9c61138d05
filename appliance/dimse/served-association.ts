import { setImmediate } from "node:timers/promises";
import { CodedError, type Logger } from "../base/index.ts";
import { type DataSet, encodeDataSet } from "../dicom/index.ts";
import type { Channel } from "./channel.ts";
import { type CommandSet, Commands, Priorities, type Priority, RESPONSE } from "./command.ts";
import { fault } from "./errors.ts";
import type { AcceptedContext, Message } from "./message-reader.ts";
import { readIdentifier } from "./operation.ts";
import type { Handlers, OutgoingInstance, QueryRequest, Requestor } from "./services.ts";
import { commentOf, Status, statusFault, statusOf } from "./status.ts";
import { serveStore } from "./store-request.ts";
import {
  type Counts,
  failedList,
  openDestination,
  performSubOperations,
  type StoreOne,
  storeBack,
  storeThrough,
} from "./sub-operations.ts";

/** How long matches may be sent without giving the event loop its turn, in milliseconds: C-CANCEL must be seen. */
const TURN = 5;

export interface ServedOptions {
  readonly requestor: Requestor;
  readonly handlers: Handlers;
  readonly log: Logger;
  readonly idle: number;
  /** The contexts in which the requestor takes C-STORE from us, for C-GET. */
  readonly returnContexts: readonly AcceptedContext[];
}

/** An association that we accepted: reads its requests one by one and has the handlers answer them. */
export class ServedAssociation {
  readonly #channel: Channel;
  readonly #options: ServedOptions;
  #current: AbortController | undefined;
  #draining = false;

  constructor(channel: Channel, options: ServedOptions) {
    this.#channel = channel;
    this.#options = options;
  }

  /** Serves until the association ends. Never throws. */
  async run(): Promise<void> {
    try {
      while (!this.#draining) {
        const message = await this.#channel.receive("idle", this.#options.idle);
        const current = new AbortController();
        this.#current = current;
        this.#channel.onCancel = (messageID) => {
          if (messageID === message.command.messageID) current.abort();
        };
        await this.#serve(message, current.signal);
        this.#current = undefined;
      }
    } catch (error) {
      // The channel reports by itself why it ended; anything else is ours.
      if (!this.#channel.ended) this.#failed("association", error);
    }
    this.#channel.abort(fault("DIMSE_CLOSED"));
  }

  /** The association is over: whoever works for it may stop. */
  ended(): void {
    this.#current?.abort();
  }

  /** Ends now when no request is under way, and after its answer otherwise. */
  drain(): void {
    this.#draining = true;
    if (this.#current === undefined) this.abort();
  }

  abort(): void {
    this.#channel.abort(fault("DIMSE_CLOSED"));
  }

  async #serve(message: Message, signal: AbortSignal): Promise<void> {
    const { handlers, requestor } = this.#options;
    const { commandField } = message.command;
    if (commandField === Commands.cEcho) return this.#echo(message);
    if (commandField === Commands.cStore && handlers.store !== undefined) {
      const store = handlers.store;
      const failure = await serveStore(this.#channel, message, (request, data) =>
        store({ ...request, requestor }, data),
      );
      if (failure !== undefined) this.#failed("C-STORE", failure);
      return;
    }
    if (commandField === Commands.cFind && handlers.find !== undefined) return this.#find(message, signal);
    if (commandField === Commands.cMove && handlers.move !== undefined) return this.#move(message, signal);
    if (commandField === Commands.cGet && handlers.get !== undefined) return this.#get(message, signal);
    if ((commandField & RESPONSE) !== 0) {
      return this.#channel.abort(fault("DIMSE_PROTOCOL_ERROR", { details: { problem: "a response to nothing" } }));
    }
    await message.payload?.discard();
    await this.#answer(message, Status.unrecognizedOperation);
  }

  async #echo(message: Message): Promise<void> {
    try {
      await this.#options.handlers.echo?.(this.#options.requestor);
      await this.#answer(message, Status.success);
    } catch (error) {
      await this.#answerFailure("C-ECHO", message, error, Status.processingFailure);
    }
  }

  async #find(message: Message, signal: AbortSignal): Promise<void> {
    const find = this.#options.handlers.find;
    if (find === undefined) return;
    try {
      const request = await this.#query(message, signal);
      let turn = performance.now();
      for await (const match of find(request)) {
        if (signal.aborted) break;
        await this.#answer(message, Status.pending, {}, match);
        if (performance.now() - turn < TURN) continue;
        await setImmediate();
        turn = performance.now();
      }
      await this.#answer(message, signal.aborted ? Status.cancel : Status.success);
    } catch (error) {
      await this.#answerFailure("C-FIND", message, error, Status.unableToProcess);
    }
  }

  async #move(message: Message, signal: AbortSignal): Promise<void> {
    const { handlers, requestor } = this.#options;
    try {
      const request = await this.#query(message, signal);
      const plan = await handlers.move?.({ ...request, destination: message.command.moveDestination ?? "" });
      if (plan?.destination === undefined) return await this.#answer(message, Status.moveDestinationUnknown);
      const { destination, instances, store } = plan;
      const moveOriginator = { aeTitle: requestor.callingAETitle, messageID: message.command.messageID ?? 0 };
      if (store !== undefined) {
        return await this.#retrieve(message, instances, (instance) => store(instance, moveOriginator), signal);
      }
      // Nothing to send: no association is opened for it.
      if (instances.length === 0) return await this.#retrieve(message, instances, neverCalled, signal);
      const opened = openDestination(destination, requestor.calledAETitle, instances, signal);
      const association = await opened.catch((error: unknown) => this.#failed("C-MOVE", error));
      if (association === undefined) return await this.#retrieve(message, instances, neverCalled, signal);
      await using destinationAssociation = association;
      await this.#retrieve(message, instances, storeThrough(destinationAssociation, moveOriginator), signal);
    } catch (error) {
      await this.#answerFailure("C-MOVE", message, error, Status.unableToProcess);
    }
  }

  async #get(message: Message, signal: AbortSignal): Promise<void> {
    const { handlers, returnContexts } = this.#options;
    try {
      const request = await this.#query(message, signal);
      const instances = (await handlers.get?.(request)) ?? [];
      await this.#retrieve(message, instances, storeBack(this.#channel, returnContexts), signal);
    } catch (error) {
      await this.#answerFailure("C-GET", message, error, Status.unableToProcess);
    }
  }

  async #retrieve(
    message: Message,
    instances: readonly OutgoingInstance[],
    storeOne: StoreOne,
    signal: AbortSignal,
  ): Promise<void> {
    const progress = async (counts: Counts) => {
      if (counts.remaining > 0) await this.#answer(message, Status.pending, countFields(counts));
    };
    const { status, counts, failed } = await performSubOperations(instances, storeOne, signal, progress);
    const fields = countFields(counts);
    // PS3.7 9.3.4.2: the number remaining is only for pending and cancelled answers.
    if (status !== Status.cancel) delete fields.numberOfRemainingSuboperations;
    await this.#answer(message, status, fields, failedList(failed));
  }

  async #query(message: Message, signal: AbortSignal): Promise<QueryRequest> {
    const { command, context, payload } = message;
    if (payload === undefined) throw statusFault("query", Status.identifierDoesNotMatch);
    const priorities = Object.entries(Priorities) as [Priority, number][];
    return {
      requestor: this.#options.requestor,
      sopClassUID: context.abstractSyntax,
      identifier: await readIdentifier(message),
      priority: priorities.find(([, value]) => value === command.priority)?.[0] ?? "medium",
      signal,
    };
  }

  async #answer(message: Message, status: number, fields: Partial<CommandSet> = {}, data?: DataSet): Promise<void> {
    const { command, context } = message;
    await this.#channel.send(
      context.id,
      {
        ...fields,
        affectedSOPClassUID: command.affectedSOPClassUID ?? command.requestedSOPClassUID ?? context.abstractSyntax,
        commandField: command.commandField | RESPONSE,
        messageIDBeingRespondedTo: command.messageID ?? 0,
        status,
      },
      data === undefined ? undefined : encodeDataSet(data, context.transferSyntax),
    );
  }

  async #answerFailure(service: string, message: Message, error: unknown, otherwise: number): Promise<void> {
    if (this.#channel.ended) throw error;
    this.#failed(service, error);
    await message.payload?.discard();
    await this.#answer(message, statusOf(error) ?? otherwise, commentOf(error));
  }

  /** A handler failed: its code is logged, never what it says of a patient. */
  #failed(service: string, error: unknown): undefined {
    const code = error instanceof CodedError ? error.code : error instanceof Error ? error.name : "unknown";
    this.#options.log.warn({ service, code, ...this.#options.requestor }, "DICOM service failed");
    return undefined;
  }
}

const neverCalled: StoreOne = async () => Status.processingFailure;

function countFields(counts: Counts) {
  const fields: {
    numberOfRemainingSuboperations?: number;
    numberOfCompletedSuboperations: number;
    numberOfFailedSuboperations: number;
    numberOfWarningSuboperations: number;
  } = {
    numberOfRemainingSuboperations: counts.remaining,
    numberOfCompletedSuboperations: counts.completed,
    numberOfFailedSuboperations: counts.failed,
    numberOfWarningSuboperations: counts.warning,
  };
  return fields;
}
