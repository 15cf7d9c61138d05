import { createHash, verify, type X509Certificate } from "node:crypto";
import { type Canonicalisation, canonicalise } from "./canonical.ts";
import { ENVELOPED_SIGNATURE, EXCLUSIVE_C14N } from "./enveloped-signature.ts";
import { signatureFault } from "./errors.ts";
import { NS } from "./names.ts";
import { DIGEST_NAME, DIGEST_URI, type Digest, signatureUri } from "./signer.ts";
import {
  C14N_WITH_COMMENTS,
  digestOf,
  locate,
  MANIFEST_TYPE,
  SIGNED_PROPERTIES_TYPE,
  SUBMISSION_SET_DIGEST,
} from "./submission-signature.ts";
import { child, children, type Element, is, parseRoot, text } from "./xml-read.ts";

/*
 * Verification against signature wrapping. The shape is fixed and checked before anything is computed: one Signature,
 * at one place; its references resolved by structure, never by looking an ID up; signed IDs unique; algorithms from a closed
 * list; the key pinned by the caller, KeyInfo never read. What is believed afterwards is what was hashed.
 */

interface VerifyOptions {
  /** The one certificate whose key may have signed. */
  readonly certificate: X509Certificate;
  /** Accepted digests; SHA-1 must be asked for. */
  readonly digests?: readonly Digest[];
}

interface VerifiedSubmission {
  readonly submissionSetUniqueId: string;
  /** uniqueIds of the documents, each given by the caller and found to match. */
  readonly documents: readonly string[];
  readonly signingTime: Date;
}

/**
 * Verifies an element signed from inside (an assertion). `source` may be the element alone or a larger document;
 * `path` then leads from the root to the element by local names.
 * @returns the root of a new tree parsed from the very bytes that were hashed: read claims from it and nothing else.
 * @throws XDS_SIGNATURE_INVALID, XDS_XML_UNREADABLE, XDS_XML_FORBIDDEN
 */
export function verifyEnveloped(
  source: Uint8Array | string,
  options: VerifyOptions,
  path: readonly (readonly [namespace: string, localName: string])[] = [],
): Element {
  const root = parseRoot(source);
  const signed = path.reduce((node, [namespace, localName]) => only(node, namespace, localName), root);
  requireOneSignature(root);
  const signature = only(signed, NS.ds, "Signature");
  requireChildren(signature, ["SignedInfo", "SignatureValue", "KeyInfo"]);
  const signedInfo = only(signature, NS.ds, "SignedInfo");
  const references = verifySignedInfo(signature, signedInfo, [EXCLUSIVE_C14N], "exclusive", options);
  if (references.length !== 1) throw signatureFault("not exactly one Reference");
  const reference = references[0]!;
  const id = signed.getAttribute("ID");
  if (!id || reference.uri !== `#${id}`) throw signatureFault("the Reference is not to the signed element");
  requireUniqueId(root, id);
  if (reference.transforms.join(" ") !== `${ENVELOPED_SIGNATURE} ${EXCLUSIVE_C14N}`)
    throw signatureFault("unexpected transforms");
  const content = canonicalise(signed, "exclusive", signature);
  if (digestOf(content, reference.digest) !== reference.value) throw signatureFault("the content has changed");
  return parseRoot(content);
}

/**
 * Verifies the detached signature of a submission set against the documents submitted with it.
 * @param expected uniqueId and bytes of every other document of the set: no more, no fewer.
 * @throws XDS_SIGNATURE_INVALID, XDS_XML_UNREADABLE, XDS_XML_FORBIDDEN
 */
export function verifySubmissionSignature(
  source: Uint8Array | string,
  options: VerifyOptions & { readonly documents: ReadonlyMap<string, Uint8Array> },
): VerifiedSubmission {
  const signature = parseRoot(source);
  if (!is(signature, NS.ds, "Signature")) throw signatureFault("the root is not a Signature");
  requireOneSignature(signature);
  requireChildren(signature, ["SignedInfo", "SignatureValue", "KeyInfo", "Object"]);
  const signedInfo = only(signature, NS.ds, "SignedInfo");
  const plain = C14N_WITH_COMMENTS.replace("#WithComments", "");
  const references = verifySignedInfo(signature, signedInfo, [C14N_WITH_COMMENTS, plain], "inclusive", options);
  const { manifest, signedProperties } = locate(signature);
  if (references.length !== 2) throw signatureFault("not exactly two References");
  for (const [target, type] of [
    [manifest, MANIFEST_TYPE],
    [signedProperties, SIGNED_PROPERTIES_TYPE],
  ] as const) {
    const id = target?.getAttribute("Id");
    const reference = references.find((candidate) => candidate.type === type);
    if (!target || !id || reference?.uri !== `#${id}` || reference.transforms.length > 0)
      throw signatureFault(`no proper Reference of type ${type}`);
    requireUniqueId(signature, id);
    if (digestOf(canonicalise(target, "inclusive"), reference.digest) !== reference.value)
      throw signatureFault(`what the Reference of type ${type} covers has changed`);
  }
  const signingTime = readSignedProperties(signedProperties!, options.certificate);
  return { ...verifyManifest(manifest!, options), signingTime };
}

interface Reference {
  readonly type: string;
  readonly uri: string;
  readonly transforms: readonly string[];
  readonly digest: Digest;
  readonly value: string;
}

