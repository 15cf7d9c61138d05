/** The patient as PAM-FR has it: INS and local identifiers, birth name and used name, birthplace. */
import type { SandboxPatient } from "./report.ts";
import { at, repeat, text } from "./write.ts";

export function pid(patient: SandboxPatient): string[] {
  const ins = patient.ins && `${patient.ins.matricule}^^^ASIP-SANTE-INS-NIR&${patient.ins.oid}&ISO^INS`;
  const local = patient.localIds.map(({ value, oid }) => `${text(value)}^^^IMAGERIE&${oid}&ISO^PI`);
  const birth = [patient.birthFamily, patient.birthGiven, patient.birthGivenNames ?? ""].map(text).join("^");
  const used = patient.usedFamily && `${text(patient.usedFamily)}^${text(patient.usedGiven ?? "")}^^^^^D`;
  return at("PID", {
    3: repeat(ins, ...local),
    5: repeat(`${birth}^^^^L`, used),
    7: patient.birthDate,
    8: patient.sex === "UN" ? "U" : patient.sex,
    11: `^^^^^^BDL^^${text(patient.birthPlaceCode)}`,
    32: repeat(...patient.identityStatus),
  });
}
