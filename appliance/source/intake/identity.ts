import type { CodedError } from "../../base/index.ts";
import { INS_OIDS, isValidInsKey, type Patient, type ReportHeader } from "../../cda/index.ts";
import type { MessagePatient, PatientIdentifier } from "../../hl7/index.ts";
import { sourceErrors } from "../errors.ts";

/** OIDs of the INS by environment (hl7v2 volet 1.4; NIR and NIA in production, NIR test and demonstration). */
const insDomains = {
  production: ["1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9"],
  test: ["1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11"],
} as const;

export type Environment = keyof typeof insDomains;

export interface LocalIdentity {
  readonly value: string;
  readonly oid: string;
}

export interface IdentityFindings {
  /** The local identifiers (IPP) on which message and report agree, one for each domain of the site. */
  readonly ipps: readonly LocalIdentity[];
  /** Everything that forbids to publish under this identity; empty when it is certain. */
  readonly faults: readonly CodedError[];
}

/**
 * Is it certain whose report this is? The message (PID) and the report (recordTarget) must name the same patient by a
 * qualified INS and a local identifier, and agree on the strict traits. Nothing is chosen by position and nothing is
 * guessed: whatever is missing or differs is a fault for a person, with both values.
 */
export function checkIdentity(
  message: { readonly patient: MessagePatient },
  header: ReportHeader,
  environment: Environment,
): IdentityFindings {
  const local = localIdentities(message.patient.identifiers, header.patient);
  return {
    ipps: local.ipps,
    faults: [
      ...insFaults(message, header.patient, environment),
      ...local.faults,
      ...traitFaults(message.patient, header.patient),
    ],
  };
}

function insFaults(
  message: { readonly patient: MessagePatient },
  patient: Patient,
  environment: Environment,
): CodedError[] {
  const { ins } = patient;
  if (ins === undefined) return [sourceErrors.fault("SOURCE_INS_MISSING", { where: "recordTarget/patientRole/id" })];
  const faults: CodedError[] = [];
  const allowed: readonly string[] = insDomains[environment];
  if (!allowed.includes(ins.oid))
    faults.push(sourceErrors.fault("SOURCE_INS_ENVIRONMENT", { details: { oid: ins.oid } }));
  if (!isValidInsKey(ins.matricule)) {
    faults.push(sourceErrors.fault("SOURCE_INS_INVALID", { values: { report: ins.matricule } }));
  }
  const named = message.patient.identifiers.filter((id) => INS_OIDS.includes(id.authority.oid ?? ""));
  const same = named.some((id) => id.value === ins.matricule && id.authority.oid === ins.oid);
  if (named.length === 0) {
    faults.push(sourceErrors.fault("SOURCE_INS_MISSING", { where: "PID-3", values: { report: ins.matricule } }));
  } else if (!same || named.some((id) => id.value !== ins.matricule)) {
    const values = { message: named.map((id) => id.value).join(" "), report: ins.matricule };
    faults.push(sourceErrors.fault("SOURCE_INS_MISMATCH", { where: "PID-3", values }));
  }
  // PID-32 repeats: "validated, doubtful" or "validated, fictitious" is not a qualified identity.
  const { identityStatus } = message.patient;
  if (identityStatus.length === 0 || identityStatus.some((status) => status !== "VALI")) {
    const values = { message: identityStatus.join(" ") };
    faults.push(sourceErrors.fault("SOURCE_INS_NOT_QUALIFIED", { where: "PID-32", values }));
  }
  return faults;
}

function localIdentities(identifiers: readonly PatientIdentifier[], patient: Patient): IdentityFindings {
  const inMessage = identifiers.filter((id) => !INS_OIDS.includes(id.authority.oid ?? ""));
  const common = patient.localIds.filter((local) => inMessage.some((id) => isSame(id, local)));
  const ipps = [...new Map(common.map((id) => [`${id.value} ${id.oid}`, id])).values()];
  const values = {
    message: inMessage.map((id) => `${id.value} (${id.authority.oid ?? id.authority.namespace ?? "?"})`).join(" "),
    report: patient.localIds.map((id) => `${id.value} (${id.oid})`).join(" "),
  };
  if (ipps.length === 0) {
    return { ipps, faults: [sourceErrors.fault("SOURCE_IPP_MISSING", { where: "PID-3", values })] };
  }
  if (new Set(ipps.map(({ oid }) => oid)).size < ipps.length)
    return { ipps, faults: [sourceErrors.fault("SOURCE_IPP_AMBIGUOUS", { where: "PID-3", values })] };
  return { ipps, faults: [] };
}

