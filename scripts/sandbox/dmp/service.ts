/** The two services, from the bytes of a request to the answer; HTTP and the faults of the network are `server.ts`. */
import type { X509Certificate } from "node:crypto";
import { type Answer, type AnswerStyle, answer, faultAnswer, queryResponse, registryResponse } from "./answers.ts";
import type { Fault } from "./faults.ts";
import { type Exchange, Gate, type Policy, type Request } from "./gate.ts";
import { type PublishContext, publish } from "./publish.ts";
import { answerQuery } from "./query.ts";
import type { Registry } from "./registry.ts";
import { checkAuthority, checkDeletion } from "./rules.ts";
import { readDeletion } from "./update.ts";
import { checkSubject } from "./vihf.ts";
import { Findings } from "./xml.ts";

export interface Outcome {
  readonly answer: Answer;
  /** Codes of what was found wrong, for the log. */
  readonly codes: readonly string[];
}

const REPOSITORY_UNIQUE_ID = "2.25.302189014561470958130251923870458129173";

export class Service {
  readonly #gate: Gate;
  readonly #context: PublishContext;

  constructor(trust: readonly X509Certificate[], registry: Registry, policy: Policy, now: () => Date) {
    this.#gate = new Gate(trust, policy, now);
    this.#context = { registry, policy, trust };
  }

  handle(exchange: Exchange, fault: Fault | undefined): Outcome {
    const style = {
      package: exchange.service === "repository" && fault?.kind !== "nonMtomAnswer",
      renamedPrefixes: fault?.kind === "renamedPrefixes",
    };
    const findings = new Findings();
    const request = this.#gate.open(exchange, findings);
    if (fault?.kind === "soapFault") findings.add("soap:Receiver", "sandbox", "a fault on purpose");
    const relatesTo = request?.envelope.messageId;
    const refuse = (): Outcome => ({
      answer: faultAnswer(findings.list, relatesTo, style),
      codes: findings.list.map(({ code }) => code),
    });
    if (request === undefined || findings.list.length > 0) return refuse();

    const errors = new Findings();
    if (fault?.kind === "registryError") errors.add(fault.code ?? "XDSRegistryBusy", "sandbox", "an error on purpose");
    const warnings = new Findings();
    if (fault?.kind === "successWithWarnings")
      warnings.add("XDSExtraMetadataNotSaved", "sandbox", "a warning on purpose");
    const payload = this.#answer(request, errors, warnings, findings, style);
    if (findings.list.length > 0) return refuse();
    return {
      answer: answer(payload, request.transaction.action, relatesTo, style),
      codes: errors.list.map(({ code }) => code),
    };
  }

  /** Nothing is done when `errors` are planned already; what is wrong with the VIHF after all goes to `faults`. */
  #answer(request: Request, errors: Findings, warnings: Findings, faults: Findings, style: AnswerStyle): string {
    const planned = errors.list.length > 0;
    const { registry } = this.#context;
    if (request.transaction.name === "query") {
      const { envelope, vihf } = request;
      const documents = registry.documents();
      const found = planned ? undefined : answerQuery(envelope.payload, documents, vihf.patientId, errors);
      return queryResponse(found, errors.list, REPOSITORY_UNIQUE_ID, style);
    }
    if (!planned && request.transaction.name === "publish") publish(request, this.#context, errors, faults);
    if (!planned && request.transaction.name === "update") remove(request, registry, errors, faults);
    return registryResponse(errors.list, errors.list.length === 0 ? warnings.list : [], style);
  }
}

/** ITI-57: the deletion of a document, staged like a publication. */
function remove({ envelope, vihf, now }: Request, registry: Registry, errors: Findings, faults: Findings): void {
  const deletion = readDeletion(envelope.payload, now, errors);
  if (deletion === undefined || errors.list.length > 0) return;
  checkSubject([registry.document(deletion.target)?.patientName], vihf, faults);
  if (faults.list.length > 0) return;
  checkAuthority(deletion, [], vihf, errors);
  if (errors.list.length === 0) checkDeletion(registry, deletion, vihf, errors);
  if (errors.list.length === 0) registry.delete(deletion, vihf, now);
}
