import { createHash } from "node:crypto";
import { canonicalise } from "./canonical.ts";
import { distinguishedName } from "./distinguished-name.ts";
import { NS } from "./names.ts";
import { DIGEST_NAME, DIGEST_URI, type Digest, requireSignatureUri, type Signer } from "./signer.ts";
import { child, children, type Element, parseRoot } from "./xml-read.ts";
import { element, type Markup } from "./xml-write.ts";

/** IHE DSG wants this canonicalisation; what we sign holds no comment, so the plain form is the same bytes. */
export const C14N_WITH_COMMENTS = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments";
export const MANIFEST_TYPE = "http://www.w3.org/2000/09/xmldsig#Manifest";
export const SIGNED_PROPERTIES_TYPE = `${NS.xades111}SignedProperties`;
/** The submission set has no bytes to hash: the French convention puts one zero byte in place of its digest. */
export const SUBMISSION_SET_DIGEST = "AA==";
/** Purpose "Source" (ASTM E1762), the purpose of a submission's signature. */
const PURPOSE_SOURCE = "1.2.840.10065.1.12.1.14";
const MANIFEST_ID = "IHEManifest";
const PROPERTIES_ID = "S0-SignedProperties";

interface SubmissionSignatureInput {
  /** uniqueId of the signature's own document entry (an OID). */
  readonly uniqueId: string;
  readonly submissionSetUniqueId: string;
  /** What is submitted beside the signature: uniqueId and exact bytes. */
  readonly documents: readonly { readonly uniqueId: string; readonly bytes: Uint8Array }[];
  readonly signingTime: Date;
}

/**
 * The detached XAdES 1.1.1 signature of a submission set (IHE DSG): SignedInfo covers a manifest of the submitted
 * documents and the SignedProperties. Returns the XML document's bytes.
 *
 * `Signature/@Id` is `_` and the uniqueId: an OID alone starts with a digit and is no xs:ID.
 */
export async function signSubmission(
  input: SubmissionSignatureInput,
  signer: Signer,
  digest: Digest,
): Promise<Uint8Array> {
  const id = `_${input.uniqueId}`;
  const objects = [purpose(id), manifest(input, digest), signedProperties(id, input.signingTime, signer, digest)];
  const keyInfo = x509(signer.certificate.raw);
  const document = (signedInfo?: Markup, value = "") =>
    element(
      "Signature",
      { xmlns: NS.ds, Id: id },
      signedInfo,
      element("SignatureValue", {}, value),
      keyInfo,
      objects.map((object) => element("Object", {}, object)),
    );
  // Digests are taken in place, from the parsed document, by the very code that verifies.
  const draft = parseRoot(document().xml);
  const parts = locate(draft);
  const signedInfo = element(
    "SignedInfo",
    {},
    element("CanonicalizationMethod", { Algorithm: C14N_WITH_COMMENTS }),
    element("SignatureMethod", { Algorithm: requireSignatureUri(signer.keyType, digest) }),
    reference(`#${MANIFEST_ID}`, digestOf(canonicalise(parts.manifest!, "inclusive"), digest), digest, MANIFEST_TYPE),
    reference(
      `#${PROPERTIES_ID}`,
      digestOf(canonicalise(parts.signedProperties!, "inclusive"), digest),
      digest,
      SIGNED_PROPERTIES_TYPE,
    ),
  );
  const unsigned = child(parseRoot(document(signedInfo).xml), NS.ds, "SignedInfo")!;
  const value = await signer.sign(Buffer.from(canonicalise(unsigned, "inclusive")), digest);
  const xml = document(signedInfo, Buffer.from(value).toString("base64")).xml;
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
}

/** The two signed parts at the only places where they may stand; undefined where there is none or more than one. */
export function locate(signature: Element): { manifest: Element | undefined; signedProperties: Element | undefined } {
  const found = { manifest: [] as Element[], signedProperties: [] as Element[] };
  for (const node of children(signature, NS.ds, "Object")) {
    const qualifying = children(node, NS.xades111, "QualifyingProperties");
    found.manifest.push(...children(node, NS.ds, "Manifest"));
    found.signedProperties.push(...qualifying.flatMap((one) => children(one, NS.xades111, "SignedProperties")));
  }
  const only = (elements: Element[]) => (elements.length === 1 ? elements[0] : undefined);
  return { manifest: only(found.manifest), signedProperties: only(found.signedProperties) };
}

export function digestOf(data: string | Uint8Array, digest: Digest): string {
  return createHash(DIGEST_NAME[digest]).update(data).digest("base64");
}

function reference(uri: string, value: string, digest: Digest, type?: string): Markup {
  return element(
    "Reference",
    { Type: type, URI: uri },
    element("DigestMethod", { Algorithm: DIGEST_URI[digest] }),
    element("DigestValue", {}, value),
  );
}

function x509(raw: Uint8Array): Markup {
  const certificate = Buffer.from(raw).toString("base64");
  return element("KeyInfo", {}, element("X509Data", {}, element("X509Certificate", {}, certificate)));
}

function purpose(id: string): Markup {
  const property = element("SignatureProperty", { Id: "purposeOfSignature", Target: `#${id}` }, PURPOSE_SOURCE);
  return element("SignatureProperties", {}, property);
}

function manifest(input: SubmissionSignatureInput, digest: Digest): Markup {
  return element(
    "Manifest",
    { Id: MANIFEST_ID },
    reference(`urn:oid:${input.submissionSetUniqueId}`, SUBMISSION_SET_DIGEST, digest),
    input.documents.map(({ uniqueId, bytes }) => reference(`urn:oid:${uniqueId}`, digestOf(bytes, digest), digest)),
  );
}

function signedProperties(id: string, signingTime: Date, signer: Signer, digest: Digest): Markup {
  const { raw, issuer, serialNumber } = signer.certificate;
  const certificate = element(
    "Cert",
    {},
    element(
      "CertDigest",
      {},
      element("DigestMethod", { Algorithm: DIGEST_URI[digest] }),
      element("DigestValue", {}, digestOf(raw, digest)),
    ),
    element(
      "IssuerSerial",
      {},
      element("X509IssuerName", { xmlns: NS.ds }, distinguishedName(issuer)),
      element("X509SerialNumber", { xmlns: NS.ds }, BigInt(`0x${serialNumber}`).toString()),
    ),
  );
  const properties = element(
    "SignedSignatureProperties",
    {},
    element("SigningTime", {}, signingTime.toISOString()),
    element("SigningCertificate", {}, certificate),
    element("SignaturePolicyIdentifier", {}, element("SignaturePolicyImplied", {})),
  );
  return element(
    "QualifyingProperties",
    { xmlns: NS.xades111, Target: `#${id}` },
    element("SignedProperties", { Id: PROPERTIES_ID }, properties, element("SignedDataObjectProperties", {})),
  );
}
