import { Tags } from "../../../appliance/dicom/index.ts";
import { commonModules, fill, instance } from "./common.ts";
import type { InstancePlan, SyntheticInstance } from "./model.ts";

const ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1";

const BurnedInAnnotation = 0x00280301;
const DocumentTitle = 0x00420010;
const EncapsulatedDocument = 0x00420011;
const MIMETypeOfEncapsulatedDocument = 0x00420012;
const ConversionType = 0x00080064;

/** An Encapsulated PDF (PS3.3 A.45.1): one empty page. */
export function encapsulatedPdf(plan: InstancePlan): SyntheticInstance {
  const dataSet = fill(commonModules(plan, ENCAPSULATED_PDF, "DOC"), [
    [Tags.AcquisitionDateTime, ""],
    [ConversionType, "WSD"],
    [BurnedInAnnotation, "NO"],
    [Tags.ConceptNameCodeSequence, []],
    [DocumentTitle, plan.series.description ?? "Document de démonstration"],
    [MIMETypeOfEncapsulatedDocument, "application/pdf"],
  ]);
  dataSet.set(EncapsulatedDocument, "OB", emptyPage());
  return instance(plan, ENCAPSULATED_PDF, dataSet);
}

/** The smallest PDF with a page (ISO 32000-1), its cross-reference table computed. */
function emptyPage(): Buffer {
  const objects = [
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Kids[3 0 R]/Count 1>>",
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
  ];
  let body = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const offset = body.length;
    body += `${index + 1} 0 obj${object}endobj\n`;
    return `${String(offset).padStart(10, "0")} 00000 n \n`;
  });
  const table = `xref\n0 4\n0000000000 65535 f \n${offsets.join("")}`;
  return Buffer.from(`${body}${table}trailer<</Size 4/Root 1 0 R>>\nstartxref\n${body.length}\n%%EOF\n`, "latin1");
}
