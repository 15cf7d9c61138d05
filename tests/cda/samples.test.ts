import { globSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { describe, expect, it } from "vitest";
import { readReportHeader } from "../../appliance/cda/index.ts";
import { sharedSamples } from "../support/samples.ts";

const folder = sharedSamples();

/** Every published document: its id, its level, its studies with modality and region, and what is remarked. */
const expected: Readonly<Record<string, readonly [id: string, level: 1 | 3, studies: string[], remarks: string[]]>> = {
  "ans-demonstrator/DOC00002.xml": [
    "2.25.308558515749272265601084678280819623195.3.2.1.261020211239",
    1,
    ["2.16.840.1.113669.632.20.1211.10000231621  "],
    ["CDA_NAME_QUALIFIER", "CDA_STUDY_EXTENSION"],
  ],
  "ans-demonstrator/history-2024-05/CDA/IMG_CR_IMG_2023.11_CDA-R2-Niveau-1.xml": [
    "1.2.250.1.213.1.1.1.45.2",
    1,
    [
      "1.2.250.1.3.152.235.2.12.187636474 CT 774007",
      "1.2.250.1.3.152.235.2.12.187636475 CT 774007",
      "1.2.250.1.3.152.235.2.12.187636476 CT 67734004",
    ],
    [],
  ],
  "cda/img-cr-2024.01/IMG_CR_IMG_2024.01.xml": [
    "1.2.250.1.213.1.1.1.45.2024.1.1",
    3,
    [
      "1.2.250.1.925.994044.27.123.1876360 CT 774007",
      "1.2.250.1.925.994044.27.123.1876361 CT 774007",
      "1.2.250.1.925.994044.27.123.1876362 CT 67734004",
    ],
    [],
  ],
  "cda/img-cr-2024.01/IMG_CR_IMG_2024.01_CDA-R2-Niveau-1.xml": [
    "1.2.250.1.213.1.1.1.45.2024.2.1",
    1,
    [
      "1.2.250.1.925.994044.27.123.1876350 CT 774007",
      "1.2.250.1.925.994044.27.123.1876351 CT 774007",
      "1.2.250.1.925.994044.27.123.1876352 CT 67734004",
    ],
    [],
  ],
  "cda/img-da-2024.01/IMG-DA-IMG_2024.01_Radiographie_Echographie_SeinThorax.xml": [
    "1.2.250.1.213.1.1.1.47.2024.3.1",
    3,
    ["1.2.250.1.748.12345678.12  "],
    ["CDA_STUDY_EXTENSION"],
  ],
  "cda/img-da-2024.01/IMG-DA-IMG_2024.01_Radiographie_IRM_Genou.xml": [
    "1.2.250.1.213.1.1.1.47.2024.4.1",
    3,
    ["1.2.250.1.748.12345678.12  "],
    ["CDA_STUDY_EXTENSION"],
  ],
  "cda/img-da-2024.01/IMG-DA-IMG_2024.01_Scanner_Crane_ThoraxAbdomenPelvis.xml": [
    "1.2.250.1.213.1.1.1.47.2024.6.1",
    3,
    ["1.2.250.1.748.12345678.12  "],
    ["CDA_STUDY_EXTENSION"],
  ],
  "cda/ris-n1-2022.01/remplacement_cr_imagerie.xml": [
    "1.2.250.1.213.4.5.4.403",
    1,
    ["1.2.250.1.213.4.5.2.1.102 RM 61685007"],
    [],
  ],
  "cda/ris-n1-2022.01/suppression_cr_imagerie.xml": [
    "1.2.250.1.213.4.5.4.403",
    1,
    ["1.2.250.1.213.4.5.2.1.102 RM 61685007"],
    [],
  ],
  "cda/ris-n1-2022.01/transmission_initiale_cr_imagerie.xml": [
    "1.2.250.1.213.4.5.4.402",
    1,
    ["1.2.250.1.213.4.5.2.1.102 RM 61685007"],
    [],
  ],
  "hl7v2/mdm-imaging-v2.1/delete/CR_Radio_CDAN1_v2.XML": [
    "1.2.250.1.71.4.2.2.120456789.71024000082",
    1,
    ["1.3.6.1.4.1.5962.99.1.3711725607.829148806.1687338938407.3.0  "],
    ["CDA_NAME_QUALIFIER", "CDA_STUDY_EXTENSION"],
  ],
  "hl7v2/mdm-imaging-v2.1/initial/CR_Radio_CDAN1_v1.XML": [
    "1.2.250.1.71.4.2.2.120456789.71024000081",
    1,
    ["1.3.6.1.4.1.5962.99.1.3711725607.829148806.1687338938407.3.0  "],
    ["CDA_NAME_QUALIFIER", "CDA_STUDY_EXTENSION"],
  ],
  "hl7v2/mdm-imaging-v2.1/replace/CR_Radio_CDAN1_v2.XML": [
    "1.2.250.1.71.4.2.2.120456789.71024000082",
    1,
    ["1.3.6.1.4.1.5962.99.1.3711725607.829148806.1687338938407.3.0  "],
    ["CDA_NAME_QUALIFIER", "CDA_STUDY_EXTENSION"],
  ],
};

function summary(file: string): unknown {
  const header = readReportHeader(readFileSync(`${folder}/${file}`));
  const studies = header.serviceEvents
    .filter((event) => event.studyInstanceUID !== undefined)
    .map((event) =>
      [event.studyInstanceUID, event.modalities.map((m) => m.code), event.regions.map((r) => r.code)].join(" "),
    );
  return [header.id.root, header.level, studies, header.remarks.map((remark) => remark.code)];
}

describe.skipIf(folder === undefined)("every published document is read (skipped when ../shared is absent)", () => {
  it("and none is forgotten in this table", () => {
    const files = globSync([
      `${folder}/cda/**/*.xml`,
      `${folder}/hl7v2/**/*.XML`,
      `${folder}/ans-demonstrator/{*,history*/CDA/*}.xml`,
    ]);
    expect(files.map((file) => relative(folder!, file)).sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(Object.entries(expected))("%s", (file, reading) => {
    expect(summary(file)).toEqual(reading);
  });
});
