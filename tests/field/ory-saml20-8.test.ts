/**
 * ory/saml20#8, litesaml/lightsaml#113, lsh123/xmlsec#862: signature wrapping. The signature of a real assertion verifies
 * somewhere in the document while the claims are read elsewhere. The eight ways of the literature, two elements of one
 * ID, and the Extensions trick are in tests/xds/signature-wrapping.test.ts; here is what they have in common.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { verifyEnveloped } from "../../appliance/xds/index.ts";
import { assertion, signers } from "../xds/signed.ts";

const SIGNED_CLAIM = "899900012345";
const { signer } = signers.rsa;

it("wherever the signed assertion and a forged one stand together, no forged claim is ever believed", async () => {
  const { xml: signed } = await assertion(signer);
  const signature = /<ds:Signature.*<\/ds:Signature>/s.exec(signed)?.[0] ?? "";
  const bare = signed.replace(signature, "");
  const forged = (xml: string, id: string) => xml.replace(SIGNED_CLAIM, "FORGED").replace('ID="_a1"', `ID="${id}"`);
  const pieces = [signed, signature, bare, forged(bare, "_a1"), forged(bare, "_b2"), forged(signed, "_b2")];
  const shells = ["", "ds:Object", "Extensions", "saml2:Advice", "ds:KeyInfo"];
  // A piece, in a shell or not, put at some place between two tags of another.
  const graft = fc.record({
    host: fc.constantFrom(...pieces),
    guest: fc.constantFrom(...pieces),
    shell: fc.constantFrom(...shells),
    place: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  });
  const verify = (xml: string) => verifyEnveloped(xml, { certificate: signer.certificate }).textContent ?? "";
  expect(verify(signed)).toContain(SIGNED_CLAIM);
  fc.assert(
    fc.property(graft, fc.boolean(), ({ host, guest, shell, place }, enclosed) => {
      const seams = [...host.matchAll(/></g)].map(({ index }) => index + 1);
      const at = seams[Math.floor(place * seams.length)] as number;
      const put = shell === "" ? guest : `<${shell}>${guest}</${shell}>`;
      const grafted = host.slice(0, at) + put + host.slice(at);
      const xml = enclosed
        ? `<r xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion">${grafted}</r>`
        : grafted;
      try {
        expect(verify(xml)).not.toContain("FORGED");
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        expect(error.code).toMatch(/^XDS_(SIGNATURE_INVALID|XML_)/);
      }
    }),
    { numRuns: 500 },
  );
});
