import type { AcceptedContext } from "./message-reader.ts";
import type { AnsweredContext, AssociateRequest, RoleSelection } from "./pdu.ts";
import type { Requestor } from "./services.ts";

/** The transfer syntax chosen for a proposed context, or what we do not support. */
export type ContextAnswer =
  | { readonly transferSyntax: string }
  | { readonly refused: "abstract syntax" | "transfer syntaxes" };

export type AcceptContext = (abstractSyntax: string, offered: readonly string[], requestor: Requestor) => ContextAnswer;

/** Accepts the SOP classes of the map, each in the first of our transfer syntaxes that the peer offers. */
export function acceptFrom(
  supported: ReadonlyMap<string, readonly string[]>,
): (abstractSyntax: string, offered: readonly string[]) => ContextAnswer {
  return (abstractSyntax, offered) => {
    const ours = supported.get(abstractSyntax);
    if (ours === undefined) return { refused: "abstract syntax" };
    const transferSyntax = ours.find((uid) => offered.includes(uid));
    return transferSyntax === undefined ? { refused: "transfer syntaxes" } : { transferSyntax };
  };
}

const REFUSED_ABSTRACT_SYNTAX = 3;
const REFUSED_TRANSFER_SYNTAXES = 4;

/** What we answer to the proposed contexts, and the ones that work. */
export function answerContexts(
  request: AssociateRequest,
  acceptContext: AcceptContext,
  requestor: Requestor,
): { readonly answers: AnsweredContext[]; readonly accepted: AcceptedContext[] } {
  const accepted: AcceptedContext[] = [];
  const answers = request.contexts.map(({ id, abstractSyntax, transferSyntaxes }): AnsweredContext => {
    // A refused context must name a transfer syntax too, of no significance (PS3.8 9.3.3.2).
    const named = transferSyntaxes[0] ?? "1.2.840.10008.1.2";
    const answer = acceptContext(abstractSyntax, transferSyntaxes, requestor);
    if ("refused" in answer) {
      const result = answer.refused === "abstract syntax" ? REFUSED_ABSTRACT_SYNTAX : REFUSED_TRANSFER_SYNTAXES;
      return { id, result, transferSyntax: named };
    }
    accepted.push({ id, abstractSyntax, transferSyntax: answer.transferSyntax });
    return { id, result: 0, transferSyntax: answer.transferSyntax };
  });
  return { answers, accepted };
}

/**
 * The roles that a requestor asks for are granted: it sends C-GET only where it can store (PS3.7 D.3.3.4). One for a SOP
 * class, as the standard has it: a request full of repetitions has no answer that fits.
 */
export function answerRoles(request: AssociateRequest, accepted: readonly AcceptedContext[]): RoleSelection[] {
  const classes = new Set(accepted.map((context) => context.abstractSyntax));
  const roles = request.user.roles.filter((role) => classes.has(role.sopClassUID));
  return [...new Map(roles.map((role) => [role.sopClassUID, role])).values()];
}
