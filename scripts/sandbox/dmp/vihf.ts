/** The VIHF: the SAML 2.0 assertion that says who acts, for which structure, on which record (wire-formats 6). */
import type { X509Certificate } from "node:crypto";
import { canonicalize, EXC_C14N } from "./c14n.ts";
import { EMAIL_PROTECTION, nameOf, objection, structureOf } from "./certificates.ts";
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
import { checkAttributes, INVALID, RESOURCE, SUBJECT } from "./vihf-attributes.ts";
import { attribute, type Element, elements, type Findings, NS, only, textOf } from "./xml.ts";

export interface Vihf {
  readonly structure: string;
  /** NameID: who acts, or who answers for the machine that does. */
  readonly subject: string;
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
  /** Of the transaction; undefined when none is known. */
  readonly modes: ReadonlySet<string> | undefined;
}

/** The clocks of a sender and of the DMP may differ by that much. */
const MAX_SKEW_MS = 5 * 60_000;
const CHECK = "wsse:FailedCheck";
const X509_SUBJECT = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName";
const ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/** PS_IdNat (hl7v2-cda-xds 7.4): RPPS behind 8, ADELI behind 0, else a structure's identifier and an internal one. */
const PROFESSIONAL = /^(?:8\d{11}|0\d{9}|[13456][\dA-Z]{8,14}(?:\/[^\s^&]{1,40})?)$/;

/** Checks everything about the assertion that can be known without the rest of the message. */
export function checkVihf(assertion: Element, context: VihfContext, findings: Findings): Vihf | undefined {
  checkFrame(assertion, context.now, findings);
  const subject = textOf(only(only(assertion, NS.saml, "Subject"), NS.saml, "NameID"));
  findings.check(PROFESSIONAL.test(subject), INVALID, "NameID", "not the identifier of a professional (PS_IdNat)");
  const certificate = checkSignature(assertion, context, findings);
  const values = checkAttributes(assertion, context.structures, findings);
  const structure = values.get("Identifiant_Structure") ?? "";
  const mode = values.get("Authentification_Mode") ?? "";
  findings.check(
    context.modes === undefined || context.modes.has(mode),
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
  return { structure, signer, subject, subjectId: values.get(SUBJECT) ?? "", patientId: values.get(RESOURCE) ?? "" };
}

export interface PatientName {
  readonly family: string;
  readonly given: string;
}

/** Bug I8 of the demonstrator: the subject is the professional or the machine, never one of these patients. */
export function checkSubject(
  patients: readonly (PatientName | undefined)[],
  { subjectId }: Vihf,
  findings: Findings,
): void {
  const confused = patients.some((name) => name !== undefined && isPatient(subjectId, name));
  findings.check(!confused, INVALID, "subject-id", "the subject is the patient");
}

function isPatient(subjectId: string, { family, given }: PatientName): boolean {
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
