/** The VIHF: the SAML 2.0 assertion that says who acts, for which structure, on which record (wire-formats 6). */
import type { X509Certificate } from "node:crypto";
import { canonicalize, EXC_C14N } from "./c14n.ts";
import { EMAIL_PROTECTION, nameOf, objection, structureOf } from "./certificates.ts";
import { INS_TEST, inTable, isIns, MANIFEST } from "./codes.ts";
import {
  DsigError,
  type DsigPolicy,
  dereference,
  part,
  signingCertificate,
  transformsOf,
  verifyDigest,
  verifySignedInfo,
} from "./dsig.ts";
import { attribute, children, type Element, elements, type Findings, NS, only, textOf } from "./xml.ts";

export interface Vihf {
  readonly structure: string;
  readonly subjectId: string;
  /** `<INS>^^^&<oid>&ISO^NH`. */
  readonly patientId: string;
  /** The OU of the certificate that signed. */
  readonly signer: string;
}

export interface VihfContext {
  readonly now: Date;
  readonly trust: readonly X509Certificate[];
  readonly policy: DsigPolicy;
  /** OU of the TLS client certificate. */
  readonly client: string | undefined;
  /** Legal entities (EJ) whose certificate may speak for a geographic one (EG): certificate OU to structures. */
  readonly legalEntities: Readonly<Record<string, readonly string[]>>;
  /** Structures known under an identifier that has not the usual form. */
  readonly structures: readonly string[];
  readonly modes: ReadonlySet<string>;
}

/** The clocks of a sender and of the DMP may differ by that much. */
const MAX_SKEW_MS = 5 * 60_000;
const INVALID = "wsse:InvalidSecurityToken";
const CHECK = "wsse:FailedCheck";
const X509_SUBJECT = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName";
const ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/** PS_IdNat (hl7v2-cda-xds 7.4): RPPS behind 8, ADELI behind 0, else a structure's identifier and an internal one. */
const PROFESSIONAL = /^(?:8\d{11}|0\d{9}|[13456][\dA-Z]{8,14}(?:\/[^\s^&]{1,40})?)$/;

const SUBJECT = "urn:oasis:names:tc:xspa:1.0:subject:subject-id";
const PURPOSE = "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse";
const ROLE = "urn:oasis:names:tc:xacml:2.0:subject:role";
const RESOURCE = "urn:oasis:names:tc:xacml:2.0:resource:resource-id";

/** The attributes with a text value, and what each may be. */
const TEXTS: Readonly<Record<string, RegExp>> = {
  VIHF_Version: /^[34]\.0$/,
  Authentification_Mode: /^(?:DIRECTE|INDIRECTE|INDIRECTE_RENFORCEE)$/,
  Secteur_Activite: /^SA\d\d\^1\.2\.250\.1\.71\.4\.2\.4$/,
  Ressource_URN: /^urn:dmp$/,
  Identifiant_Structure: /^(?:0\d{8,9}|1[\dAB]{9}|2\d{9}|3\d{14}|4\d{11,14})$/,
  LPS_ID: /^\S.{0,63}$/,
  LPS_Nom: /^\S.{0,63}$/,
  LPS_Version: /^\S.{0,63}$/,
  LPS_ID_HOMOLOGATION_DMP: /^\S{1,64}$/,
  [SUBJECT]: /^\S.*\S$/,
  [RESOURCE]: /^\d[\dAB]{14}\^\^\^&[\d.]+&ISO\^NH$/,
};

/** Checks everything about the assertion that can be known without the rest of the message. */
export function checkVihf(assertion: Element, context: VihfContext, findings: Findings): Vihf | undefined {
  checkFrame(assertion, context.now, findings);
  const certificate = checkSignature(assertion, context, findings);
  const values = checkAttributes(assertion, context.structures, findings);
  const structure = values.get("Identifiant_Structure") ?? "";
  const mode = values.get("Authentification_Mode") ?? "";
  findings.check(
    context.modes.has(mode),
    INVALID,
    "Authentification_Mode",
    `${mode} is not accepted for this transaction`,
  );
  if (mode === "INDIRECTE") {
    const declaration = assertion.getElementsByTagNameNS(NS.saml, "AuthnContextDecl").length > 0;
    findings.check(!declaration, INVALID, "AuthnContextDecl", "nobody is authenticated in mode INDIRECTE");
  }
  if (certificate === undefined) return undefined;
  const signer = structureOf(certificate) ?? "";
  const coherent = signer === structure || (context.legalEntities[signer] ?? []).includes(structure);
  findings.check(
    coherent,
    INVALID,
    "Identifiant_Structure",
    `the certificate's OU ${signer} does not speak for ${structure}`,
  );
  findings.check(context.client === signer, INVALID, "Issuer", `TLS was opened by ${context.client}, ${signer} signs`);
  return { structure, signer, subjectId: values.get(SUBJECT) ?? "", patientId: values.get(RESOURCE) ?? "" };
}

