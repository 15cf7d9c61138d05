import { globSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { describe, expect, it } from "vitest";
import { parseMessage, readReport } from "../../appliance/hl7/index.ts";
import { codeOf } from "../support/codes.ts";
import { sharedSamples } from "../support/samples.ts";

const folder = sharedSamples();

/** Every published message, and what this room answers: the action that is read, or the refusal. */
const expected: Readonly<Record<string, string>> = {
  "ans-demonstrator/patient1.hl7": "HL7_SEGMENT_ORDER PID",
  "hl7v2/mdm-imaging-v2.0/message_MDM_CR_Radio_DEL_N1.er7": "delete, 39 bytes",
  "hl7v2/mdm-imaging-v2.0/message_MDM_CR_Radio_INIT_N1.er7": "create, 39 bytes",
  "hl7v2/mdm-imaging-v2.0/message_MDM_CR_Radio_RPLC_N1.er7": "replace, 39 bytes",
  "hl7v2/mdm-imaging-v2.1/delete/ack.er7": "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/mdm-imaging-v2.1/delete/message_MDM_CR_Radio_DEL_N1.er7": "delete, 246326 bytes",
  "hl7v2/mdm-imaging-v2.1/initial/message_MDM_CR_Radio_INIT_N1.er7": "create, 39 bytes",
  "hl7v2/mdm-imaging-v2.1/initial/message_MDM_CR_Radio_INIT_N1_Base64.er7": "create, 246117 bytes",
  "hl7v2/mdm-imaging-v2.1/replace/ack.er7": "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/mdm-imaging-v2.1/replace/message_MDM_CR_Radio_RPLC_N1.er7": "replace, 246324 bytes",
  "hl7v2/mss-to-lps-v1.1/message_MDM__LPS_MSS_CR_Radio_INIT_N1.er7": "HL7_PROFILE MSH-21",
  "hl7v2/oru-v2.1/delete/ack.er7": "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/oru-v2.1/delete/message_ORU_CR_Bio_DEL_N1_N3.er7": "HL7_NOT_AN_IMAGING_REPORT OBR-4",
  "hl7v2/oru-v2.1/delete/message_ORU_CR_Bio_DEL_N3_SEGUR.hl7": "HL7_NOT_AN_IMAGING_REPORT OBR-4",
  "hl7v2/oru-v2.1/initial/ack.hl7": "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/oru-v2.1/initial/message_ORU_CR_Bio_INIT_N1_N3.hl7": "HL7_NOT_AN_IMAGING_REPORT OBR-4",
  "hl7v2/oru-v2.1/initial/message_ORU_CR_Bio_INIT_N3_SEGUR.hl7": "HL7_NOT_AN_IMAGING_REPORT OBR-4",
  "hl7v2/oru-v2.1/replace/ack.er7": "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/oru-v2.1/replace/message_ORU_CR_Bio_RPLC_N1_N3.er7": "HL7_NOT_AN_IMAGING_REPORT OBR-4",
  "hl7v2/oru-v2.1/replace/message_ORU_CR_Bio_RPLC_N3_SEGUR.hl7": "HL7_NOT_AN_IMAGING_REPORT OBR-4",
  "hl7v2/pam-fr/ConsentementConsultation_NonOppositionAlimentation.er7": "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/pam-fr/NonConsentementConsultation_NonOppositionAlimentation.er7": "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/pam-fr/NonConsentementConsultation_OppositionAlimentation.er7": "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/pam-fr/NonRecueillieConsentementConsultation_NonOppositionAlimentation.er7": "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/pam-fr/NonRecueillieConsentementConsultation_NonRecueillieOppositionAlimentation.er7":
    "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/pam-fr/admission.er7": "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/pam-fr/sortie.er7": "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/v1.2/MDM/ack.hl7": "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/v1.2/MDM/message.hl7": "HL7_PROFILE MSH-21",
  "hl7v2/v1.2/ORU/ack.hl7": "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/v1.2/ORU/message.hl7": "HL7_PROFILE MSH-21",
  "hl7v2/zam-v2.1/Z01_reception_DMP.hl7": "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/zam-v2.1/Z02_reception_MSS.hl7": "HL7_MESSAGE_TYPE MSH-9.1",
  "hl7v2/zam-v2.1/Z03_lecture_MSS.hl7": "HL7_MESSAGE_TYPE MSH-9.1",
};

function answer(file: string): string {
  let read = "";
  const refusal = codeOf(() => {
    const report = readReport(parseMessage(readFileSync(file)));
    read = `${report.action}, ${report.document?.length} bytes`;
  });
  return refusal === "no error" ? read : refusal;
}

describe.skipIf(folder === undefined)("every published message is answered (skipped when ../shared is absent)", () => {
  it("and none is forgotten in this table", () => {
    const files = globSync(`${folder}/{hl7v2,ans-demonstrator}/**/*.{hl7,er7}`).map((file) => relative(folder!, file));
    expect(files.sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(Object.entries(expected))("%s: %s", (file, reading) => {
    expect(answer(`${folder}/${file}`)).toBe(reading);
  });

  it("the document comes out whole, and the ids and the sender with it", () => {
    const file = `${folder}/hl7v2/mdm-imaging-v2.1/replace/message_MDM_CR_Radio_RPLC_N1.er7`;
    const report = readReport(parseMessage(readFileSync(file)));
    expect(Buffer.from(report.document!).toString("utf8")).toMatch(/^<ClinicalDocument .*<\/ClinicalDocument>\s*$/s);
    expect(report.transcription?.document?.root).toBe("1.2.250.1.71.4.2.2.120456789.71024000082");
    expect(report.sender?.organization?.id).toBe("300017985");
  });
});
