import { randomUUID } from "node:crypto";
import { CodedError, said } from "../base/index.ts";
import { requireValid, type StructureCredentials } from "../trust/index.ts";
import {
  findDocuments,
  findDocumentsByReferenceId,
  getDocuments,
  Markup,
  provideAndRegister,
  type RegistryDocument,
} from "../xds/index.ts";
import { adoptProvision } from "./adopt.ts";
import { dmpErrors } from "./errors.ts";
import { createExchange, type Exchanged } from "./exchange.ts";
import type { Dmp, DmpOptions, Identity, Published, Submission } from "./model.ts";
import { isAboutState, registryFault } from "./outcomes.ts";
import { prepareSubmission, prepareWithdrawal } from "./prepare.ts";
import { createTransport } from "./transport.ts";
import { currentVersion, verify } from "./verify.ts";

/** The national record, over mutual TLS. Holds no state but open connections. */
export function createDmp(options: DmpOptions): Dmp {
  const transport = createTransport(options);
  const now = options.now ?? (() => new Date());
  const exchange = createExchange(transport, options, now);

  /** ITI-41 or ITI-57. Metadata and documents are those of the first attempt, word for word. */
  function submit(submission: Submission, signal: AbortSignal | undefined): Promise<Exchanged> {
    const { kind, metadata, documents } = submission;
    if (kind === "withdraw") return exchange("updateDocumentSet", new Markup(metadata), submission, signal);
    const parts = documents.map((document) => ({ ...document, contentId: contentId(document.id) }));
    return exchange("provideAndRegister", provideAndRegister(metadata, parts), submission, signal, parts);
  }

  async function query(
    body: Markup,
    identity: Identity,
    signal: AbortSignal | undefined,
  ): Promise<readonly RegistryDocument[]> {
    const { answer } = await exchange("storedQuery", body, identity, signal).catch(tooLarge);
    if (answer.status !== "Success") throw registryFault(answer, options.registryErrors);
    return answer.documents;
  }

  async function find(uniqueId: string, identity: Identity, signal: AbortSignal | undefined) {
    const documents = await query(getDocuments(uniqueId), identity, signal);
    return currentVersion(documents.filter((document) => document.uniqueId === uniqueId));
  }

  return {
    prepare: (input) => prepareSubmission(input, options, now()),
    prepareWithdrawal: (input) => prepareWithdrawal(input, options, now()),
    adopt: (archived) => adoptProvision(archived, options.identification),

    async publish(submission, { signal } = {}): Promise<Published> {
      const { answer, request, response } = await submit(submission, signal);
      const evidence = { warnings: answer.errors, request, response };
      if (answer.status === "Success") return { ...evidence, verified: false };
      const refusal = registryFault(answer, options.registryErrors);
      if (!isAboutState(answer, options.registryErrors)) throw refusal;
      const document = await verify(submission, refusal, (uniqueId) => find(uniqueId, submission, signal));
      return { ...evidence, ...said({ entryUUID: document?.entryUUID }), verified: true };
    },

    find: (uniqueId, identity, { signal } = {}) => find(uniqueId, identity, signal),

    findOfPatient: (question, identity, { signal } = {}) => query(findDocuments(question), identity, signal),

    findByReference: ({ referenceIds, ...question }, identity, { signal } = {}) =>
      query(findDocumentsByReferenceId(question, referenceIds), identity, signal),

    async check({ signal } = {}) {
      const checkOne = async (credentials: StructureCredentials) => {
        requireValid(credentials, now());
        await transport.handshake(credentials, signal);
      };
      await Promise.all(options.credentials.all.map(checkOne));
    },

    close: () => transport.close(),
  };
}

const contentId = (documentId: string) => `${documentId}.${randomUUID()}@drimbox`;

/** Reasons of an unreadable answer that is only too long. */
const TOO_LARGE: readonly unknown[] = ["XDS_XML_TOO_LARGE", "UND_ERR_RES_EXCEEDED_MAX_SIZE"];

/** What is too long to be read would be as long the next time: unlike a publication's, a search's answer says so. */
function tooLarge(error: unknown): never {
  if (error instanceof CodedError && error.code === "DMP_ANSWER_UNREADABLE" && TOO_LARGE.includes(error.details.reason))
    throw dmpErrors.fault("DMP_TOO_MANY_RESULTS", { details: { reason: String(error.details.reason) }, cause: error });
  throw error;
}
