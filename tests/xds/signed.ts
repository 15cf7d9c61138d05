import { loadFileSigner } from "../../appliance/trust/index.ts";
import {
  type Digest,
  element,
  type Markup,
  NS,
  type Signer,
  signEnveloped,
  signSubmission,
} from "../../appliance/xds/index.ts";
import { testCertificate } from "../support/certificates.ts";

/** What the signature tests sign, and with which keys. */
async function identity(keyType: "rsa" | "ec") {
  const files = testCertificate({ keyType });
  return { files, signer: await loadFileSigner(files) };
}

export const signers = { rsa: await identity("rsa"), ec: await identity("ec") };
/** A key that nobody expects. */
export const stranger = (await identity("rsa")).signer;

const KOS = Buffer.from("DICM and what follows");
export const documents = new Map([["2.25.7", KOS]]);

export function submission(signer: Signer, digest: Digest): Promise<Uint8Array> {
  const documents = [{ uniqueId: "2.25.7", bytes: KOS }];
  const signingTime = new Date("2026-01-12T08:15:00.123Z");
  return signSubmission(
    { uniqueId: "2.25.42", submissionSetUniqueId: "2.25.9", documents, signingTime },
    signer,
    digest,
  );
}

export function assertion(signer: Signer, digest: Digest = "SHA-256"): Promise<Markup> {
  const build = (signature?: Markup) =>
    element(
      "saml2:Assertion",
      { "xmlns:saml2": NS.saml, ID: "_a1", Version: "2.0" },
      element("saml2:Issuer", {}, "CN=é & <co>"),
      signature,
      element("saml2:Subject", {}, element("saml2:NameID", {}, "899900012345")),
    );
  return signEnveloped("_a1", build, signer, digest);
}
