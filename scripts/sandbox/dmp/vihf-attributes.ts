/** The attributes of a VIHF: the ones of the French profile, each exactly once and in its form (wire-formats 6.2). */
import { INS_TEST, inTable, isIns, MANIFEST } from "./codes.ts";
import { attribute, children, type Element, type Findings, NS, only, textOf } from "./xml.ts";

export const INVALID = "wsse:InvalidSecurityToken";
export const SUBJECT = "urn:oasis:names:tc:xspa:1.0:subject:subject-id";
export const RESOURCE = "urn:oasis:names:tc:xacml:2.0:resource:resource-id";
const PURPOSE = "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse";
const ROLE = "urn:oasis:names:tc:xacml:2.0:subject:role";

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

/** Checks the attributes; returns the ones with a text value, by name. `structures`: known in spite of their form. */
export function checkAttributes(
  assertion: Element,
  structures: readonly string[],
  findings: Findings,
): ReadonlyMap<string, string> {
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