/** Bug I8 of the demonstrator: the subject is the professional or the machine, never the patient. */
export function subjectIsPatient(subjectId: string, family: string, given: string): boolean {
  const subject = tokens(subjectId);
  const patient = [...tokens(family), ...tokens(given)];
  return patient.length > 1 && patient.every((token) => subject.has(token));
}

function tokens(name: string): Set<string> {
  const plain = name.normalize("NFD").replace(/\p{M}/gu, "").toUpperCase();
  return new Set(plain.split(/[^\p{L}\d]+/u).filter((token) => token !== ""));
}

function checkFrame(assertion: Element, now: Date, findings: Findings): void {
  const names = elements(assertion).map(({ localName }) => localName);
  const order = /^Issuer Signature Subject (?:Conditions )?AuthnStatement AttributeStatement$/;
  findings.check(order.test(names.join(" ")), INVALID, assertion, `children out of order: ${names.join(" ")}`);
  findings.check(attribute(assertion, "Version") === "2.0", INVALID, assertion, "Version is not 2.0");
  const id = attribute(assertion, "ID") ?? "";
  findings.check(
    /^[\p{L}_][\p{L}\d._-]*$/u.test(id),
    INVALID,
    assertion,
    "ID is not an xs:ID: it starts with a letter or _",
  );
  const issued = attribute(assertion, "IssueInstant") ?? "";
  const readable = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(issued);
  const skew = Math.abs(Date.parse(issued) - now.getTime());
  findings.check(
    readable && skew <= MAX_SKEW_MS,
    "wsse:MessageExpired",
    "IssueInstant",
    "not UTC, or 5 minutes away from now",
  );
  const conditions = only(assertion, NS.saml, "Conditions");
  const from = Date.parse(attribute(conditions, "NotBefore") ?? "") - MAX_SKEW_MS;
  const until = Date.parse(attribute(conditions, "NotOnOrAfter") ?? "");
  findings.check(
    !(from > now.getTime() || until <= now.getTime()),
    "wsse:MessageExpired",
    "Conditions",
    "not valid now",
  );
  const nameId = textOf(only(only(assertion, NS.saml, "Subject"), NS.saml, "NameID"));
  findings.check(PROFESSIONAL.test(nameId), INVALID, "NameID", "not the identifier of a professional (PS_IdNat)");
  const authn = only(assertion, NS.saml, "AuthnStatement");
  findings.check(attribute(authn, "AuthnInstant") !== undefined, INVALID, "AuthnStatement", "AuthnInstant is missing");
  const reference = textOf(only(only(authn, NS.saml, "AuthnContext"), NS.saml, "AuthnContextClassRef"));
  const known = reference.startsWith("urn:oasis:names:tc:SAML:2.0:ac:classes:");
  findings.check(known, INVALID, "AuthnContextClassRef", "not a SAML 2.0 authentication context class");
}

function checkSignature(assertion: Element, context: VihfContext, findings: Findings): X509Certificate | undefined {
  try {
    const signature = part(assertion, "Signature");
    const certificate = signingCertificate(signature);
    const objected = objection(certificate, context.trust, EMAIL_PROTECTION, context.now);
    if (objected !== undefined) findings.add("wsse:FailedAuthentication", signature, objected);
    const issuer = only(assertion, NS.saml, "Issuer");
    findings.check(attribute(issuer, "Format") === X509_SUBJECT, INVALID, "Issuer", `Format is not ${X509_SUBJECT}`);
    const name = nameOf(certificate);
    findings.check(
      textOf(issuer) === name,
      INVALID,
      "Issuer",
      `is not the subject of the signing certificate, ${name}`,
    );

    const [reference, ...others] = verifySignedInfo(signature, certificate, context.policy);
    if (reference === undefined || others.length > 0)
      throw new DsigError("exactly one Reference is expected", signature);
    const target = dereference(assertion.ownerDocument ?? assertion, attribute(reference, "URI") ?? "", reference);
    if (target !== assertion) throw new DsigError("the Reference is not to the assertion", reference);
    const transforms = transformsOf(reference).join(" ");
    if (transforms !== `${ENVELOPED} ${EXC_C14N}`) {
      throw new DsigError("the transforms are not enveloped-signature then exclusive canonicalization", reference);
    }
    verifyDigest(
      reference,
      canonicalize(assertion, { exclusive: true, comments: false, omit: signature }),
      context.policy,
    );
    return certificate;
  } catch (error) {
    if (!(error instanceof DsigError)) throw error;
    findings.add(CHECK, error.element, error.message);
    return undefined;
  }
}

