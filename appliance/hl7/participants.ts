/** The patient, the visit and the sender: PID, PV1, PRT. Identifiers are told apart by their OID, never by position. */
import { said } from "../base/index.ts";
import { fault } from "./errors.ts";
import { readAuthority, requiredValue } from "./fields.ts";
import type {
  AssigningAuthority,
  MessagePatient,
  PatientIdentifier,
  Remark,
  ReportMessage,
  SenderOrganization,
  SenderPerson,
} from "./model.ts";
import type { Repetition, Segment } from "./segment.ts";

/** Errors: `HL7_FIELD_MISSING` (PID-3, PID-5). What is no date and no code of table 0001 stays as sent, to be compared. */
export function readPatient(pid: Segment, remarks: Remark[]): MessagePatient {
  const identifiers = pid
    .repetitions(3)
    .map(identifier)
    .filter((id) => id.value !== "");
  if (identifiers.length === 0) throw fault("HL7_FIELD_MISSING", { where: "PID-3" });
  requiredValue(pid, 5);
  const birth = pid.repetitions(5).find((name) => name.value(7) === "L") ?? pid.first(5);
  const birthPlace = pid.repetitions(11).find((address) => address.value(7) === "BDL");
  return said({
    identifiers,
    familyName: text(birth, 1),
    givenName: text(birth, 2),
    birthDate: birthDate(pid, remarks) || undefined,
    sex: sex(pid, remarks) || undefined,
    birthPlaceCode: birthPlace === undefined ? undefined : text(birthPlace, 9),
    identityStatus: pid
      .repetitions(32)
      .map((status) => status.value())
      .filter((status) => status !== ""),
  });
}

/** The day, `YYYYMMDD`, of a TS of any precision or of an ISO 8601 date; day and month in another order are not guessed. */
function birthDate(pid: Segment, remarks: Remark[]): string {
  const value = pid.value(7);
  const iso = /^(\d{4})-(\d\d)-(\d\d)(?:T.*)?$/.exec(value);
  if (iso === null) return /^\d{8}[\d.]*(?:[+-]\d{4})?$/.test(value) ? value.slice(0, 8) : value;
  remarks.push({ code: "HL7_DATE_FORM", where: "PID-7" });
  return iso.slice(1, 4).join("");
}

function sex(pid: Segment, remarks: Remark[]): string {
  const value = pid.value(8);
  if (value !== value.toUpperCase()) remarks.push({ code: "HL7_LOWER_CASE", where: "PID-8" });
  return value.toUpperCase();
}

/** PV1-2 is required of a PV1 that is there. */
export function readVisit(pv1: Segment | undefined): ReportMessage["visit"] {
  if (pv1 === undefined) return {};
  return said({ patientClass: requiredValue(pv1, 2), number: text(pv1.first(19), 1) });
}

/** The PRT with the role SB, "sent by" (profile 1.6). Two of them would leave the sender in doubt. */
export function readSender(participations: readonly Segment[]): ReportMessage["sender"] {
  const [prt, second] = participations.filter((participation) => participation.value(4) === "SB");
  if (prt === undefined) return undefined;
  if (second !== undefined)
    throw fault("HL7_REPEATED_SEGMENT", { where: second.where(4), details: { segment: "PRT" } });
  return said({
    person: prt.raw(5).length === 0 ? undefined : person(prt.first(5)),
    organization: prt.raw(8).length === 0 ? undefined : organization(prt.first(8)),
  });
}

/** CX. */
function identifier(cx: Repetition): PatientIdentifier {
  return said({ value: cx.value(1), authority: authority(cx, 4), typeCode: text(cx, 5) });
}

/** XCN. */
function person(xcn: Repetition): SenderPerson {
  return said({
    id: text(xcn, 1),
    family: text(xcn, 2),
    given: text(xcn, 3),
    oid: authority(xcn, 9).oid,
    idType: text(xcn, 13),
  });
}

/** XON. */
function organization(xon: Repetition): SenderOrganization {
  return said({ name: text(xon, 1), oid: authority(xon, 6).oid, idType: text(xon, 7), id: text(xon, 10) });
}

function authority(field: Repetition, component: number): AssigningAuthority {
  return readAuthority([field.value(component, 1), field.value(component, 2), field.value(component, 3)]);
}

function text(field: Repetition, component: number, subcomponent = 1): string | undefined {
  return field.value(component, subcomponent) || undefined;
}
