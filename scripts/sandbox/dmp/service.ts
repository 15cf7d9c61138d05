/** The two services, from the bytes of a request to the answer; HTTP and the faults of the network are `server.ts`. */
import type { X509Certificate } from "node:crypto";
import { type Answer, type AnswerStyle, answer, faultAnswer, queryResponse, registryResponse } from "./answers.ts";
import type { Fault } from "./faults.ts";
import { checkManifestDocument } from "./kos.ts";
import { checkDocuments, readSubmission, type Submission } from "./metadata.ts";
import { MimeError, type Package, parseMediaType, readPackage } from "./mime.ts";
import { answerQuery } from "./query.ts";
import type { Registry } from "./registry.ts";
import { checkSignatureDocument, type SignatureContext } from "./signature.ts";
import { type Envelope, readEnvelope } from "./soap.ts";
import { checkVihf, subjectIsPatient, type Vihf } from "./vihf.ts";
import { elements, Findings, is, NS, parseXml } from "./xml.ts";
import { readDocuments } from "./xop.ts";

export interface Policy {
  /** SHA-1 in the VIHF: refused unless said otherwise. */
  readonly vihfSha1: boolean;
  /** SHA-1 in the signature of the submission, as every published sample has it. */
  readonly signatureSha1: boolean;
  /** Legal entities (EJ): certificate OU to the structures it may speak for. */
  readonly legalEntities: Readonly<Record<string, readonly string[]>>;
  /** Structures known under an identifier that has not the usual form: an official sample has nine digits. */
  readonly structures: readonly string[];
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

/** A message whose sender is known. */
interface Request {
  readonly envelope: Envelope;
  readonly pack: Package;
  readonly vihf: Vihf;
  readonly now: Date;
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
    const publishes = exchange.service === "repository";
    const style = {
      package: publishes && fault?.kind !== "nonMtomAnswer",
      renamedPrefixes: fault?.kind === "renamedPrefixes",
    };
    const findings = new Findings();
    const request = this.#open(exchange, publishes, findings);
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
    const payload = publishes
      ? this.#publish(request, errors, warnings, findings, style)
      : this.#query(request, errors, style);
    if (findings.list.length > 0) return refuse();
    return {
      answer: answer(payload, publishes ? PROVIDE_AND_REGISTER : STORED_QUERY, relatesTo, style),
      codes: errors.list.map(({ code }) => code),
    };
  }

  /** Package, envelope and VIHF; undefined, with findings, when one of them cannot be read. */
  #open({ contentType, body, url, client }: Exchange, publishes: boolean, findings: Findings): Request | undefined {
    const action = publishes ? PROVIDE_AND_REGISTER : STORED_QUERY;
    let pack: Package;
    let envelope: Envelope | undefined;
    try {
      pack = publishes ? readPackage(contentType, body) : readPlainSoap(contentType, body, action);
      findings.check(pack.action === action, "wsa:ActionMismatch", "Content-Type, action", `${action} is expected`);
      envelope = readEnvelope(parseXml(pack.root.body), { action, to: url }, findings);
    } catch (error) {
      const location = error instanceof MimeError ? error.where : "Envelope";
      findings.add("soap:Sender", location, (error as Error).message.split("\n")[0] ?? "");
      return undefined;
    }
    if (envelope === undefined) return undefined;
    this.#checkFresh(envelope.messageId, findings);
    const now = this.#now();
    const context = {
      now,
      client,
      trust: this.#trust,
      policy: { sha1: this.#policy.vihfSha1 },
      legalEntities: this.#policy.legalEntities,
      structures: this.#policy.structures,
      modes: publishes ? PUBLICATION_MODES : QUERY_MODES,
    };
    const vihf = checkVihf(envelope.assertion, context, findings);
    return vihf === undefined ? undefined : { envelope, pack, vihf, now };
  }

  #checkFresh(messageId: string, findings: Findings): void {
    const fresh = !this.#messageIds.has(messageId);
    findings.check(fresh, "wsa:InvalidAddressingHeader", "MessageID", "was already used: each attempt has its own");
    if (this.#messageIds.size >= MAX_MESSAGE_IDS) this.#messageIds.clear();
    this.#messageIds.add(messageId);
  }

  #query({ envelope, vihf }: Request, errors: Findings, style: AnswerStyle): string {
    const planned = errors.list.length > 0;
    const documents = this.#registry.documents();
    const found = planned ? undefined : answerQuery(envelope.payload, documents, vihf.patientId, errors);
    return queryResponse(found, errors.list, REPOSITORY_UNIQUE_ID, style);
  }

  #publish(request: Request, errors: Findings, warnings: Findings, faults: Findings, style: AnswerStyle): string {
    if (errors.list.length === 0) this.#register(request, errors, faults);
    return registryResponse(errors.list, errors.list.length === 0 ? warnings.list : [], style);
  }

  /**
   * Registers, or says why not; what the metadata show to be wrong with the VIHF goes to `faults`. Each stage is reached
   * only when the one before found nothing, so that no error is but the consequence of another.
   */
  #register({ envelope: { payload }, pack, vihf, now }: Request, errors: Findings, faults: Findings): void {
    if (!is(payload, NS.xdsb, "ProvideAndRegisterDocumentSetRequest")) {
      errors.add("XDSRepositoryError", payload, "ProvideAndRegisterDocumentSetRequest is expected");
      return;
    }
    const documents = readDocuments(payload, pack, errors);
    const submission = readSubmission(elements(payload)[0], now, errors);
    if (submission === undefined || errors.list.length > 0) return;
    const context = { now, policy: { sha1: this.#policy.signatureSha1 }, trust: this.#trust, signer: vihf.signer };
    const stages = [
      () => checkSubject(submission, vihf, faults),
      () => checkAuthority(submission, vihf, errors),
      () => checkDocuments(submission.entries, documents, errors),
      () => checkContents(submission, documents, context, errors),
      () => this.#registry.check(submission, documents, errors),
      () => this.#registry.register(submission, documents, vihf.structure, now),
    ];
    for (const stage of stages) {
      stage();
      if (errors.list.length > 0 || faults.list.length > 0) return;
    }
  }
}

function checkContents(
  submission: Submission,
  documents: ReadonlyMap<string, Buffer>,
  context: SignatureContext,
  findings: Findings,
): void {
  for (const entry of submission.entries) {
    const bytes = documents.get(entry.id);
    if (bytes === undefined) continue;
    if (entry.kind.name === "manifest") checkManifestDocument(entry, bytes, findings);
    else checkSignatureDocument(entry, submission, documents, context, findings);
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

/** A plain SOAP message as a package of one part; its action parameter may be absent. */
function readPlainSoap(header: string, body: Buffer, action: string): Package {
  const contentType = parseMediaType(header, "Content-Type");
  const { type, parameters } = contentType;
  if (type !== "application/soap+xml") throw new MimeError("Content-Type", "application/soap+xml is expected");
  const charset = parameters.get("charset") ?? "utf-8";
  if (charset.toLowerCase() !== "utf-8") throw new MimeError("Content-Type", "charset is not UTF-8");
  const root = { contentId: "", contentType, body };
  return { root, attachments: new Map(), action: parameters.get("action") ?? action };
}