function checkAttributes(assertion: Element, structures: readonly string[], findings: Findings): Map<string, string> {
  const statement = only(assertion, NS.saml, "AttributeStatement");
  const attributes = statement === undefined ? [] : children(statement, NS.saml, "Attribute");
  const values = new Map<string, string>();
  const one = (name: string): Element | undefined => {
    const found = attributes.filter((candidate) => attribute(candidate, "Name") === name);
    findings.check(found.length === 1, INVALID, name, `is there ${found.length} times, once is expected`);
    return found[0];
  };
  for (const [name, syntax] of Object.entries(TEXTS)) {
    const found = one(name);
    if (found === undefined) continue;
    const value = textOf(only(found, NS.saml, "AttributeValue"));
    values.set(name, value);
    const known = name === "Identifiant_Structure" && structures.includes(value);
    findings.check(known || syntax.test(value), INVALID, name, `does not have the form ${syntax.source}`);
  }
  const [sector = "", scheme = ""] = (values.get("Secteur_Activite") ?? "").split("^");
  const sectors = MANIFEST.coded.healthcareFacilityTypeCode;
  findings.check(inTable(sectors, sector, scheme), INVALID, "Secteur_Activite", "not in the value set");
  const [ins = "", , , authority = ""] = (values.get(RESOURCE) ?? "").split("^");
  const test = INS_TEST.has(authority.split("&")[1] ?? "");
  findings.check(isIns(ins) && test, INVALID, RESOURCE, "not a test INS, or its key is wrong");
  checkPurpose(one(PURPOSE), findings);
  checkRoles(one(ROLE), findings);
  return values;
}

function checkPurpose(found: Element | undefined, findings: Findings): void {
  if (found === undefined) return;
  const value = coded(found, "PurposeOfUse");
  const normal = value.length === 1 && value[0]?.code === "normal" && value[0].system === "1.2.250.1.213.1.1.4.248";
  findings.check(
    normal,
    INVALID,
    PURPOSE,
    "one PurposeOfUse of type CE is expected, normal in 1.2.250.1.213.1.1.4.248",
  );
}

/** A profession (G15), with a know-how (R01) when it is a physician; or the machine's role AUTOMATE. */
function checkRoles(found: Element | undefined, findings: Findings): void {
  if (found === undefined) return;
  const roles = coded(found, "Role").map(({ code, system, display }) => (display === "" ? "" : `${code} ${system}`));
  const machine = roles.length === 1 && roles[0] === "AUTOMATE 1.2.250.1.213.1.1.4.6";
  const [profession = "", knowHow] = roles;
  const professional = /^\d\d 1\.2\.250\.1\.71\.1\.2\.7$/.test(profession) && roles.length <= 2;
  const skilled =
    knowHow === undefined ? !profession.startsWith("10 ") : /^\w{2,6} 1\.2\.250\.1\.71\.4\.2\.5$/.test(knowHow);
  findings.check(
    machine || (professional && skilled),
    INVALID,
    ROLE,
    "neither AUTOMATE, nor a profession and its know-how",
  );
}

function coded(found: Element, name: string): { code: string; system: string; display: string }[] {
  return children(found, NS.saml, "AttributeValue")
    .map((value) => only(value, NS.hl7, name))
    .map((element) => ({
      code: /^(?:\w+:)?CE$/.test(element?.getAttributeNS(NS.xsi, "type") ?? "")
        ? (attribute(element, "code") ?? "")
        : "",
      system: attribute(element, "codeSystem") ?? "",
      display: attribute(element, "displayName") ?? "",
    }));
}
