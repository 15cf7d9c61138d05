import { randomUUID } from "node:crypto";
import { CodedError } from "../base/index.ts";
import {
  ACTION,
  type HttpMessage,
  isFault,
  type Markup,
  mtomMessage,
  type RegistryAnswer,
  readAnswer,
  soapEnvelope,
  soapMessage,
} from "../xds/index.ts";
import { dmpErrors } from "./errors.ts";
import type { DmpOptions, Identity } from "./model.ts";
import { httpFault, soapFault } from "./outcomes.ts";
import { credentialsOf, DEFAULT_DIGEST } from "./prepare.ts";
import type { HttpAnswer, Transport } from "./transport.ts";
import { buildVihf } from "./vihf.ts";

/** Where each transaction goes. */
const PATHS: Readonly<Record<keyof typeof ACTION, string>> = {
  provideAndRegister: "/repository",
  storedQuery: "/registry",
  updateDocumentSet: "/registry",
};

export interface Exchanged {
  readonly answer: RegistryAnswer;
  readonly request: HttpMessage;
  readonly response: Uint8Array;
}

export type Exchange = (
  transaction: keyof typeof ACTION,
  body: Markup,
  identity: Identity,
  signal: AbortSignal | undefined,
  /** With parts the message is MTOM, else plain SOAP. */
  parts?: Parameters<typeof mtomMessage>[2],
) => Promise<Exchanged>;

/**
 * One transaction: a new envelope with its own MessageID and VIHF, and the registry's answer, good or bad. Everything
 * else is an error.
 */
export function createExchange(transport: Transport, options: DmpOptions, now: () => Date): Exchange {
  const digest = options.digest ?? DEFAULT_DIGEST;
  return async (transaction, body, identity, signal, parts) => {
    const instant = now();
    const credentials = credentialsOf(identity.certificate, options, instant);
    const assertion = await buildVihf(identity.vihf, credentials.signing, { ...options, digest }, instant);
    const action = ACTION[transaction];
    const to = `${options.baseUrl}${PATHS[transaction]}`;
    const envelope = soapEnvelope({ action, to, messageId: `urn:uuid:${randomUUID()}`, assertion, body });
    const request = parts ? mtomMessage(envelope, action, parts) : soapMessage(envelope, action);
    const reply = await transport.post(to, request, credentials, signal);
    return { answer: interpret(reply), request, response: reply.body };
  };
}

/** A registry answer, whatever the HTTP status says. */
function interpret({ status, contentType, body }: HttpAnswer): RegistryAnswer {
  try {
    const answer = readAnswer(contentType, body);
    if (!isFault(answer)) return answer;
    throw status === 401 || status === 403 ? httpFault(status) : soapFault(answer);
  } catch (error) {
    if (!(error instanceof CodedError) || !error.code.startsWith("XDS_")) throw error;
    if (status < 200 || status > 299) throw httpFault(status);
    throw dmpErrors.fault("DMP_ANSWER_UNREADABLE", { details: { reason: error.code }, cause: error });
  }
}
