import { NEIGHBOUR, SITE } from "../../scripts/sandbox/pki.ts";
import { minutesAgo, type Row, refuses, useStand } from "./refusals.ts";
import { cut, INS, swap } from "./submission.ts";

const INVALID = "wsse:InvalidSecurityToken";
const SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1";
const RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
const RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

const VIHF: readonly Row[] = [
  ["an ID that starts with a digit", { assertion: swap('ID="_', 'ID="0') }, INVALID, /xs:ID/],
  ["Version 1.1", { assertion: swap('Version="2.0"', 'Version="1.1"') }, INVALID, /Version/],
  [
    "IssueInstant six minutes ago",
    () => ({ assertion: cut(/IssueInstant="[^"]*"/, `IssueInstant="${minutesAgo(6)}"`) }),
    "wsse:MessageExpired",
    /IssueInstant/,
  ],
  [
    "IssueInstant six minutes ahead",
    () => ({ assertion: cut(/IssueInstant="[^"]*"/, `IssueInstant="${minutesAgo(-6)}"`) }),
    "wsse:MessageExpired",
    /IssueInstant/,
  ],
  [
    "IssueInstant in local time",
    { assertion: cut(/(IssueInstant="[^"]*)Z"/, '$1+00:00"') },
    "wsse:MessageExpired",
    /IssueInstant/,
  ],
  [
    "Conditions that are over",
    () => ({ assertion: swap("</saml:Subject>", `</saml:Subject><saml:Conditions NotOnOrAfter="${minutesAgo(1)}"/>`) }),
    "wsse:MessageExpired",
    /Conditions/,
  ],
  [
    "another Issuer format",
    { assertion: swap("1.1:nameid-format:X509SubjectName", "2.0:nameid-format:entity") },
    INVALID,
    /Format/,
  ],
  ["an Issuer that is not the signer", { assertion: swap(`OU=${SITE.id}, `, "") }, INVALID, /Issuer/],
  [
    "changed after signature",
    { signedAssertion: swap("DRIMBOX-0001", "DRIMBOX-0002") },
    "wsse:FailedCheck",
    /DigestValue/,
  ],
  [
    "another SignatureValue",
    { signedAssertion: cut(/<ds:SignatureValue>..../, "<ds:SignatureValue>AAAA") },
    "wsse:FailedCheck",
    /SignatureValue/,
  ],
  ["no signature", { signedAssertion: cut(/<ds:Signature .*<\/ds:Signature>/) }, INVALID, /Signature/],
  ["signed with SHA-1", { vihfAlgorithms: { signature: RSA_SHA1, digest: SHA1 } }, "wsse:FailedCheck", /SHA-1/],
  ["digested with SHA-1", { vihfAlgorithms: { signature: RSA_SHA256, digest: SHA1 } }, "wsse:FailedCheck", /SHA-1/],
  [
    "signed by an expired certificate",
    ({ expired }) => ({ signer: expired }),
    "wsse:FailedAuthentication",
    /not valid at/,
  ],
  [
    "signed by an unknown authority",
    ({ untrusted }) => ({ signer: untrusted }),
    "wsse:FailedAuthentication",
    /does not chain/,
  ],
  [
    "signed by an AUTH_CLI certificate",
    ({ pki }) => ({ signer: pki.structures[0].auth }),
    "wsse:FailedAuthentication",
    /key usage/,
  ],
  ["signed by the neighbour", ({ pki }) => ({ signer: pki.structures[1].sign }), INVALID, /does not speak for/],
  [
    "for a structure the certificate does not name",
    { assertion: swap(`>${SITE.id}<`, `>${NEIGHBOUR.id}<`) },
    INVALID,
    /does not speak for/,
  ],
  ["no LPS_ID", { assertion: cut(/<saml:Attribute Name="LPS_ID">.*?<\/saml:Attribute>/) }, INVALID, /LPS_ID/],
  [
    "an attribute twice",
    { assertion: cut(/(<saml:Attribute Name="LPS_Nom">.*?<\/saml:Attribute>)/, "$1$1") },
    INVALID,
    /2 times/,
  ],
  ["VIHF version 2.0", { assertion: swap(">4.0<", ">2.0<") }, INVALID, /VIHF_Version/],
  ["a sector outside its value set", { assertion: swap("SA25^", "SA99^") }, INVALID, /Secteur_Activite/],
  [
    "mode AIR, nobody being logged in",
    { assertion: swap(">INDIRECTE<", ">INDIRECTE_RENFORCEE<") },
    INVALID,
    /Authentification_Mode/,
  ],
  [
    "an authentication of somebody",
    {
      assertion: swap(
        "</saml:AuthnContextClassRef>",
        "</saml:AuthnContextClassRef><saml:AuthnContextDecl>APP_BROWSER_AUTH</saml:AuthnContextDecl>",
      ),
    },
    INVALID,
    /AuthnContextDecl/,
  ],
  ["another resource", { assertion: swap("urn:dmp", "urn:pmd") }, INVALID, /Ressource_URN/],
  [
    "the patient as subject",
    { assertion: swap("DRIMbox Publication", "Luce Essai") },
    INVALID,
    /the subject is the patient/,
  ],
  ["no professional in NameID", { assertion: swap("899700000017", "DRIMbox") }, INVALID, /NameID/],
  ["another purpose", { assertion: swap('code="normal"', 'code="bris_de_glace"') }, INVALID, /purposeofuse/],
  ["a role without type", { assertion: cut(/ xsi:type="CE"(?= code="AUTOMATE")/) }, INVALID, /role/],
  [
    "a physician without know-how",
    { assertion: swap('"AUTOMATE" codeSystem="1.2.250.1.213.1.1.4.6"', '"10" codeSystem="1.2.250.1.71.1.2.7"') },
    INVALID,
    /role/,
  ],
  ["a resource-id that is no INS", { assertion: swap(INS, "285017500000131") }, INVALID, /resource-id/],
  ["no AuthnInstant", { assertion: cut(/ AuthnInstant="[^"]*"/) }, INVALID, /AuthnInstant/],
  [
    "an authentication context of another language",
    { assertion: swap("urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified", "unspecified") },
    INVALID,
    /AuthnContextClassRef/,
  ],
  [
    "a Reference to nothing",
    { signedAssertion: cut(/URI="#[^"]*"/, 'URI="#x"') },
    "wsse:FailedCheck",
    /SignatureValue|have the id/,
  ],
  ["the local identifier as resource-id", { assertion: swap("ISO^NH", "ISO^PI") }, INVALID, /resource-id/],
];

refuses("the VIHF", useStand(), VIHF);
