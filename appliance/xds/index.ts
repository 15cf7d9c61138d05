/** XDS.b: ebRIM metadata, SOAP and MTOM messages, registry answers, XML signatures. */
export { isFault, type RegistryAnswer, type RegistryErrorLine, readAnswer, type SoapFault } from "./answer.ts";
export { distinguishedName } from "./distinguished-name.ts";
export { ORIGINAL, submitObjectsRequest } from "./ebrim.ts";
export { signEnveloped } from "./enveloped-signature.ts";
export { xdsErrors } from "./errors.ts";
export { ce, cx, dtm, type Person, pid, xcnDevice, xcnPerson, xon } from "./identifiers.ts";
export { type MediaType, type MimePart, parseMediaType, parseMultipart, rootPart } from "./mime.ts";
export type {
  Association,
  Author,
  Code,
  DocumentEntry,
  RegistryDocument,
  SubmissionMetadata,
  SubmissionSet,
} from "./model.ts";
export { type HttpMessage, mtomMessage, soapMessage } from "./mtom.ts";
export { ACTION, ASSOCIATION, NS, STATUS, UUID } from "./names.ts";
export { readDocument } from "./registry-document.ts";
export type { Digest, Signer } from "./signer.ts";
export { soapEnvelope } from "./soap.ts";
export { signSubmission } from "./submission-signature.ts";
export {
  type DocumentQuestion,
  findDocuments,
  findDocumentsByReferenceId,
  getDocuments,
  provideAndRegister,
} from "./transactions.ts";
export { verifyEnveloped, verifySubmissionSignature } from "./verify.ts";
export { child, children, type Element, is, parseRoot } from "./xml-read.ts";
export { element, Markup } from "./xml-write.ts";