/** Checks SignatureValue over SignedInfo with the pinned key and returns the references it then vouches for. */
function verifySignedInfo(
  signature: Element,
  signedInfo: Element,
  canonicalisations: readonly string[],
  method: Canonicalisation,
  options: VerifyOptions,
): Reference[] {
  requireChildren(signedInfo, ["CanonicalizationMethod", "SignatureMethod", "Reference"]);
  const canonicalization = only(signedInfo, NS.ds, "CanonicalizationMethod");
  if (
    !canonicalisations.includes(canonicalization.getAttribute("Algorithm") ?? "") ||
    children(canonicalization).length > 0
  )
    throw signatureFault("unexpected CanonicalizationMethod");
  const { publicKey } = options.certificate;
  const algorithm = only(signedInfo, NS.ds, "SignatureMethod").getAttribute("Algorithm");
  const digests = options.digests ?? ["SHA-256"];
  const digest = digests.find((name) => signatureUri(publicKey.asymmetricKeyType, name) === algorithm);
  if (digest === undefined) throw signatureFault("unexpected SignatureMethod");
  const data = Buffer.from(canonicalise(signedInfo, method));
  const value = Buffer.from(text(only(signature, NS.ds, "SignatureValue")), "base64");
  if (!verify(DIGEST_NAME[digest], data, { key: publicKey, dsaEncoding: "ieee-p1363" }, value))
    throw signatureFault("SignatureValue does not match the expected certificate");
  return children(signedInfo, NS.ds, "Reference").map((node) => readReference(node, digests));
}

function readReference(node: Element, digests: readonly Digest[]): Reference {
  requireChildren(node, ["Transforms", "DigestMethod", "DigestValue"]);
  const algorithm = only(node, NS.ds, "DigestMethod").getAttribute("Algorithm");
  const digest = digests.find((name) => DIGEST_URI[name] === algorithm);
  if (digest === undefined) throw signatureFault("unexpected DigestMethod");
  const transforms = child(node, NS.ds, "Transforms");
  return {
    type: node.getAttribute("Type") ?? "",
    uri: node.getAttribute("URI") ?? "",
    transforms: transforms ? children(transforms).map(readTransform) : [],
    digest,
    value: text(only(node, NS.ds, "DigestValue")),
  };
}

/** A Transform without parameters: InclusiveNamespaces, XPath and XSLT change what is hashed. */
function readTransform(node: Element): string {
  if (!is(node, NS.ds, "Transform") || children(node).length > 0) throw signatureFault("unexpected Transform");
  return node.getAttribute("Algorithm") ?? "";
}

function verifyManifest(
  manifest: Element,
  options: VerifyOptions & { readonly documents: ReadonlyMap<string, Uint8Array> },
): Omit<VerifiedSubmission, "signingTime"> {
  const sets: string[] = [];
  const documents = new Set<string>();
  const listed = children(manifest);
  for (const node of listed) {
    const { uri, digest, value, transforms } = readReference(node, options.digests ?? ["SHA-256"]);
    const uniqueId = uri.replace(/^urn:oid:/, "");
    if (transforms.length > 0 || uniqueId === uri) throw signatureFault("unexpected Reference in the Manifest");
    const bytes = options.documents.get(uniqueId);
    if (bytes === undefined && value === SUBMISSION_SET_DIGEST) sets.push(uniqueId);
    else if (bytes !== undefined && digestOf(bytes, digest) === value) documents.add(uniqueId);
  }
  const [submissionSetUniqueId] = sets;
  const complete = documents.size === options.documents.size && listed.length === documents.size + 1;
  if (!complete || submissionSetUniqueId === undefined)
    throw signatureFault("the Manifest does not list the submission set and each document, unchanged, once");
  return { submissionSetUniqueId, documents: [...documents] };
}

/** SigningCertificate must be the pinned one: otherwise a key certified twice could change identity. */
function readSignedProperties(signedProperties: Element, certificate: X509Certificate): Date {
  const properties = only(signedProperties, NS.xades111, "SignedSignatureProperties");
  const signing = only(properties, NS.xades111, "SigningCertificate");
  const digest = only(only(signing, NS.xades111, "Cert"), NS.xades111, "CertDigest");
  const algorithm = children(digest)[0]?.getAttribute("Algorithm");
  const name = (Object.keys(DIGEST_URI) as Digest[]).find((candidate) => DIGEST_URI[candidate] === algorithm);
  const value = text(only(digest, NS.xades111, "DigestValue"));
  if (!name || createHash(DIGEST_NAME[name]).update(certificate.raw).digest("base64") !== value)
    throw signatureFault("SigningCertificate is not the expected certificate");
  const signingTime = new Date(text(only(properties, NS.xades111, "SigningTime")));
  if (Number.isNaN(signingTime.getTime())) throw signatureFault("SigningTime is not a date");
  return signingTime;
}

function only(parent: Element, namespace: string, localName: string): Element {
  const found = children(parent, namespace, localName);
  if (found.length !== 1) throw signatureFault(`not exactly one ${localName}`, parent.localName ?? "");
  return found[0]!;
}

function requireChildren(parent: Element, allowed: readonly string[]): void {
  for (const node of children(parent)) {
    if (node.namespaceURI !== NS.ds || !allowed.includes(node.localName ?? ""))
      throw signatureFault(`unexpected ${node.localName}`, parent.localName ?? "");
  }
}

function requireOneSignature(root: Element): void {
  const inside = root.getElementsByTagNameNS(NS.ds, "Signature").length;
  if (inside + (is(root, NS.ds, "Signature") ? 1 : 0) !== 1) throw signatureFault("not exactly one Signature");
}

/** Whatever attribute another reader takes for an ID, in whatever case. */
const ID_NAMES = new Set(["id", "xml:id"]);

function requireUniqueId(root: Element, id: string): void {
  let seen = 0;
  for (const node of [root, ...root.getElementsByTagName("*")]) {
    for (const attribute of node.attributes) {
      if (ID_NAMES.has(attribute.name.toLowerCase()) && attribute.value === id) seen++;
    }
  }
  if (seen !== 1) throw signatureFault("the signed ID occurs twice");
}
