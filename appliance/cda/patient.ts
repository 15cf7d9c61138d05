/** `recordTarget/patientRole`: who the report is about. */
import { said } from "../base/index.ts";
import { fault } from "./errors.ts";
import { INS_C_OID, INS_OIDS } from "./ins.ts";
import type { Patient, PersonName } from "./model.ts";
import type { Node } from "./node.ts";
import { instanceIdentifier } from "./values.ts";

/** Errors: `CDA_TWO_INS`, `CDA_FIELD_REPEATED`. */
export function readPatient(role: Node): Patient {
  const patient = role.first("patient");
  return said({
    ...readIdentifiers(role),
    ...(patient === undefined ? {} : readNames(patient)),
    birthDate: patient?.only("birthTime")?.attribute("value")?.slice(0, 8),
    sex: patient?.only("administrativeGenderCode")?.attribute("code"),
    birthPlaceCode: patient?.first("birthplace", "place", "addr", "county")?.text,
  });
}

/** The INS is told by its OID, whatever the order; the same one twice is once. */
function readIdentifiers(role: Node): Pick<Patient, "ins" | "localIds"> {
  let ins: Patient["ins"];
  const localIds: { value: string; oid: string }[] = [];
  for (const node of role.all("id")) {
    const id = instanceIdentifier(node);
    if (id?.extension === undefined) continue;
    const { root: oid, extension: value } = id;
    if (oid === INS_C_OID) node.remark("CDA_INS_C");
    else if (!INS_OIDS.includes(oid)) localIds.push({ value, oid });
    else if (ins === undefined) ins = { matricule: value, oid };
    else if (ins.matricule !== value || ins.oid !== oid)
      throw fault("CDA_TWO_INS", { where: node.path, values: { first: ins.matricule, second: value } });
  }
  return ins === undefined ? { localIds } : { ins, localIds };
}

/**
 * Birth name: qualifier BR, or none. Used name: qualifier CL, or another one, which is remarked (SP, a spouse's name,
 * occurs). Beside a given name BR, the one without qualifier is the list of all given names.
 */
function readNames(patient: Node): Pick<Patient, "birthName" | "usedName" | "birthGivenNames"> {
  const families = patient.all("name", "family");
  const givens = patient.all("name", "given");
  const odd = families.find((family) => !["BR", "CL", undefined].includes(family.attribute("qualifier")));
  odd?.remark("CDA_NAME_QUALIFIER");

  const plain = qualified(givens, undefined);
  const first = qualified(givens, "BR")[0] ?? plain[0];
  const listed = plain.length > 1 || (plain.length === 1 && plain[0] !== first);
  return said({
    birthName: name(qualified(families, "BR")[0] ?? qualified(families, undefined)[0], first),
    usedName: name(qualified(families, "CL")[0] ?? odd?.text, qualified(givens, "CL")[0] ?? first),
    birthGivenNames: listed ? plain.join(" ") : undefined,
  });
}

function name(family: string | undefined, given: string | undefined): PersonName | undefined {
  return family === undefined ? undefined : { family, given: given ?? "" };
}

function qualified(nodes: readonly Node[], qualifier: string | undefined): string[] {
  const texts = nodes.filter((node) => node.attribute("qualifier") === qualifier).map((node) => node.text);
  return texts.filter((text) => text !== undefined);
}
