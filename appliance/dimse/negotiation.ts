import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, isValidUID } from "../dicom/index.ts";
import { checkAETitle } from "./ae-title.ts";
import { fault } from "./errors.ts";
import { MINIMUM_MAXIMUM_LENGTH, PRESENTATION_CONTEXT_LIMIT } from "./limits.ts";
import type { AcceptedContext } from "./message-reader.ts";
import { APPLICATION_CONTEXT, type AssociateAccept, type AssociateReject, type AssociateRequest } from "./pdu.ts";

/** A presentation context to propose. */
export interface ContextProposal {
  readonly abstractSyntax: string;
  /** In order of preference; the acceptor chooses one. */
  readonly transferSyntaxes: readonly string[];
  /** We are ready to be the SCP of this SOP class too: the instances of a C-GET come that way (PS3.7 D.3.3.4). */
  readonly scp?: boolean;
}

/**
 * The request that proposes these contexts.
 * @throws DIMSE_INVALID_REQUEST: a title or a UID that is not one, no context or more than 128.
 */
export function associateRequest(
  callingAETitle: string,
  calledAETitle: string,
  proposals: readonly ContextProposal[],
  maximumLength: number,
): AssociateRequest {
  const legal = proposals.every(
    (one) =>
      one.transferSyntaxes.length > 0 && isValidUID(one.abstractSyntax) && one.transferSyntaxes.every(isValidUID),
  );
  if (!legal || proposals.length === 0 || proposals.length > PRESENTATION_CONTEXT_LIMIT) {
    throw fault("DIMSE_INVALID_REQUEST", { details: { problem: `${proposals.length} presentation contexts` } });
  }
  const scp = new Set(proposals.filter((one) => one.scp === true).map((one) => one.abstractSyntax));
  return {
    type: "A-ASSOCIATE-RQ",
    protocolVersion: 1,
    callingAETitle: checkAETitle(callingAETitle, "callingAETitle"),
    calledAETitle: checkAETitle(calledAETitle, "calledAETitle"),
    applicationContext: APPLICATION_CONTEXT,
    contexts: proposals.map(({ abstractSyntax, transferSyntaxes }, index) => ({
      id: 2 * index + 1,
      abstractSyntax,
      transferSyntaxes,
    })),
    user: {
      maximumLength,
      implementationClassUID: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: IMPLEMENTATION_VERSION_NAME,
      roles: [...scp].map((sopClassUID) => ({ sopClassUID, scu: true, scp: true })),
    },
  };
}

/**
 * The contexts that the answer accepts of what was proposed.
 * @throws DIMSE_PROTOCOL_ERROR when it accepts what nobody proposed or receives too little to work;
 * DIMSE_NO_ACCEPTED_CONTEXT when it accepts nothing.
 */
export function acceptedContexts(request: AssociateRequest, accept: AssociateAccept): AcceptedContext[] {
  const { maximumLength } = accept.user;
  if (isTooSmall(maximumLength)) {
    throw fault("DIMSE_PROTOCOL_ERROR", { details: { problem: `maximum length ${maximumLength}` } });
  }
  const accepted = accept.contexts
    .filter((answer) => answer.result === 0)
    .map(({ id, transferSyntax }) => {
      const proposed = request.contexts.find((context) => context.id === id);
      if (proposed === undefined || !proposed.transferSyntaxes.includes(transferSyntax)) {
        throw fault("DIMSE_PROTOCOL_ERROR", { details: { problem: "accepts a context that was not proposed" } });
      }
      return { id, abstractSyntax: proposed.abstractSyntax, transferSyntax };
    });
  if (accepted.length === 0) {
    const abstractSyntax = request.contexts.map((context) => context.abstractSyntax).join(", ");
    throw fault("DIMSE_NO_ACCEPTED_CONTEXT", { details: { abstractSyntax, transferSyntax: "any" } });
  }
  return accepted;
}

/** True for a peer that receives so little that no fragment fits; 0 is unlimited. */
export function isTooSmall(maximumLength: number): boolean {
  return maximumLength !== 0 && maximumLength < MINIMUM_MAXIMUM_LENGTH;
}

/** PS3.8 Table 9-21, `source/reason`. */
const REASONS: Readonly<Record<string, string>> = {
  "1/1": "no reason given",
  "1/2": "application context name not supported",
  "1/3": "calling AE title not recognized",
  "1/7": "called AE title not recognized",
  "2/1": "no reason given",
  "2/2": "protocol version not supported",
  "3/1": "temporary congestion",
  "3/2": "local limit exceeded",
};

/** The error of an A-ASSOCIATE-RJ: transient ones are tried again. */
export function rejection(reject: AssociateReject) {
  const { result, source, reason } = reject;
  const explanation = REASONS[`${source}/${reason}`] ?? "unknown reason";
  return fault(result === 2 ? "DIMSE_REJECTED_TRANSIENT" : "DIMSE_REJECTED", {
    details: { result, source, reason, explanation },
  });
}
