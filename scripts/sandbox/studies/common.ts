import {
  DataSet,
  type ElementValue,
  ExplicitVRLittleEndian,
  type Tag,
  Tags,
  vrOf,
} from "../../../appliance/dicom/index.ts";
import type { InstancePlan, SyntheticInstance } from "./model.ts";

/** Sets elements whose VR the dictionary knows. */
export function fill(dataSet: DataSet, values: readonly (readonly [Tag, ElementValue])[]): DataSet {
  for (const [tag, value] of values) dataSet.set(tag, vrOf(tag), value);
  return dataSet;
}

/** One item of a code sequence (PS3.3 8.8). */
export function code(value: string, scheme: string, meaning: string): DataSet {
  return fill(new DataSet(), [
    [Tags.CodeValue, value],
    [Tags.CodingSchemeDesignator, scheme],
    [Tags.CodeMeaning, meaning],
  ]);
}

/** The Patient, General Study, General Series, General Equipment and SOP Common modules (PS3.3 C.7, C.12). */
export function commonModules(plan: InstancePlan, sopClassUID: string, modality: string): DataSet {
  const { study } = plan;
  const { patient } = study;
  return fill(new DataSet(), [
    [Tags.SpecificCharacterSet, "ISO_IR 192"],
    [Tags.SOPClassUID, sopClassUID],
    [Tags.SOPInstanceUID, plan.sopInstanceUID],
    [Tags.StudyDate, study.studyDate],
    [Tags.SeriesDate, study.studyDate],
    [Tags.ContentDate, study.studyDate],
    [Tags.StudyTime, study.studyTime],
    [Tags.SeriesTime, study.studyTime],
    [Tags.ContentTime, study.studyTime],
    [Tags.AccessionNumber, study.accessionNumber],
    [Tags.Modality, modality],
    [Tags.Manufacturer, "DRIMbox sandbox"],
    [Tags.InstitutionName, "Centre d'imagerie du bac à sable"],
    [Tags.ReferringPhysicianName, study.referringPhysicianName],
    [Tags.StudyDescription, study.description],
    [Tags.SeriesDescription, plan.series.description ?? modality],
    [Tags.ManufacturerModelName, "SYNTHETIC"],
    [Tags.PatientName, patient.patientName],
    [Tags.PatientID, patient.patientID],
    ...(patient.issuerOfPatientID === undefined
      ? []
      : ([[Tags.IssuerOfPatientID, patient.issuerOfPatientID]] as const)),
    [Tags.PatientBirthDate, patient.birthDate],
    [Tags.PatientSex, patient.sex],
    [Tags.DeviceSerialNumber, "1"],
    [Tags.SoftwareVersions, "1"],
    [Tags.StudyInstanceUID, study.studyInstanceUID],
    [Tags.SeriesInstanceUID, plan.seriesInstanceUID],
    [Tags.StudyID, study.studyID],
    [Tags.SeriesNumber, plan.seriesNumber],
    [Tags.InstanceNumber, plan.index + 1],
  ]);
}

export function instance(plan: InstancePlan, sopClassUID: string, dataSet: DataSet): SyntheticInstance {
  return { sopClassUID, sopInstanceUID: plan.sopInstanceUID, transferSyntax: ExplicitVRLittleEndian.uid, dataSet };
}
