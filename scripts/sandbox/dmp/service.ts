/** The two services, from the bytes of a request to the answer; HTTP and the faults of the network are `server.ts`. */
import type { X509Certificate } from "node:crypto";
import { type Answer, answer, faultAnswer, queryResponse, registryResponse } from "./answers.ts";
import type { DsigPolicy } from "./dsig.ts";
import type { Fault } from "./faults.ts";
import { checkManifestDocument } from "./kos.ts";
import { checkDocuments, readSubmission, type Submission } from "./metadata.ts";
import { MimeError, type Package, parseMediaType, readPackage } from "./mime.ts";
import { answerQuery } from "./query.ts";
import type { Registry } from "./registry.ts";
import { checkSignatureDocument } from "./signature.ts";
import { type Envelope, readEnvelope } from "./soap.ts";
import { checkVihf, subjectIsPatient, type Vihf } from "./vihf.ts";
import { elements, type Finding, Findings, is, NS, parseXml } from "./xml.ts";
import { readDocuments } from "./xop.ts";

export interface Policy {
  /** SHA-1 in the VIHF: refused unless said otherwise. */
  readonly vihfSha1: boolean;
  /** SHA-1 in the signature of the submission, as every published sample has it. */
  readonly signatureSha1: boolean;
  /** Legal entities (EJ): certificate OU to the structures it may speak for. */
  readonly legalEntities: Readonly<Record<string, readonly string[]>>;
}

export interface Exchange {
  readonly service: "repository" | "registry";
  /** The URL the request was sent to. */
  readonly url: string;
  readonly contentType: string;
  readonly body: Buffer;
  /** OU of the TLS client certificate. */
  readonly client: string | undefined;
}

export interface Outcome {
  readonly answer: Answer;
  /** Codes of what was found wrong, for the log. */
  readonly codes: readonly string[];
}

export const REPOSITORY_UNIQUE_ID = "2.25.302189014561470958130251923870458129173";
export const PROVIDE_AND_REGISTER = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b";
export const STORED_QUERY = "urn:ihe:iti:2007:RegistryStoredQuery";

const PUBLICATION_MODES = new Set(["INDIRECTE"]);
const QUERY_MODES = new Set(["INDIRECTE", "INDIRECTE_RENFORCEE"]);
/** MessageIDs remembered: a few days of a demonstration. */
const MAX_MESSAGE_IDS = 100_000;

export class Service {
  readonly #trust: readonly X509Certificate[];
  readonly #registry: Registry;
  readonly #policy: Policy;
  readonly #now: () => Date;
  readonly #messageIds = new Set<string>();

  constructor(trust: readonly X509Certificate[], registry: Registry, policy: Policy, now: () => Date) {
    this.#trust = trust;
    this.#registry = registry;
    this.#policy = policy;
    this.#now = now;
  }

  handle(exchange: Exchange, fault: Fault | undefined): Outcome {
    const style = {
      package: exchange.service === "repository" && fault?.kind !== "nonMtomAnswer",
      renamedPrefixes: fault?.kind === "renamedPrefixes",
    };
    const refuse = (findings: readonly Finding[], relatesTo?: string): Outcome => ({
      answer: faultAnswer(findings, relatesTo, style),
      codes: findings.map(({ code }) => code),
    });
    const publishes = exchange.service === "repository";
    const action = publishes ? PROVIDE_AND_REGISTER : STORED_QUERY;
    const findings = new Findings();
    let pack: Package | undefined;
    let envelope: Envelope | undefined;
    try {
      pack = publishes ? readPackage(exchange.contentType, exchange.body) : undefined;
      if (pack === undefined) checkPlainSoap(exchange.contentType, action);
      const same = pack === undefined || pack.action === action;
      findings.check(same, "wsa:ActionMismatch", "Content-Type, parameter action", `${action} is expected`);
      envelope = readEnvelope(parseXml(pack?.root.body ?? exchange.body), { action, to: exchange.url }, findings);
    } catch (error) {
      const location = error instanceof MimeError ? error.where : "Envelope";
      return refuse([{ code: "soap:Sender", location, context: (error as Error).message.split("\n")[0] ?? "" }]);
    }
    if (envelope === undefined) return refuse(findings.list);
    this.#checkFresh(envelope.messageId, findings);
    const { now, vihf } = this.#authenticate(envelope, exchange, publishes, findings);
    if (vihf === undefined || findings.list.length > 0) return refuse(findings.list, envelope.messageId);
    if (fault?.kind === "soapFault") {
      return refuse(
        [{ code: "soap:Receiver", location: "sandbox", context: "a fault on purpose" }],
        envelope.messageId,
      );
    }
    const planned: Finding[] =
      fault?.kind === "registryError"
        ? [{ code: fault.code ?? "XDSRegistryBusy", location: "sandbox", context: "an error on purpose" }]
        : [];
    const warnings: Finding[] =
      fault?.kind === "successWithWarnings"
        ? [{ code: "XDSExtraMetadataNotSaved", location: "sandbox", context: "a warning on purpose" }]
        : [];
    const reply = (payload: string, errors: readonly Finding[]): Outcome => ({
      answer: answer(payload, action, envelope.messageId, style),
      codes: errors.map(({ code }) => code),
    });
    if (pack === undefined) {
      const errors = new Findings();
      const documents = this.#registry.documents();
      const found = planned.length > 0 ? undefined : answerQuery(envelope.payload, documents, vihf.patientId, errors);
      const all = [...planned, ...errors.list];
      return reply(queryResponse(found, all, REPOSITORY_UNIQUE_ID, style), all);
    }
    const errors = planned.length > 0 ? planned : this.#publish(envelope, pack, vihf, now, findings);
    if (findings.list.length > 0) return refuse(findings.list, envelope.messageId);
    return reply(registryResponse(errors, errors.length === 0 ? warnings : [], style), errors);
  }

