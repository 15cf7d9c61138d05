import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NS, verifyEnveloped, verifySubmissionSignature } from "../../appliance/xds/index.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";
import { assertion, documents, signers, submission } from "./signed.ts";

const samples = sharedSamples();
const peer = hasCommand("xmlsec1");
const folder = mkdtempSync(join(tmpdir(), "drimbox-signature-"));

const PROFILES = [
  ["rsa", "SHA-1"],
  ["rsa", "SHA-256"],
  ["ec", "SHA-256"],
] as const;

function xmlsec1(xml: string | Uint8Array, certificateFile: string, ids: [name: string, element: string][]): void {
  const file = join(folder, "signed.xml");
  writeFileSync(file, xml);
  execFileSync(
    "xmlsec1",
    [
      "--verify",
      "--ignore-manifests",
      "--pubkey-cert-pem",
      certificateFile,
      ...ids.flatMap(([name, element]) => [`--id-attr:${name}`, element]),
      file,
    ],
    { stdio: "pipe" },
  );
}

describe.each(PROFILES)("a signature with %s and %s", (keyType, digest) => {
  it("of a submission verifies here, and names set, documents and time", async () => {
    const { signer } = signers[keyType];
    const options = { certificate: signer.certificate, digests: [digest], documents };
    expect(verifySubmissionSignature(await submission(signer, digest), options)).toEqual({
      submissionSetUniqueId: "2.25.9",
      documents: ["2.25.7"],
      signingTime: new Date("2026-01-12T08:15:00.123Z"),
    });
  });

  it("of an assertion verifies here, and gives back the claims", async () => {
    const { signer } = signers[keyType];
    const root = verifyEnveloped((await assertion(signer, digest)).xml, {
      certificate: signer.certificate,
      digests: [digest],
    });
    expect(root.textContent).toBe("CN=é & <co>899900012345");
  });

  it.skipIf(!peer)("verifies in xmlsec1, submission and assertion (xmlsec1 absent: skipped)", async () => {
    const { signer, files } = signers[keyType];
    xmlsec1(await submission(signer, digest), files.certificateFile, [
      ["Id", `${NS.ds}:Manifest`],
      ["Id", `${NS.xades111}:SignedProperties`],
    ]);
    xmlsec1((await assertion(signer, digest)).xml, files.certificateFile, [["ID", `${NS.saml}:Assertion`]]);
  });

  it.skipIf(!peer)("is refused by xmlsec1 once altered: the peer does check (xmlsec1 absent: skipped)", async () => {
    const { signer, files } = signers[keyType];
    const xml = (await assertion(signer, digest)).xml.replace("899900012345", "899900012346");
    expect(() => xmlsec1(xml, files.certificateFile, [["ID", `${NS.saml}:Assertion`]])).toThrow();
  });
});

describe("the shape of a submission signature", () => {
  it("has an Id that is an xs:ID and holds the signature's uniqueId", async () => {
    expect(Buffer.from(await submission(signers.rsa.signer, "SHA-256")).toString()).toContain('Id="_2.25.42"');
  });

  it("has the placeholder digest for the set, and no SHA-1 in the SHA-256 profile", async () => {
    const xml = Buffer.from(await submission(signers.rsa.signer, "SHA-256")).toString();
    expect(xml).toMatch(/<Reference URI="urn:oid:2\.25\.9"><DigestMethod [^>]*sha256"\/><DigestValue>AA==</);
    expect(xml).not.toMatch(/sha1/);
  });

  it("is not made with EC and SHA-1", async () => {
    await expect(submission(signers.ec.signer, "SHA-1")).rejects.toThrow(
      expect.objectContaining({ code: "XDS_SIGNATURE_ALGORITHM" }),
    );
  });
});

describe.skipIf(!samples)("golden vectors of the ANS demonstrator (../shared absent: skipped)", () => {
  const history = join(samples ?? "", "ans-demonstrator/history-2024-05");
  const set = join(history, "XDM/KA202401/IHE_XDM/SS000001");
  const certificate = () => {
    const publication = readFileSync(join(history, "XDS/publication.xml"), "utf8");
    const [, base64] = /<X509Certificate>([A-Za-z0-9+/=\s]{100,})</.exec(publication)!;
    return new X509Certificate(Buffer.from(base64!, "base64"));
  };
  const uid = "1.3.2.751468943.3.1234.99352.240116151112.1.1.1";

  it("SIGN_1.XML verifies: RSA-SHA1, manifest, signed properties, and the KOS beside it", () => {
    const documents = new Map([[uid, readFileSync(join(set, "KOS_1_1.DCM"))]]);
    const verified = verifySubmissionSignature(readFileSync(join(set, "SIGN_1.XML")), {
      certificate: certificate(),
      digests: ["SHA-1"],
      documents,
    });
    expect(verified).toEqual({
      submissionSetUniqueId: "1.2.250.1.999.1.1.8121.4.9618",
      documents: [uid],
      signingTime: new Date("2024-01-16T15:11:13.025+01:00"),
    });
  });

  it("the VIHF inside METADATA.XML verifies", () => {
    const path = [
      [NS.soap, "Header"],
      [NS.wsse, "Security"],
      [NS.saml, "Assertion"],
    ] as const;
    const vihf = verifyEnveloped(
      readFileSync(join(set, "METADATA.XML")),
      { certificate: certificate(), digests: ["SHA-1"] },
      path,
    );
    expect(vihf.getAttribute("ID")).toBe("b7decda3-9907-4ad4-9f91-993e9084d462");
  });
});
