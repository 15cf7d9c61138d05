/** What the reference demonstrator really sent: its signatures verify, and the stand-in refuses the rest for cause. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canonicalize } from "../../scripts/sandbox/dmp/c14n.ts";
import { DsigError, dereference, verifyDigest, verifySignedInfo } from "../../scripts/sandbox/dmp/dsig.ts";
import { descendants, type Element, NS, parseXml } from "../../scripts/sandbox/dmp/xml.ts";
import { sharedSamples } from "../support/samples.ts";
import { post } from "./post.ts";
import { useStand } from "./refusals.ts";
import { ACTION } from "./submission.ts";

const samples = sharedSamples();
const history = join(samples ?? "", "ans-demonstrator/history-2024-05");
const publication = samples === undefined ? "" : readFileSync(join(history, "XDS/publication.xml"), "utf8");

/** The text between two marks, both included. */
function between(text: string, start: string, end: string): string {
  const from = text.indexOf(start);
  return text.slice(from, text.indexOf(end, from) + end.length);
}

describe.skipIf(samples === undefined)("the demonstrator's publication (skipped when ../shared is absent)", () => {
  const stand = useStand();

  it("is refused for its package: LF, and a document in Base64", async () => {
    const { dmp, pki } = stand();
    const contentType =
      'multipart/related;boundary="MIMEBoundary_Bound"; type="application/xop+xml"; start="<0.1>"; ' +
      `start-info="application/soap+xml"; action="${ACTION}"`;
    const submission = { contentType, body: Buffer.from(publication) };
    const reply = await post(`${dmp.url}/repository`, pki, submission, { client: pki.structures[0].auth });
    expect(reply).toMatchObject({ status: 400, codes: ["soap:Sender"] });
    expect(reply.reasons.join()).toMatch(/CRLF/);
  });

  it("is refused for its VIHF: too old, unsigned as published, of the patient, a key for nobody", async () => {
    const assertion = between(publication, "<saml2:Assertion", "</saml2:Assertion>");
    const reply = await stand().publish({ signedAssertion: () => assertion });
    expect(reply.status).toBe(400);
    const [reason = ""] = reply.reasons;
    expect(reason).toMatch(/IssueInstant: not UTC, or 5 minutes away/);
    expect(reason).toMatch(/not Base64|not a certificate/);
    expect(reason).toMatch(/Identifiant_Structure: does not have the form/);
  });

  it("is refused for its metadata, for every defect that the fact sheet lists", async () => {
    const metadata = between(publication, "<ns3:SubmitObjectsRequest", "</ns3:SubmitObjectsRequest>");
    const declared = metadata.replace(
      "<ns3:SubmitObjectsRequest",
      `<ns3:SubmitObjectsRequest xmlns="${NS.rim}" xmlns:ns3="${NS.lcm}"`,
    );
    const reply = await stand().publish({ metadata: () => declared });
    expect(new Set(reply.codes)).toEqual(new Set(["XDSRegistryMetadataError"]));
    const reasons = reply.reasons.join("\n");
    for (const reason of [
      /ExtrinsicObject\[@id='DocumentKOS'\]: Slot is out of order/,
      /charset UTF8: UTF-8 is expected/,
      /DocumentKOS\/submissionTime: Slot is not known here/,
      /DocumentKOS\/sourcePatientId: .*not an INS/,
      /DocumentKOS\/eventCodeList: MR \(1\.2\.250\.1\.213\.1\.1\.5\.618\) is not in the value set/,
    ]) {
      expect.soft(reasons).toMatch(reason);
    }
  });
});

describe.skipIf(samples === undefined)("its signatures, which are right (skipped when ../shared is absent)", () => {
  const set = join(history, "XDM/KA202401/IHE_XDM/SS000001");
  const pem = /<X509Certificate>(MII[^<]+)</.exec(publication)?.[1] ?? "";
  const certificate = () => new X509Certificate(Buffer.from(pem, "base64"));

  it("the one of a submission verifies, its parts and its document too", () => {
    const document = parseXml(readFileSync(join(set, "SIGN_1.XML")));
    const signature = document.documentElement as Element;
    const [manifest, properties] = verifySignedInfo(signature, certificate(), { sha1: true });
    for (const reference of [manifest, properties]) {
      const target = dereference(document, reference?.getAttribute("URI") ?? "", reference as Element);
      verifyDigest(reference as Element, canonicalize(target, { exclusive: false, comments: false }), { sha1: true });
    }
    const references = descendants(signature, NS.ds, "Manifest").flatMap((one) => descendants(one, NS.ds, "Reference"));
    const kos = readFileSync(join(set, "KOS_1_1.DCM"));
    verifyDigest(references[1] as Element, kos, { sha1: true });
    expect(() => verifyDigest(references[1] as Element, kos.subarray(1), { sha1: true })).toThrow(DsigError);
    expect(() => verifyDigest(references[1] as Element, kos, { sha1: false })).toThrow(/SHA-1 is refused/);
  });

  it("the one of the assertion verifies", () => {
    const document = parseXml(readFileSync(join(set, "METADATA.XML")));
    const [assertion] = descendants(document, NS.saml, "Assertion");
    const [omit] = descendants(assertion as Element, NS.ds, "Signature");
    const [reference] = verifySignedInfo(omit as Element, certificate(), { sha1: true });
    const canonical = canonicalize(assertion as Element, { exclusive: true, comments: false, omit: omit as Element });
    verifyDigest(reference as Element, canonical, { sha1: true });
  });
});
