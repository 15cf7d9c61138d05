import { randomUUID } from "node:crypto";
import {
  type Code,
  type Digest,
  distinguishedName,
  element,
  type Markup,
  NS,
  type Signer,
  signEnveloped,
} from "../xds/index.ts";
import { OID } from "./codes.ts";
import type { DmpOptions, VihfFacts } from "./model.ts";

/** SAML URNs of the attributes and formats used (XSPA profile, CI-SIS). */
const URN = {
  x509SubjectName: "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName",
  tlsClient: "urn:oasis:names:tc:SAML:2.0:ac:classes:TLSClient",
  subjectId: "urn:oasis:names:tc:xspa:1.0:subject:subject-id",
  purposeOfUse: "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse",
  resourceId: "urn:oasis:names:tc:xacml:2.0:resource:resource-id",
  role: "urn:oasis:names:tc:xacml:2.0:subject:role",
} as const;

/** `codeSystemName` as the DMP's samples write it. */
const SYSTEM_NAMES: Readonly<Record<string, string>> = {
  [OID.profession]: "professions",
  [OID.knowHow]: "specialites RPPS",
};

/**
 * A signed VIHF of indirect authentication: the structure answers for the professional, who is its subject.
 * New at each call: ID, times, signature.
 */
export function buildVihf(
  facts: VihfFacts,
  signer: Signer,
  options: Pick<DmpOptions, "software" | "vihf"> & { readonly digest: Digest },
  now: Date,
): Promise<Markup> {
  const id = `_${randomUUID()}`;
  const instant = now.toISOString();
  const { software, vihf } = options;
  const build = (signature?: Markup) =>
    element(
      "saml2:Assertion",
      { "xmlns:saml2": NS.saml, ID: id, IssueInstant: instant, Version: "2.0" },
      element("saml2:Issuer", { Format: URN.x509SubjectName }, distinguishedName(signer.certificate.subject)),
      signature,
      element("saml2:Subject", {}, element("saml2:NameID", {}, facts.subject.id)),
      vihf?.validitySeconds === undefined ? undefined : conditions(now, vihf.validitySeconds),
      element(
        "saml2:AuthnStatement",
        { AuthnInstant: instant },
        element("saml2:AuthnContext", {}, element("saml2:AuthnContextClassRef", {}, URN.tlsClient)),
      ),
      element(
        "saml2:AttributeStatement",
        {},
        attribute("VIHF_Version", vihf?.version ?? "4.0"),
        attribute("Secteur_Activite", facts.sector),
        attribute("Ressource_URN", "urn:dmp"),
        attribute(URN.subjectId, facts.subject.name),
        attribute("Identifiant_Structure", facts.structureId),
        software.id === undefined ? undefined : attribute("LPS_ID", software.id),
        attribute("LPS_Nom", software.name),
        attribute("LPS_ID_HOMOLOGATION_DMP", software.homologation),
        attribute("LPS_Version", software.version),
        attribute(URN.resourceId, facts.patientId),
        attribute("Authentification_Mode", "INDIRECTE"),
        attribute(URN.purposeOfUse, PURPOSE_NORMAL),
        attribute(URN.role, ...facts.roles.map((role) => coded("Role", role, SYSTEM_NAMES[role.scheme]))),
      ),
    );
  return signEnveloped(id, build, signer, options.digest);
}

/** An HL7 v3 coded value (CE) inside an attribute. */
function coded(name: string, { code, scheme, display }: Code, systemName: string | undefined): Markup {
  return element(name, {
    xmlns: "urn:hl7-org:v3",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:type": "CE",
    code,
    codeSystem: scheme,
    codeSystemName: systemName,
    displayName: display === "" ? undefined : display,
  });
}

const PURPOSE_NORMAL = coded(
  "PurposeOfUse",
  { code: "normal", scheme: OID.purposeOfUse, display: "Accès normal" },
  "mode acces VIHF 1.0",
);

function attribute(name: string, ...values: (string | Markup)[]): Markup {
  return element(
    "saml2:Attribute",
    { Name: name },
    ...values.map((value) => element("saml2:AttributeValue", {}, value)),
  );
}

/** The record's clock and ours may differ by this much. */
const CLOCK_SKEW_SECONDS = 60;

/** No AudienceRestriction: the HL7 volet wants it absent. */
function conditions(now: Date, validitySeconds: number): Markup {
  const at = (seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString();
  return element("saml2:Conditions", { NotBefore: at(-CLOCK_SKEW_SECONDS), NotOnOrAfter: at(validitySeconds) });
}
