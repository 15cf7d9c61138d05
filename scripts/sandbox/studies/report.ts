import { DataSet, Tags } from "../../../appliance/dicom/index.ts";
import { code, commonModules, fill, instance } from "./common.ts";
import type { InstancePlan, SyntheticInstance } from "./model.ts";

const BASIC_TEXT_SR = "1.2.840.10008.5.1.4.1.1.88.11";

/** A Basic Text SR (PS3.3 A.35.1) with one finding. */
export function basicTextReport(plan: InstancePlan): SyntheticInstance {
  const finding = fill(new DataSet(), [
    [Tags.RelationshipType, "CONTAINS"],
    [Tags.ValueType, "TEXT"],
    [Tags.ConceptNameCodeSequence, [code("121071", "DCM", "Finding")]],
    [Tags.TextValue, "Examen de démonstration : aucune anomalie, aucun patient."],
  ]);
  const dataSet = fill(commonModules(plan, BASIC_TEXT_SR, "SR"), [
    [Tags.ReferencedPerformedProcedureStepSequence, []],
    [Tags.ValueType, "CONTAINER"],
    [Tags.ConceptNameCodeSequence, [code("18748-4", "LN", "Diagnostic imaging study")]],
    [Tags.ContinuityOfContent, "SEPARATE"],
    [Tags.CompletionFlag, "COMPLETE"],
    [Tags.VerificationFlag, "UNVERIFIED"],
    [0x0040a372, []],
    [Tags.ContentSequence, [finding]],
  ]);
  return instance(plan, BASIC_TEXT_SR, dataSet);
}
