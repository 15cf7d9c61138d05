import { canonicalise } from "../../appliance/xds/canonical.ts";
import type { Digest, Signer } from "../../appliance/xds/index.ts";
import { NS } from "../../appliance/xds/index.ts";
import { digestOf } from "../../appliance/xds/submission-signature.ts";
import { type Element, parseRoot } from "../../appliance/xds/xml-read.ts";

/*
 * Signs an altered document again, with the right key: every digest and the signature value are then correct, and only
 * the shape can give it away. This is what a verifier faces when the same key signs other things elsewhere.
 */

const all = (root: Element, name: string) => [...root.getElementsByTagNameNS("*", name)];

/** `content` gives the canonical form that the reference with that Type (or without) should have covered. */
async function resign(
  root: Element,
  signature: Element,
  method: "exclusive" | "inclusive",
  content: (type: string | null) => string | undefined,
  signer: Signer,
): Promise<string> {
  const signedInfo = all(signature, "SignedInfo")[0]!;
  for (const reference of all(signedInfo, "Reference")) {
    const covered = content(reference.getAttribute("Type"));
    const digest: Digest = /sha1$/.test(all(reference, "DigestMethod")[0]?.getAttribute("Algorithm") ?? "")
      ? "SHA-1"
      : "SHA-256";
    if (covered !== undefined) all(reference, "DigestValue")[0]!.textContent = digestOf(covered, digest);
  }
  const value = await signer.sign(Buffer.from(canonicalise(signedInfo, method)), "SHA-256");
  all(signature, "SignatureValue").at(-1)!.textContent = Buffer.from(value).toString("base64");
  return root.toString();
}

export function resignEnveloped(xml: string, signer: Signer): Promise<string> {
  const root = parseRoot(xml);
  const signed = all(root, "Assertion")[0] ?? root;
  const signature = all(signed, "Signature").find((node) => node.parentNode === signed && node.namespaceURI === NS.ds)!;
  return resign(root, signature, "exclusive", () => canonicalise(signed, "exclusive", signature), signer);
}

export function resignSubmission(xml: string, signer: Signer): Promise<string> {
  const root = parseRoot(xml);
  const part = (name: string) => all(root, name).at(-1);
  const content = (type: string | null) => {
    const target = part(type?.endsWith("Manifest") ? "Manifest" : "SignedProperties");
    return target && canonicalise(target, "inclusive");
  };
  return resign(root, root, "inclusive", content, signer);
}
