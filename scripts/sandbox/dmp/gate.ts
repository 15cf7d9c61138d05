/** The door of both services: package, envelope and VIHF of a request, before anybody looks at what it asks. */
import type { X509Certificate } from "node:crypto";
import { MimeError, type Package, parseMediaType, readPackage } from "./mime.ts";
import { type Envelope, readEnvelope } from "./soap.ts";
import { type Transaction, transactionsOf } from "./transactions.ts";
import { checkVihf, type Vihf } from "./vihf.ts";
import { type Findings, parseXml } from "./xml.ts";

export interface Policy {
  /** SHA-1 in the VIHF: refused unless said otherwise. */
  readonly vihfSha1: boolean;
  /** SHA-1 in the signature of the submission, as every published sample has it. */
  readonly signatureSha1: boolean;
  /** Legal entities (EJ): certificate OU to the structures it may speak for. */
  readonly legalEntities: Readonly<Record<string, readonly string[]>>;
  /** Structures known under an identifier that has not the usual form: an official sample has nine digits. */
  readonly structures: readonly string[];
  /** Requests in any second beyond which it answers 503; see `rate.ts` for more. */
  readonly maxPerSecond?: number;
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

/** A message whose sender is known. */
export interface Request {
  readonly transaction: Transaction;
  readonly envelope: Envelope;
  readonly pack: Package;
  readonly vihf: Vihf;
  readonly now: Date;
}

/** MessageIDs remembered: a few days of a demonstration. */
const MAX_MESSAGE_IDS = 100_000;

export class Gate {
  readonly #trust: readonly X509Certificate[];
  readonly #policy: Policy;
  readonly #now: () => Date;
  readonly #messageIds = new Set<string>();

  constructor(trust: readonly X509Certificate[], policy: Policy, now: () => Date) {
    this.#trust = trust;
    this.#policy = policy;
    this.#now = now;
  }

  /** Undefined, with findings, when one of the three cannot be read; what can be read is checked in any case. */
  open({ service, contentType, body, url, client }: Exchange, findings: Findings): Request | undefined {
    const transactions = transactionsOf(service);
    let pack: Package;
    let envelope: Envelope | undefined;
    try {
      pack = service === "repository" ? readPackage(contentType, body) : readPlainSoap(contentType, body);
      const actions = transactions.map(({ action }) => action);
      envelope = readEnvelope(parseXml(pack.root.body), { actions, to: url }, findings);
    } catch (error) {
      const location = error instanceof MimeError ? error.where : "Envelope";
      findings.add("soap:Sender", location, (error as Error).message.split("\n")[0] ?? "");
      return undefined;
    }
    if (envelope === undefined) return undefined;
    const transaction = transactions.find(({ action }) => action === envelope.action);
    const coherent = pack.action === undefined || pack.action === envelope.action;
    findings.check(coherent, "wsa:ActionMismatch", "Content-Type, action", `the header says ${envelope.action}`);
    this.#checkFresh(envelope.messageId, findings);
    const now = this.#now();
    const context = {
      now,
      client,
      trust: this.#trust,
      policy: { sha1: this.#policy.vihfSha1 },
      legalEntities: this.#policy.legalEntities,
      structures: this.#policy.structures,
      modes: transaction?.modes,
    };
    const vihf = checkVihf(envelope.assertion, context, findings);
    return vihf === undefined || transaction === undefined ? undefined : { transaction, envelope, pack, vihf, now };
  }

  #checkFresh(messageId: string, findings: Findings): void {
    const fresh = !this.#messageIds.has(messageId);
    findings.check(fresh, "wsa:InvalidAddressingHeader", "MessageID", "was already used: each attempt has its own");
    if (this.#messageIds.size >= MAX_MESSAGE_IDS) this.#messageIds.clear();
    this.#messageIds.add(messageId);
  }
}

/** A plain SOAP message as a package of one part. */
function readPlainSoap(header: string, body: Buffer): Package {
  const contentType = parseMediaType(header, "Content-Type");
  const { type, parameters } = contentType;
  if (type !== "application/soap+xml") throw new MimeError("Content-Type", "application/soap+xml is expected");
  const charset = parameters.get("charset") ?? "utf-8";
  if (charset.toLowerCase() !== "utf-8") throw new MimeError("Content-Type", "charset is not UTF-8");
  const root = { contentId: "", contentType, body };
  return { root, attachments: new Map(), action: parameters.get("action") };
}
