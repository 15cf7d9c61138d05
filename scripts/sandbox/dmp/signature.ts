/** The signature of the submission set: XML-DSig with a Manifest, XAdES 1.1.1 (wire-formats 5.7). */
import type { X509Certificate } from "node:crypto";
import { C14N, canonicalization, canonicalize } from "./c14n.ts";
import { EMAIL_PROTECTION, issuerNameOf, objection, structureOf } from "./certificates.ts";
import {
  DsigError,
  type DsigPolicy,
  dereference,
  part,
  signingCertificate,
  transformsOf,
  verifyDigest,
  verifySignedInfo,
} from "./dsig.ts";
import type { Entry } from "./entry.ts";
import type { Submission } from "./metadata.ts";
import {
  attribute,
  children,
  type Document,
  descendants,
  type Element,
  elements,
  type Findings,
  is,
  NS,
  parseXml,
  textOf,
} from "./xml.ts";

export interface SignatureContext {
  readonly now: Date;
  readonly trust: readonly X509Certificate[];
  readonly policy: DsigPolicy;
  /** OU of the certificate that signed the VIHF. */
  readonly signer: string;
}

const CODE = "InvalidDocumentContent";
const MANIFEST_TYPE = "http://www.w3.org/2000/09/xmldsig#Manifest";
const PROPERTIES_TYPE = "http://uri.etsi.org/01903/v1.1.1#SignedProperties";
/** ASTM E1762, purpose "source". */
const PURPOSE = "1.2.840.10065.1.12.1.14";
const MAX_SKEW_MS = 5 * 60_000;

/** Checks the signature document `entry` against the submission and the bytes it vouches for. */
export function checkSignatureDocument(
  entry: Entry,
  submission: Submission,
  documents: ReadonlyMap<string, Buffer>,
  context: SignatureContext,
  findings: Findings,
): void {
  let document: Document;
  try {
    document = parseXml(documents.get(entry.id) ?? Buffer.alloc(0));
  } catch (error) {
    findings.add(CODE, entry.id, `not well-formed XML: ${(error as Error).message.split("\n")[0]}`);
    return;
  }
  const signature = document.documentElement;
  if (signature === null || !is(signature, NS.ds, "Signature")) {
    findings.add(CODE, entry.id, "a ds:Signature is expected");
    return;
  }
  try {
    checkShape(signature);
    const certificate = signingCertificate(signature);
    const objected = objection(certificate, context.trust, EMAIL_PROTECTION, context.now);
    if (objected !== undefined) throw new DsigError(objected, signature);
    const structure = structureOf(certificate);
    if (structure !== context.signer)
      throw new DsigError(`${structure} signs, the VIHF is of ${context.signer}`, signature);
    const references = verifySignedInfo(signature, certificate, context.policy);
    if (references.length !== 2) throw new DsigError("two References are expected", signature);
    const manifest = resolve(references, MANIFEST_TYPE, "Manifest", NS.ds, signature, context.policy);
    const properties = resolve(references, PROPERTIES_TYPE, "SignedProperties", NS.xades, signature, context.policy);
    checkManifest(manifest, entry, submission, documents, context.policy);
    checkProperties(properties, certificate, context);
    checkPurpose(signature);
  } catch (error) {
    if (!(error instanceof DsigError)) throw error;
    findings.add(CODE, error.element, error.message);
  }
}

function checkShape(signature: Element): void {
  const names = elements(signature).map(({ localName }) => localName);
  if (!/^SignedInfo SignatureValue KeyInfo Object(?: Object)*$/.test(names.join(" "))) {
    throw new DsigError(`children out of order: ${names.join(" ")}`, signature);
  }
  if (attribute(signature, "Id") === undefined) throw new DsigError("Id is missing", signature);
}

