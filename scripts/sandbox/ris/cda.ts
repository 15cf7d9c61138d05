/** The report as CDA R2 level 1: a PDF under the header of the imaging model (CI-SIS IMG-CR-IMG). */
import { samplePdf } from "./pdf.ts";
import type { SandboxCode, SandboxId, SandboxReport, SandboxStudy } from "./report.ts";

const LOINC = "2.16.840.1.113883.6.1";
const DCM = "1.2.840.10008.2.16.4";
const SNOMED = "2.16.840.1.113883.6.96";

/** UTF-8 bytes, valid against the CDA schema with the DICOM extension. */
export function buildCda(report: SandboxReport): Buffer {
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:ps3-20="urn:dicom-org:ps3-20">
  <realmCode code="FR"/>
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <templateId root="2.16.840.1.113883.2.8.2.1"/>
  <templateId root="1.2.250.1.213.1.1.1.1"/>
  <templateId root="1.3.6.1.4.1.19376.1.2.20"/>
  ${id(report.id)}
  ${code("code", { code: "18748-4", display: "CR d'imagerie médicale", system: LOINC })}
  <title>${escapeXml(report.title)}</title>
  <effectiveTime value="${parisTime(report.time)}"/>
  <confidentialityCode code="N" displayName="Normal" codeSystem="2.16.840.1.113883.5.25"/>
  <languageCode code="fr-FR"/>
  ${id(report.setId, "setId")}
  <versionNumber value="${report.versionNumber}"/>
${recordTarget(report)}
  <author>
    <time value="${parisTime(report.time)}"/>
    <assignedAuthor>
      ${professional(report)}
    </assignedAuthor>
  </author>
  <custodian>
    <assignedCustodian>
      <representedCustodianOrganization>
        ${organizationBody(report)}
      </representedCustodianOrganization>
    </assignedCustodian>
  </custodian>
  <legalAuthenticator>
    <time value="${parisTime(report.time)}"/>
    <signatureCode code="S"/>
    <assignedEntity>
      ${professional(report)}
    </assignedEntity>
  </legalAuthenticator>
${orders(report.studies).join("\n")}
${report.studies.map((study) => serviceEvent(report, study)).join("\n")}${replaced(report)}
  <componentOf>
    <encompassingEncounter>
      <effectiveTime><low value="${parisTime(report.studies[0]?.start ?? report.time)}"/></effectiveTime>
      <location>
        <healthCareFacility>
          ${code("code", report.structure.facilityType)}
        </healthCareFacility>
      </location>
    </encompassingEncounter>
  </componentOf>
  <component>
    <nonXMLBody>
      <text mediaType="application/pdf" representation="B64">${body(report).toString("base64")}</text>
    </nonXMLBody>
  </component>
</ClinicalDocument>
`);
}

function body(report: SandboxReport): Buffer {
  return Buffer.from(report.pdf ?? samplePdf(report.title));
}

function recordTarget(report: SandboxReport): string {
  const { patient } = report;
  const ins = patient.ins === undefined ? [] : [{ root: patient.ins.oid, extension: patient.ins.matricule }];
  const local = patient.localIds.map(({ oid, value }) => ({ root: oid, extension: value }));
  const names = [
    `<family qualifier="BR">${escapeXml(patient.birthFamily)}</family>`,
    patient.birthGivenNames === undefined ? "" : `<given>${escapeXml(patient.birthGivenNames)}</given>`,
    `<given qualifier="BR">${escapeXml(patient.birthGiven)}</given>`,
    patient.usedFamily === undefined ? "" : `<family qualifier="CL">${escapeXml(patient.usedFamily)}</family>`,
    patient.usedGiven === undefined ? "" : `<given qualifier="CL">${escapeXml(patient.usedGiven)}</given>`,
  ];
  return `  <recordTarget>
    <patientRole>
      ${[...ins, ...local].map((value) => id(value)).join("\n      ")}
      <addr nullFlavor="NAV"/>
      <telecom nullFlavor="NAV"/>
      <patient>
        <name>${names.join("")}</name>
        ${code("administrativeGenderCode", { code: patient.sex, display: patient.sex, system: "2.16.840.1.113883.5.1" })}
        <birthTime value="${escapeXml(patient.birthDate)}"/>
        <birthplace><place><addr><county>${escapeXml(patient.birthPlaceCode)}</county></addr></place></birthplace>
      </patient>
    </patientRole>
  </recordTarget>`;
}

function professional({ author, ...report }: SandboxReport): string {
  return `${id({ root: "1.2.250.1.71.4.2.1", extension: author.id })}
      ${code("code", author.specialty)}
      <addr nullFlavor="NAV"/>
      <telecom nullFlavor="NAV"/>
      <assignedPerson>
        <name><given>${escapeXml(author.given)}</given><family>${escapeXml(author.family)}</family></name>
      </assignedPerson>
      <representedOrganization>
        ${organizationBody(report)}
        ${code("standardIndustryClassCode", report.structure.industryClass)}
      </representedOrganization>`;
}

function organizationBody({ structure }: Pick<SandboxReport, "structure">): string {
  return `${id({ root: "1.2.250.1.71.4.2.2", extension: structure.id })}
        <name>${escapeXml(structure.name)}</name>
        <telecom nullFlavor="NAV"/>
        <addr nullFlavor="NAV"/>`;
}

/** One `inFulfillmentOf` for each accession number: several studies may share it. */
function orders(studies: readonly SandboxStudy[]): string[] {
  const distinct = new Map(studies.map((study) => [JSON.stringify([study.order, study.accession]), study]));
  return [...distinct.values()].map(
    ({ order, accession }) => `  <inFulfillmentOf>
    <order>
      ${id(order)}
      ${id(accession, "ps3-20:accessionNumber")}
    </order>
  </inFulfillmentOf>`,
  );
}

function serviceEvent(report: SandboxReport, study: SandboxStudy): string {
  const region = study.region && translation({ system: SNOMED, ...study.region }, "39111-0", LOINC);
  return `  <documentationOf>
    <serviceEvent>
      ${id({ root: study.studyInstanceUID })}
      <code ${coded({ system: LOINC, ...study.act })}>
        ${translation({ system: DCM, ...study.modality }, "121139", DCM)}${region === undefined ? "" : `\n        ${region}`}
      </code>
      <effectiveTime><low value="${parisTime(study.start)}"/><high value="${parisTime(study.stop)}"/></effectiveTime>
      <performer typeCode="PRF">
        <assignedEntity>
          ${professional(report)}
        </assignedEntity>
      </performer>
    </serviceEvent>
  </documentationOf>`;
}

function translation(value: SandboxCode, qualifier: string, system: string): string {
  return `<translation ${coded(value)}><qualifier><name code="${qualifier}" codeSystem="${system}"/></qualifier></translation>`;
}

function replaced(report: SandboxReport): string {
  if (report.replaces === undefined) return "";
  return `\n  <relatedDocument typeCode="RPLC"><parentDocument>${id(report.replaces)}</parentDocument></relatedDocument>`;
}

function id(value: SandboxId, element = "id"): string {
  const extension = value.extension === undefined ? "" : ` extension="${escapeXml(value.extension)}"`;
  return `<${element} root="${escapeXml(value.root)}"${extension}/>`;
}

function code(element: string, value: SandboxCode): string {
  return `<${element} ${coded(value)}/>`;
}

function coded({ code: value, display, system = "" }: SandboxCode): string {
  return `code="${escapeXml(value)}" displayName="${escapeXml(display)}" codeSystem="${escapeXml(system)}"`;
}

/** `YYYYMMDDhhmmss+zzzz` on the clock of Paris, as a French RIS writes it. */
export function parisTime(instant: Date): string {
  const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris", dateStyle: "short", timeStyle: "medium" });
  const digits = clock.format(instant).replace(/\D/g, "");
  const wall = Date.parse(`${clock.format(instant).replace(" ", "T")}Z`);
  const hours = Math.round((wall - instant.getTime()) / 3_600_000);
  return `${digits}+0${hours}00`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
