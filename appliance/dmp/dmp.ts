import { randomUUID } from "node:crypto";
import { CodedError } from "../base/index.ts";
import { requireValid, type StructureCredentials } from "../trust/index.ts";
import {
  ACTION,
  getDocuments,
  isFault,
  type Markup,
  mtomMessage,
  provideAndRegister,
  type RegistryAnswer,
  type RegistryDocument,
  readAnswer,
  soapEnvelope,
  soapMessage,
} from "../xds/index.ts";
import { dmpErrors } from "./errors.ts";
import type { Dmp, DmpOptions, Published, Submission } from "./model.ts";
import { httpFault, isDuplicate, registryFault, soapFault } from "./outcomes.ts";
import { credentialsOf, DEFAULT_DIGEST, prepareSubmission } from "./prepare.ts";
import { createTransport, type HttpAnswer } from "./transport.ts";
import { buildVihf } from "./vihf.ts";

type Identity = Pick<Submission, "certificate" | "vihf">;

/** The national record, over mutual TLS. Holds no state but open connections. */
export function createDmp(options: DmpOptions): Dmp {
  const transport = createTransport(options);
  const now = options.now ?? (() => new Date());
  const digest = options.digest ?? DEFAULT_DIGEST;

  /** A new envelope, with its own MessageID and VIHF, around `body`. */
  async function envelope(path: string, action: string, body: Markup, identity: Identity) {
    const instant = now();
    const credentials = credentialsOf(identity.certificate, options, instant);
    const assertion = await buildVihf(identity.vihf, credentials.signing, { ...options, digest }, instant);
    const to = `${options.baseUrl}${path}`;
    const xml = soapEnvelope({ action, to, messageId: `urn:uuid:${randomUUID()}`, assertion, body });
    return { to, xml, credentials };
  }

  async function findDocument(
    uniqueId: string,
    identity: Identity,
    signal?: AbortSignal,
  ): Promise<RegistryDocument | undefined> {
    const action = ACTION.storedQuery;
    const { to, xml, credentials } = await envelope("/registry", action, getDocuments(uniqueId), identity);
    const answer = interpret(await transport.post(to, soapMessage(xml, action), credentials, signal));
    if (answer.status !== "Success") throw registryFault(answer, options.registryErrors);
    return answer.documents.find((document) => document.uniqueId === uniqueId);
  }

  return {
    prepare: (input) => prepareSubmission(input, options, now()),

    async publish(submission, { signal } = {}): Promise<Published> {
      const action = ACTION.provideAndRegister;
      const parts = submission.documents.map((document) => ({
        ...document,
        contentId: `${document.id}.${randomUUID()}@drimbox`,
      }));
      const body = provideAndRegister(submission.metadata, parts);
      const { to, xml, credentials } = await envelope("/repository", action, body, submission);
      const request = mtomMessage(xml, action, parts);
      const reply = await transport.post(to, request, credentials, signal);
      const answer = interpret(reply);
      const evidence = { warnings: answer.errors, request, response: reply.body };
      if (answer.status === "Success") return { ...evidence, verifiedDuplicate: false };
      if (!isDuplicate(answer, options.registryErrors)) throw registryFault(answer, options.registryErrors);
      // An earlier attempt may have reached the record while its answer was lost.
      const registered = await findDocument(submission.documentUniqueId, submission, signal);
      requireSame(registered, submission);
      return { ...evidence, entryUUID: registered.entryUUID, verifiedDuplicate: true };
    },

    find: (uniqueId, submission, { signal } = {}) => findDocument(uniqueId, submission, signal),

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

/** A registry answer, whatever the HTTP status says; everything else is an error. */
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

/** The registered document is this one: identifier, hash and patient. Anything else is for a person. */
function requireSame(
  registered: RegistryDocument | undefined,
  submission: Submission,
): asserts registered is RegistryDocument {
  const mine = { hash: submission.hash, patient: submission.vihf.patientId };
  const theirs = { hash: registered?.hash?.toLowerCase() ?? "", patient: registered?.patientId ?? "" };
  if (registered && theirs.hash === mine.hash && theirs.patient === mine.patient) return;
  throw dmpErrors.fault("DMP_DUPLICATE_CONFLICT", {
    values: {
      "hash (DRIMbox)": mine.hash,
      "hash (DMP)": theirs.hash,
      "patient (DRIMbox)": mine.patient,
      "patient (DMP)": theirs.patient,
    },
  });
}
