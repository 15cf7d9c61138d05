/** Which observation carries the report: the one ED, or what certainly stands for it. */
import { CodedError } from "../base/index.ts";
import { isClinicalDocument, isOtherFormat } from "./content.ts";
import { decodeHead, findEncoded } from "./document.ts";
import { fault } from "./errors.ts";
import { isMetadata } from "./metadata.ts";
import type { Remark } from "./model.ts";
import type { Observation } from "./structure.ts";

/** Types of text, in which an old RIS puts the base64 that belongs in ED; some leave OBX-2 empty. */
const textTypes = ["TX", "ST", "FT", ""];

/**
 * The observation of the report. A text is one when it certainly holds a CDA; another document beside the CDA is left
 * out when it is certainly none.
 *
 * Errors: `HL7_NO_DOCUMENT`, `HL7_SEVERAL_DOCUMENTS`, `HL7_DOCUMENT_BY_REFERENCE`.
 */
export function findCarrier(observations: readonly Observation[], remarks: Remark[]): Observation {
  const candidates = observations.filter(({ obx }) => !isMetadata(obx));
  const documents = candidates.filter(({ obx }) => obx.value(2) === "ED");
  const [only, second] = documents;
  if (only !== undefined && second === undefined) return only;
  if (second !== undefined) return clinicalOne(documents, second, remarks);

  const [text, anotherText] = candidates.filter(
    (observation) => textTypes.includes(observation.obx.value(2)) && proves(observation, isClinicalDocument),
  );
  if (anotherText !== undefined) throw fault("HL7_SEVERAL_DOCUMENTS", { where: anotherText.obx.where() });
  if (text !== undefined) {
    remarks.push({ code: "HL7_DOCUMENT_IN_TEXT", where: text.obx.where(2) });
    return text;
  }
  const pointer = candidates.find(({ obx }) => obx.value(2) === "RP");
  if (pointer !== undefined) throw fault("HL7_DOCUMENT_BY_REFERENCE", { where: pointer.obx.where(2) });
  throw fault("HL7_NO_DOCUMENT", { where: "OBX-2" });
}

/** Exactly one CDA among documents that are certainly none. */
function clinicalOne(documents: readonly Observation[], second: Observation, remarks: Remark[]): Observation {
  const [clinical, another] = documents.filter((document) => proves(document, isClinicalDocument));
  const others = documents.filter((document) => proves(document, isOtherFormat));
  if (clinical === undefined || another !== undefined || others.length !== documents.length - 1)
    throw fault("HL7_SEVERAL_DOCUMENTS", { where: second.obx.where() });
  for (const { obx } of others) remarks.push({ code: "HL7_OTHER_DOCUMENT_IGNORED", where: obx.where(5) });
  return clinical;
}

/** What cannot be read proves nothing. */
function proves({ obx }: Observation, test: (head: Uint8Array) => boolean): boolean {
  try {
    return test(decodeHead(findEncoded(obx)));
  } catch (failure) {
    if (failure instanceof CodedError) return false;
    throw failure;
  }
}
