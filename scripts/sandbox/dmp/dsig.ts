/** The parts of XML-DSig that the VIHF and the signature of the submission share. */
import { createHash, verify, X509Certificate } from "node:crypto";
import { canonicalization, canonicalize } from "./c14n.ts";
import { attribute, children, type Document, descendants, type Element, NS, only, textOf } from "./xml.ts";

/** Signature and digest algorithms by URI; those of SHA-1 only where the policy lets them. */
const SIGNATURES: Readonly<Record<string, string>> = {
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": "sha256",
  "http://www.w3.org/2000/09/xmldsig#rsa-sha1": "sha1",
};
const DIGESTS: Readonly<Record<string, string>> = {
  "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
  "http://www.w3.org/2000/09/xmldsig#sha1": "sha1",
};

export interface DsigPolicy {
  readonly sha1: boolean;
}

/** Thrown by what follows: the sentence is the finding's context, the element its place. */
export class DsigError extends Error {
  readonly element: Element;

  constructor(message: string, element: Element) {
    super(message);
    this.element = element;
  }
}

/** The child that must be there once. */
export function part(parent: Element, name: string, namespace: string = NS.ds): Element {
  const found = only(parent, namespace, name);
  if (found === undefined) throw new DsigError(`exactly one ${name} is expected`, parent);
  return found;
}

/** The certificate of KeyInfo/X509Data: exactly one. */
export function signingCertificate(signature: Element): X509Certificate {
  const element = part(part(part(signature, "KeyInfo"), "X509Data"), "X509Certificate");
  try {
    return new X509Certificate(Buffer.from(strictBase64(element), "base64"));
  } catch (error) {
    throw new DsigError(`not a certificate: ${(error as Error).message}`, element);
  }
}

/** Checks SignatureValue over the canonical SignedInfo; returns SignedInfo's references. */
export function verifySignedInfo(signature: Element, certificate: X509Certificate, policy: DsigPolicy): Element[] {
  const signedInfo = part(signature, "SignedInfo");
  const c14n = part(signedInfo, "CanonicalizationMethod");
  const method = canonicalization(attribute(c14n, "Algorithm"));
  if (method === undefined) throw new DsigError("unknown canonicalization method", c14n);
  const algorithm = permitted(part(signedInfo, "SignatureMethod"), SIGNATURES, policy);
  const value = Buffer.from(strictBase64(part(signature, "SignatureValue")), "base64");
  if (!verify(algorithm, canonicalize(signedInfo, method), certificate.publicKey, value)) {
    throw new DsigError("SignatureValue does not verify with the certificate of KeyInfo", signature);
  }
  return children(signedInfo, NS.ds, "Reference");
}

/** Compares the DigestValue with the digest of `content` by the DigestMethod beside it. */
export function verifyDigest(
  reference: Element,
  content: Uint8Array,
  policy: DsigPolicy,
  namespace: string = NS.ds,
): void {
  const algorithm = permitted(part(reference, "DigestMethod", namespace), DIGESTS, policy);
  const digest = createHash(algorithm).update(content).digest("base64");
  const expected = strictBase64(part(reference, "DigestValue", namespace));
  if (digest !== expected) throw new DsigError(`DigestValue is not the ${algorithm} of what is referenced`, reference);
}

/** The algorithms of a reference's Transforms, in order. */
export function transformsOf(reference: Element): string[] {
  const transforms = only(reference, NS.ds, "Transforms");
  return transforms === undefined
    ? []
    : children(transforms, NS.ds, "Transform").map((transform) => attribute(transform, "Algorithm") ?? "");
}

/** The element a same-document reference names. An Id met twice is refused: signature wrapping starts so. */
export function dereference(document: Document | Element, uri: string, reference: Element): Element {
  const all = descendants(document, "*", "*").filter((element) =>
    ["Id", "ID", "id"].some((name) => `#${attribute(element, name)}` === uri),
  );
  const [target] = all;
  if (target === undefined || all.length !== 1)
    throw new DsigError(`${all.length} elements have the id ${uri}`, reference);
  return target;
}

function permitted(element: Element, table: Readonly<Record<string, string>>, policy: DsigPolicy): string {
  const uri = attribute(element, "Algorithm") ?? "";
  const algorithm = table[uri];
  if (algorithm === undefined) throw new DsigError(`algorithm ${uri} is not accepted`, element);
  if (algorithm === "sha1" && !policy.sha1) throw new DsigError("SHA-1 is refused here by policy", element);
  return algorithm;
}

function strictBase64(element: Element): string {
  const text = textOf(element).replace(/[\s]/g, "");
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) || text === "") {
    throw new DsigError("not Base64", element);
  }
  return text;
}