/** The same value from the same authority. An authority without an OID says nothing certain: it is no match. */
function isSame(id: PatientIdentifier, local: { readonly value: string; readonly oid: string }): boolean {
  return id.value === local.value && id.authority.oid === local.oid;
}

/**
 * The identifiers of a message that another of the same authority contradicts in a report, as text; undefined when none
 * does. All INS are of one authority.
 */
export function otherIdentifiers(
  identifiers: readonly PatientIdentifier[],
  patient: Patient,
): { readonly message: string; readonly report: string } | undefined {
  for (const { value, authority } of identifiers) {
    const same = identifiersOf(patient).filter(({ oid }) => isSameAuthority(oid, authority.oid));
    if (same.length > 0 && !same.some((one) => one.value === value)) {
      return { message: value, report: same.map((one) => one.value).join(" ") };
    }
  }
  return undefined;
}

/** True when a message and a report have an identifier of the patient in common. */
export function sharesIdentifier(identifiers: readonly PatientIdentifier[], patient: Patient): boolean {
  return identifiersOf(patient).some((known) =>
    identifiers.some(({ value, authority }) => value === known.value && isSameAuthority(known.oid, authority.oid)),
  );
}

function identifiersOf({ localIds, ins }: Patient): LocalIdentity[] {
  return [...localIds, ...(ins === undefined ? [] : [{ value: ins.matricule, oid: ins.oid }])];
}

function isSameAuthority(oid: string, other: string | undefined): boolean {
  return oid === other || (isINS(oid) && isINS(other));
}

function isINS(oid: string | undefined): boolean {
  return oid !== undefined && INS_OIDS.includes(oid);
}

function traitFaults(pid: MessagePatient, patient: Patient): CodedError[] {
  const missing = [
    patient.birthName === undefined && "birthName",
    patient.birthDate === undefined && "birthDate",
    patient.sex === undefined && "sex",
  ].filter((trait) => trait !== false);
  if (missing.length > 0) {
    return [sourceErrors.fault("SOURCE_TRAITS_MISSING", { details: { traits: missing.join(", ") } })];
  }
  const compared = [
    { trait: "birthName", message: pid.familyName, report: patient.birthName?.family, same: sameName },
    { trait: "givenName", message: pid.givenName, report: patient.birthName?.given, same: sameFirstName },
    { trait: "birthDate", message: pid.birthDate?.slice(0, 8), report: patient.birthDate?.slice(0, 8), same: equal },
    { trait: "sex", message: pid.sex, report: patient.sex, same: sameSex },
    { trait: "birthPlace", message: pid.birthPlaceCode, report: patient.birthPlaceCode, same: equal },
  ];
  // A trait that the message does not carry is not compared: PID-7 and PID-8 are optional in the profile.
  const differing = compared.filter(
    ({ message, report, same }) =>
      message !== undefined && message !== "" && report !== undefined && report !== "" && !same(message, report),
  );
  if (differing.length === 0) return [];
  const text = (side: "message" | "report") => differing.map((row) => row[side]).join(" ");
  return [
    sourceErrors.fault("SOURCE_TRAITS_MISMATCH", {
      where: "PID",
      details: { traits: differing.map((row) => row.trait).join(", ") },
      values: { message: text("message"), report: text("report") },
    }),
  ];
}

/** Two systems may spell one name with or without accents, hyphens and capitals; a name without a letter is no name. */
export function sameName(one: string, other: string): boolean {
  const [a, b] = [plainName(one), plainName(other)];
  return a === "" || b === "" ? one === other : a === b;
}

/** PID-5.2 or the report may give the first given name, or all of them. */
function sameFirstName(one: string, other: string): boolean {
  const [a, b] = [plainName(one), plainName(other)];
  return sameName(one, other) || (a !== "" && b !== "" && (a.startsWith(b) || b.startsWith(a)));
}

function plainName(name: string): string {
  return name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toUpperCase()
    .replace(/[^\p{L}]/gu, "");
}

/** PID-8 (table 0001) says U where the CDA (AdministrativeGender) says UN. */
function sameSex(one: string, other: string): boolean {
  return equal(one.replace(/^UN$/, "U"), other.replace(/^UN$/, "U"));
}

function equal(one: string, other: string): boolean {
  return one === other;
}
