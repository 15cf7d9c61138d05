import { createHash } from "node:crypto";
import {
  characterSetOf,
  chooseCharacterSet,
  derivedUID,
  ExplicitVRLittleEndian,
  encodeDataSet,
  encodeText,
  Tags,
  writePart10,
} from "../dicom/index.ts";
import { manifestBody } from "./body.ts";
import { fault } from "./errors.ts";
import { manifestHead } from "./head.ts";
import { keyObjectDescription } from "./key-object-description.ts";
import type { Manifest, ManifestInput } from "./model.ts";
import { pauses } from "./pause.ts";
import { references } from "./references.ts";
import { texts } from "./rows.ts";
import { uid } from "./text.ts";

/**
 * Writes the manifest of a study: a Part 10 file in Explicit VR Little Endian holding a Key Object Selection Document titled
 * (113030, DCM, "Manifest") by template TID 2010 (PS3.16).
 *
 * The same input gives the same bytes. The SOP Instance UID comes from the study, the version and all that is written, so no
 * two files ever share one; the Series Instance UID comes from the institution and the study, so that a replacement stands
 * in the series of what it replaces.
 *
 * Throws a coded error (`KOS_*`) when the study is empty or contradicts itself, when an identifier or a trait cannot be
 * carried unchanged, or when a setting of the site is wrong.
 */
export async function buildManifest(input: ManifestInput): Promise<Manifest> {
  const studyInstanceUID = uid(input.study.studyInstanceUID, "study");
  const seriesInstanceUID = derivedUID(`manifest series\n${input.institution.id}\n${studyInstanceUID}`);
  const pause = pauses();
  const series = await references(input.study.series, seriesInstanceUID, pause);
  const head = manifestHead(input, studyInstanceUID, seriesInstanceUID);

  const description = keyObjectDescription(input.study.description, input.actName, series);
  const characterSet = chooseCharacterSet([...texts(head), description]);
  if (characterSet !== undefined) head.set(Tags.SpecificCharacterSet, "CS", characterSet);
  const text = evenText(encodeText(description, characterSetOf(characterSet === undefined ? [] : [characterSet])));
  const body = await manifestBody(studyInstanceUID, series, retrieveBase(input.retrieveBase), text, pause);

  const digest = createHash("sha256").update(encodeDataSet(head, ExplicitVRLittleEndian));
  for (const piece of body) {
    digest.update(piece);
    await pause();
  }
  const sopInstanceUID = derivedUID(`manifest\n${studyInstanceUID}\n${input.version}\n${digest.digest("hex")}`);
  head.set(Tags.SOPInstanceUID, "UI", sopInstanceUID);

  return {
    sopInstanceUID,
    seriesInstanceUID,
    bytes: Buffer.concat([writePart10({ transferSyntax: ExplicitVRLittleEndian, dataSet: head }), ...body]),
    modalities: [...new Set(series.map(({ modality }) => modality).filter((modality) => modality !== ""))],
    instanceCount: series.reduce((sum, { instances }) => sum + instances.length, 0),
  };
}

/** Text is padded with a space (PS3.5 6.2). */
function evenText(text: Buffer): Buffer {
  return text.length % 2 === 0 ? text : Buffer.concat([text, Buffer.from(" ")]);
}

/** The address that boxes of other sites will call: it must be complete, or every manifest of the site is unusable. */
function retrieveBase(value: string): string {
  const url = URL.parse(value);
  const usable =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === "" &&
    /^[\x21-\x7e]+$/.test(value) &&
    !/[/?#\\]$/.test(value);
  if (!usable || url.search !== "" || url.hash !== "") throw fault("KOS_SETTING_INVALID", { where: "retrieveBase" });
  return value;
}