/** The signed part of that type, its digest checked. */
function resolve(
  references: readonly Element[],
  type: string,
  name: string,
  namespace: string,
  signature: Element,
  policy: DsigPolicy,
): Element {
  const [reference, ...others] = references.filter((one) => attribute(one, "Type") === type);
  if (reference === undefined || others.length > 0)
    throw new DsigError(`one Reference of type ${type} is expected`, signature);
  const target = dereference(signature, attribute(reference, "URI") ?? "", reference);
  if (!is(target, namespace, name)) throw new DsigError(`does not reference a ${name}`, reference);
  const [transform = C14N, ...more] = transformsOf(reference);
  const method = canonicalization(transform);
  if (method === undefined || more.length > 0)
    throw new DsigError("the transforms are not one canonicalization", reference);
  verifyDigest(reference, canonicalize(target, method), policy);
  return target;
}

/** One reference for the submission set, whose digest says nothing, and one for each other document. */
function checkManifest(
  manifest: Element,
  entry: Entry,
  submission: Submission,
  documents: ReadonlyMap<string, Buffer>,
  policy: DsigPolicy,
): void {
  const references = children(manifest, NS.ds, "Reference");
  const byUri = new Map(references.map((reference) => [attribute(reference, "URI") ?? "", reference]));
  if (byUri.size !== references.length) throw new DsigError("a URI is referenced twice", manifest);
  if (!byUri.delete(`urn:oid:${submission.uniqueId}`))
    throw new DsigError("the submission set is not referenced", manifest);
  for (const { id, uniqueId } of submission.entries.filter((other) => other !== entry)) {
    const reference = byUri.get(`urn:oid:${uniqueId}`);
    if (reference === undefined) throw new DsigError(`${uniqueId} is not referenced`, manifest);
    if (transformsOf(reference).length > 0) throw new DsigError("a document is digested as it is", reference);
    verifyDigest(reference, documents.get(id) ?? Buffer.alloc(0), policy);
    byUri.delete(`urn:oid:${uniqueId}`);
  }
  const [stray] = byUri.values();
  if (stray !== undefined) throw new DsigError("references what is not in the submission", stray);
}

function checkProperties(properties: Element, certificate: X509Certificate, context: SignatureContext): void {
  const qualifying = properties.parentNode as Element;
  const signature = properties.ownerDocument?.documentElement;
  if (attribute(qualifying, "Target") !== `#${signature?.getAttribute("Id")}`) {
    throw new DsigError("Target is not the signature", qualifying);
  }
  const signed = part(properties, "SignedSignatureProperties", NS.xades);
  const time = part(signed, "SigningTime", NS.xades);
  const at = /T.*(?:Z|[+-]\d\d:\d\d)$/.test(textOf(time)) ? Date.parse(textOf(time)) : Number.NaN;
  if (!(at <= context.now.getTime() + MAX_SKEW_MS)) throw new DsigError("not a date and time, or in the future", time);
  const cert = part(part(signed, "SigningCertificate", NS.xades), "Cert", NS.xades);
  checkCertDigest(part(cert, "CertDigest", NS.xades), certificate, context.policy);
  const serial = part(cert, "IssuerSerial", NS.xades);
  const decimal = BigInt(`0x${certificate.serialNumber}`).toString();
  if (textOf(part(serial, "X509SerialNumber")).trim() !== decimal)
    throw new DsigError("not the signer's serial", serial);
  const issuer = textOf(part(serial, "X509IssuerName")).split(/,\s*/).join(", ");
  if (issuer !== issuerNameOf(certificate)) throw new DsigError("not the signer's issuer", serial);
  part(signed, "SignaturePolicyIdentifier", NS.xades);
}

/** XAdES 1.1.1 writes DigestMethod and DigestValue in its own namespace or, by its schema, in that of XML-DSig. */
function checkCertDigest(holder: Element, certificate: X509Certificate, policy: DsigPolicy): void {
  const namespace = elements(holder)[0]?.namespaceURI ?? NS.xades;
  verifyDigest(holder, certificate.raw, policy, namespace);
}

function checkPurpose(signature: Element): void {
  const [property, ...others] = descendants(signature, NS.ds, "SignatureProperty");
  const target = attribute(property, "Target") === `#${attribute(signature, "Id")}`;
  if (others.length > 0 || !target || textOf(property).trim() !== PURPOSE) {
    throw new DsigError(`one SignatureProperty ${PURPOSE} of this signature is expected`, signature);
  }
}