  #authenticate(envelope: Envelope, { client }: Exchange, publishes: boolean, findings: Findings) {
    const now = this.#now();
    const context = {
      now,
      client,
      trust: this.#trust,
      policy: { sha1: this.#policy.vihfSha1 },
      legalEntities: this.#policy.legalEntities,
      modes: publishes ? PUBLICATION_MODES : QUERY_MODES,
    };
    return { now, vihf: checkVihf(envelope.assertion, context, findings) };
  }

  #checkFresh(messageId: string, findings: Findings): void {
    const fresh = !this.#messageIds.has(messageId);
    findings.check(fresh, "wsa:InvalidAddressingHeader", "MessageID", "was already used: each attempt has its own");
    if (this.#messageIds.size >= MAX_MESSAGE_IDS) this.#messageIds.clear();
    this.#messageIds.add(messageId);
  }

  /**
   * Registers, or returns the errors; what the metadata show to be wrong with the VIHF goes to `faults`. Each stage is
   * reached only when the one before found nothing, so that no error is but the consequence of another.
   */
  #publish({ payload }: Envelope, pack: Package, vihf: Vihf, now: Date, faults: Findings): readonly Finding[] {
    const findings = new Findings();
    if (!is(payload, NS.xdsb, "ProvideAndRegisterDocumentSetRequest")) {
      findings.add("XDSRepositoryError", payload, "ProvideAndRegisterDocumentSetRequest is expected");
      return findings.list;
    }
    const documents = readDocuments(payload, pack, findings);
    const submission = readSubmission(elements(payload)[0], now, findings);
    if (submission === undefined || findings.list.length > 0) return findings.list;
    const stages = [
      () => checkSubject(submission, vihf, faults),
      () => checkAuthority(submission, vihf, findings),
      () => checkDocuments(submission.entries, documents, findings),
      () => this.#checkContents(submission, documents, vihf, now, { sha1: this.#policy.signatureSha1 }, findings),
      () => this.#registry.check(submission, documents, findings),
      () => this.#registry.register(submission, documents, vihf.structure, now),
    ];
    for (const stage of stages) {
      stage();
      if (findings.list.length > 0 || faults.list.length > 0) break;
    }
    return findings.list;
  }

  #checkContents(
    submission: Submission,
    documents: ReadonlyMap<string, Buffer>,
    vihf: Vihf,
    now: Date,
    policy: DsigPolicy,
    findings: Findings,
  ): void {
    const context = { now, policy, trust: this.#trust, signer: vihf.signer };
    for (const entry of submission.entries) {
      const bytes = documents.get(entry.id);
      if (bytes === undefined) continue;
      if (entry.kind.name === "manifest") checkManifestDocument(entry, bytes, findings);
      else checkSignatureDocument(entry, submission, documents, context, findings);
    }
  }
}

function checkSubject(submission: Submission, { subjectId }: Vihf, findings: Findings): void {
  for (const { patientName } of submission.entries) {
    const patient = patientName !== undefined && subjectIsPatient(subjectId, patientName.family, patientName.given);
    findings.check(!patient, "wsse:InvalidSecurityToken", "subject-id", "the subject is the patient");
  }
}

/** The record is the one of the VIHF, and the structure is an author of all it submits (EX_2.1-1140). */
function checkAuthority(submission: Submission, vihf: Vihf, findings: Findings): void {
  const same = submission.patientId === vihf.patientId;
  findings.check(same, "XDSPatientIdDoesNotMatch", `${submission.id}/patientId`, "is not the resource-id of the VIHF");
  for (const { id, institutions } of [submission, ...submission.entries]) {
    const author = institutions.includes(vihf.structure);
    const context = `no author institution is the Identifiant_Structure ${vihf.structure} (EX_2.1-1140)`;
    findings.check(author, "LocalPolicyRestrictionError", `${id}/author`, context);
  }
}

function checkPlainSoap(contentType: string, action: string): void {
  const { type, parameters } = parseMediaType(contentType, "Content-Type");
  if (type !== "application/soap+xml") throw new MimeError("Content-Type", "application/soap+xml is expected");
  const charset = parameters.get("charset") ?? "utf-8";
  if (charset.toLowerCase() !== "utf-8") throw new MimeError("Content-Type", "charset is not UTF-8");
  if ((parameters.get("action") ?? action) !== action) throw new MimeError("Content-Type", `action is not ${action}`);
}
