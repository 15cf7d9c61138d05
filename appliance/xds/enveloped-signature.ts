import { createHash } from "node:crypto";
import { canonicalise } from "./canonical.ts";
import { NS } from "./names.ts";
import { DIGEST_NAME, DIGEST_URI, type Digest, requireSignatureUri, type Signer } from "./signer.ts";
import { parseRoot } from "./xml-read.ts";
import { element, type Markup } from "./xml-write.ts";

export const EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#";
export const ENVELOPED_SIGNATURE = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/**
 * Signs an element from inside (SAML 2.0 core, 5.4): one reference to its ID, enveloped-signature then exclusive c14n.
 * `build` is called twice, first without the signature, then with it where the schema wants it; it must otherwise
 * give the same element.
 */
export async function signEnveloped(
  id: string,
  build: (signature?: Markup) => Markup,
  signer: Signer,
  digest: Digest,
): Promise<Markup> {
  const content = canonicalise(parseRoot(build().xml), "exclusive");
  const signedInfo = element(
    "ds:SignedInfo",
    { "xmlns:ds": NS.ds },
    element("ds:CanonicalizationMethod", { Algorithm: EXCLUSIVE_C14N }),
    element("ds:SignatureMethod", { Algorithm: requireSignatureUri(signer.keyType, digest) }),
    element(
      "ds:Reference",
      { URI: `#${id}` },
      element(
        "ds:Transforms",
        {},
        element("ds:Transform", { Algorithm: ENVELOPED_SIGNATURE }),
        element("ds:Transform", { Algorithm: EXCLUSIVE_C14N }),
      ),
      element("ds:DigestMethod", { Algorithm: DIGEST_URI[digest] }),
      element("ds:DigestValue", {}, createHash(DIGEST_NAME[digest]).update(content).digest("base64")),
    ),
  );
  const value = await signer.sign(Buffer.from(canonicalise(parseRoot(signedInfo.xml), "exclusive")), digest);
  const certificate = signer.certificate.raw.toString("base64");
  return build(
    element(
      "ds:Signature",
      { "xmlns:ds": NS.ds },
      signedInfo,
      element("ds:SignatureValue", {}, Buffer.from(value).toString("base64")),
      element("ds:KeyInfo", {}, element("ds:X509Data", {}, element("ds:X509Certificate", {}, certificate))),
    ),
  );
}
