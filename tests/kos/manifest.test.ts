import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { type DataSet, readPart10, Tags, tagString } from "../../appliance/dicom/index.ts";
import { buildManifest, type ManifestInput, readManifest } from "../../appliance/kos/index.ts";
import { hasCommand } from "../support/peers.ts";
import { CLASSES, inputOf, instances, manifestInput, STUDY, series } from "./fixtures.ts";
import { iodErrors, srComplaints } from "./validators.ts";

const everyKind = [
  series(1, "CT", CLASSES.CT, 3),
  series(2, "MR", CLASSES.MR, 2),
  {
    ...series(3, "MR", CLASSES.EnhancedMR),
    instances: [{ ...instances(CLASSES.EnhancedMR, `${STUDY}.3`, 1)[0]!, numberOfFrames: 120 }],
  },
  series(4, "SR", CLASSES.DoseSR),
  series(5, "PR", CLASSES.PresentationState),
  series(6, "DOC", CLASSES.EncapsulatedPDF),
  series(7, "ECG", CLASSES.TwelveLeadECG),
  series(8, "KO", CLASSES.KeyObjects),
  series(9, "OT", CLASSES.Private),
];

const patient = manifestInput().patient;
const withName = (familyName: string, givenName: string) => ({ patient: { ...patient, familyName, givenName } });

/** Studies of the field, and what of them must reach the file. */
const CASES: readonly [string, ManifestInput][] = [
  ["one CT series", manifestInput()],
  ["CT, MR, enhanced multi-frame, SR, PR, PDF, waveform, key objects and a private class", inputOf(everyKind)],
  [
    "three requests, one without order, one without accession, one without issuer",
    manifestInput({
      requests: [
        { accession: { value: "A1", oid: "1.2.3" } },
        { placerOrder: { value: "ORDER-2", oid: "1.2.4" } },
        { accession: { value: "A3" }, placerOrder: { value: "ORDER-3" } },
      ],
    }),
  ],
  ["no request at all", manifestInput({ requests: [{}] })],
  ["accents of Latin-1", manifestInput({ ...withName("LEFÈVRE", "ZOÉ"), actName: "Échographie abdominale" })],
  ["an oe ligature, which Latin-1 has not", manifestInput(withName("LE BŒUF", "CŒLINE"))],
  ["a Cyrillic name", manifestInput(withName("ИВАНОВ", "ИВАН"))],
  ["a Chinese name", manifestInput(withName("王", "小明"))],
  [
    "a patient and a study of whom little is known",
    {
      ...manifestInput({
        patient: {
          ins: patient.ins,
          ipp: { value: "1" },
          familyName: "INCONNU",
          givenName: "",
          birthDate: "19600000",
          sex: "U",
        },
      }),
      study: { studyInstanceUID: STUDY, series: [series(1, "", CLASSES.SC)] },
    },
  ],
  [
    "an INS-NIA, winter overseas",
    manifestInput({
      patient: { ...patient, ins: { matricule: "799999999999999", oid: "1.2.250.1.213.1.4.9" } },
      timeZone: "America/Martinique",
    }),
  ],
];

const validators = ["dciodvfy", "dsrdump"].filter((name) => !hasCommand(name));
const absent = validators.length === 0 ? "" : ` (skipped: no ${validators.join(", ")} on this machine)`;

describe.skipIf(validators.length > 0)(`other people's readers find nothing to say${absent}`, () => {
  it.each(CASES)("%s", async (_, input) => {
    const { bytes } = await buildManifest(input);
    expect(iodErrors(bytes)).toEqual([]);
    expect(srComplaints(bytes)).toEqual([]);
  });
});

describe("what is written can be read", () => {
  it.each(CASES)("%s", async (_, input) => {
    const manifest = await buildManifest(input);
    const content = readManifest(manifest.bytes);
    expect(content.sopInstanceUID).toBe(manifest.sopInstanceUID);
    expect(content.patientID).toBe(input.patient.ins.matricule);
    expect(content.patientIDIssuerOID).toBe(input.patient.ins.oid);
    expect(content.studies.map(({ studyInstanceUID }) => studyInstanceUID)).toEqual([STUDY]);
    expect(content.studies[0]?.series).toEqual(
      input.study.series.map((one) => ({
        ...one,
        retrieveURL: `https://box.example.fr/dicom-web-rs/studies/${STUDY}/series/${one.seriesInstanceUID}`,
      })),
    );
    const { dataSet } = readPart10(manifest.bytes);
    const { familyName, givenName } = input.patient;
    expect(dataSet.string(Tags.PatientName)).toBe(givenName === "" ? `${familyName}^` : `${familyName}^${givenName}`);
    expect(dataSet.isSuspect(Tags.PatientName)).toBe(false);
  });
});

describe("the structure", () => {
  it("is that of the network, corrected to the standard", async () => {
    const { bytes } = await buildManifest(manifestInput());
    const { meta, dataSet, transferSyntax } = readPart10(bytes);
    expect(transferSyntax.name).toBe("Explicit VR Little Endian");
    expect(meta.string(Tags.MediaStorageSOPInstanceUID)).toBe(dataSet.string(Tags.SOPInstanceUID));
    expect(tree(dataSet)).toMatchSnapshot();
  });

  it("refers to each instance in the same order in the evidence and in the content", async () => {
    const { bytes } = await buildManifest(inputOf(everyKind));
    const { dataSet } = readPart10(bytes);
    const evidence = dataSet
      .items(Tags.CurrentRequestedProcedureEvidenceSequence)
      .flatMap((study) => study.items(Tags.ReferencedSeriesSequence))
      .flatMap((one) => one.items(Tags.ReferencedSOPSequence));
    const content = dataSet.items(Tags.ContentSequence);
    const uids = (items: readonly DataSet[]) => items.map((one) => one.string(Tags.ReferencedSOPInstanceUID));
    expect(uids(content.slice(0, -1).flatMap((one) => one.items(Tags.ReferencedSOPSequence)))).toEqual(uids(evidence));
    expect(content.map((one) => one.string(Tags.ValueType))).toEqual([
      ...["IMAGE", "IMAGE", "IMAGE", "IMAGE", "IMAGE", "IMAGE"],
      ...["COMPOSITE", "COMPOSITE", "COMPOSITE", "WAVEFORM", "COMPOSITE", "COMPOSITE", "TEXT"],
    ]);
  });

  it("says the character set that it uses", async () => {
    const declared = async (changes: Partial<ManifestInput>) =>
      readPart10((await buildManifest(manifestInput(changes))).bytes).dataSet.string(Tags.SpecificCharacterSet);
    expect(await declared(withName("LEFÈVRE", "ZOÉ"))).toBe("ISO_IR 100");
    expect(await declared(withName("ИВАНОВ", "ИВАН"))).toBe("ISO_IR 192");
    expect(await declared({ actName: "Prix : 3 €" })).toBe("ISO_IR 192");
  });

  it("shortens a description, and keeps the institution's number whole", async () => {
    const input = manifestInput({ institution: { name: "Ô".repeat(80), id: "880000001" } });
    const { bytes } = await buildManifest({
      ...input,
      study: { ...input.study, description: "d".repeat(100), studyID: "x".repeat(17) },
    });
    const { dataSet } = readPart10(bytes);
    expect(dataSet.string(Tags.InstitutionName)).toBe(`${"Ô".repeat(46)}^^^^^^^^^880000001`);
    expect(dataSet.string(Tags.StudyDescription)).toBe("d".repeat(64));
    expect(dataSet.string(Tags.StudyID)).toBeUndefined();
  });

  it("tells the study's own times and its own at one offset, that of the day of the study", async () => {
    const { study } = manifestInput();
    const { bytes } = await buildManifest(
      manifestInput({ study: { ...study, studyDate: "20250715", studyTime: "101500" } }),
    );
    const { dataSet } = readPart10(bytes);
    expect(dataSet.string(Tags.TimezoneOffsetFromUTC)).toBe("+0200");
    expect(dataSet.string(Tags.StudyTime)).toBe("101500");
    expect(dataSet.string(Tags.ContentTime)).toBe("130000");
  });

  it("takes a broken date or time of the PACS for unknown", async () => {
    const input = manifestInput();
    const { bytes } = await buildManifest({
      ...input,
      study: { ...input.study, studyDate: "2026-01-15", studyTime: "25" },
    });
    const { dataSet } = readPart10(bytes);
    expect(dataSet.has(Tags.StudyDate)).toBe(true);
    expect(dataSet.string(Tags.StudyDate)).toBeUndefined();
    expect(dataSet.string(Tags.StudyTime)).toBeUndefined();
  });
});

describe("identity of the file", () => {
  it("the same input gives the same bytes", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(
        text,
        text,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        async (description, actName, sizes) => {
          const list = sizes.map((size, index) => ({ ...series(index + 1, "CT", CLASSES.CT, size), description }));
          const make = () => buildManifest(inputOf(structuredClone(list), { actName }));
          const [one, other] = await Promise.all([make(), make()]);
          expect(Buffer.compare(one.bytes, other.bytes)).toBe(0);
          expect(readManifest(one.bytes).studies[0]?.series.map((found) => found.instances.length)).toEqual(sizes);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("anything that changes gives another SOP Instance UID, in the same series", async () => {
    const base = await buildManifest(manifestInput());
    const others = await Promise.all([
      buildManifest(manifestInput({ version: 2 })),
      buildManifest(manifestInput({ createdAt: new Date("2026-01-15T11:00:01Z") })),
      buildManifest(manifestInput({ actName: "autre" })),
      buildManifest(inputOf([series(1, "CT", CLASSES.CT, 2)])),
      buildManifest(manifestInput(withName("PATIENT", "BERTHE"))),
    ]);
    const uids = [base, ...others].map(({ sopInstanceUID }) => sopInstanceUID);
    expect(new Set(uids).size).toBe(uids.length);
    expect(new Set([base, ...others].map(({ seriesInstanceUID }) => seriesInstanceUID)).size).toBe(1);
    for (const uid of uids) expect(uid).toMatch(/^2\.25\.[1-9]\d{0,38}$/);
  });

  it("another study, or another site, has another series", async () => {
    const input = manifestInput();
    const here = await buildManifest(input);
    const study = await buildManifest({ ...input, study: { ...input.study, studyInstanceUID: "2.25.2002" } });
    const site = await buildManifest({ ...input, institution: { ...input.institution, id: "880000002" } });
    expect(new Set([here, study, site].map(({ seriesInstanceUID }) => seriesInstanceUID)).size).toBe(3);
  });

  it("says what it counted", async () => {
    const manifest = await buildManifest(
      inputOf([...everyKind, series(10, "CT", CLASSES.CT, 2), { ...series(11, "", CLASSES.CT) }]),
    );
    expect(manifest.modalities).toEqual(["CT", "MR", "SR", "PR", "DOC", "ECG", "KO", "OT"]);
    expect(manifest.instanceCount).toBe(15);
  });
});

describe("what is referred to", () => {
  it("an instance that the PACS gives twice is kept once", async () => {
    const one = series(1, "CT", CLASSES.CT, 2);
    const manifest = await buildManifest(inputOf([{ ...one, instances: [...one.instances, ...one.instances] }]));
    expect(manifest.instanceCount).toBe(2);
  });

  it("a series without instance is left out", async () => {
    const { bytes } = await buildManifest(inputOf([series(1, "CT", CLASSES.CT, 0), series(2, "CT", CLASSES.CT, 1)]));
    const content = readManifest(bytes);
    expect(content.studies[0]?.series.map(({ seriesNumber }) => seriesNumber)).toEqual([2]);
    expect(content.description).not.toContain(`${STUDY}.1 `);
  });

  it("never itself: our manifests of this study, should the PACS hold them, are left out", async () => {
    const { seriesInstanceUID } = await buildManifest(manifestInput());
    const own = { ...series(2, "KO", CLASSES.KeyObjects), seriesInstanceUID };
    const manifest = await buildManifest(inputOf([series(1, "CT", CLASSES.CT), own]));
    expect(manifest.instanceCount).toBe(1);
    expect(manifest.modalities).toEqual(["CT"]);
  });

  const input = manifestInput();
  const ct = series(1, "CT", CLASSES.CT);
  it.each<[string, string, ManifestInput]>([
    ["KOS_EMPTY_STUDY", "a study without series", inputOf([])],
    ["KOS_EMPTY_STUDY", "a study with empty series", inputOf([series(1, "CT", CLASSES.CT, 0)])],
    [
      "KOS_DUPLICATE",
      "an instance in two series",
      inputOf([ct, { ...series(2, "CT", CLASSES.CT), instances: ct.instances }]),
    ],
    [
      "KOS_DUPLICATE",
      "an instance of two classes",
      inputOf([{ ...ct, instances: [...ct.instances, ...instances(CLASSES.MR, ct.seriesInstanceUID, 1)] }]),
    ],
    ["KOS_DUPLICATE", "a series given twice", inputOf([ct, ct])],
    [
      "KOS_UID_INVALID",
      "an instance without class",
      inputOf([{ ...ct, instances: [{ sopClassUID: "", sopInstanceUID: "1.2" }] }]),
    ],
    ["KOS_UID_INVALID", "a study without UID", { ...input, study: { ...input.study, studyInstanceUID: "" } }],
    [
      "KOS_UID_INVALID",
      "an issuer that is no OID",
      manifestInput({ patient: { ...patient, ipp: { value: "1", oid: "HOSPITAL" } } }),
    ],
    [
      "KOS_IDENTIFIER_INVALID",
      "an accession number longer than DICOM allows",
      manifestInput({ requests: [{ accession: { value: "1".repeat(17) } }] }),
    ],
    [
      "KOS_IDENTIFIER_INVALID",
      "an order number with a backslash",
      manifestInput({ requests: [{ placerOrder: { value: "A\\B" } }] }),
    ],
    ["KOS_IDENTIFIER_INVALID", "an empty IPP", manifestInput({ patient: { ...patient, ipp: { value: " " } } })],
    ["KOS_PATIENT_INVALID", "a name that holds a delimiter", manifestInput(withName("A^B", "C"))],
    ["KOS_SETTING_INVALID", "a zone that does not exist", manifestInput({ timeZone: "Europe/Rennes" })],
    ["KOS_SETTING_INVALID", "an address that no one can call", manifestInput({ retrieveBase: "null/api/source" })],
    [
      "KOS_SETTING_INVALID",
      "an address with a trailing slash",
      manifestInput({ retrieveBase: "https://box.example.fr/" }),
    ],
    [
      "KOS_SETTING_INVALID",
      "an address with a password",
      manifestInput({ retrieveBase: "https://a:b@box.example.fr" }),
    ],
  ])("%s: %s", async (code, _, refused) => {
    const error: unknown = await buildManifest(refused).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(CodedError);
    expect(error).toMatchObject({ code });
    expect(JSON.stringify(error)).not.toContain("PATIENT^");
  });

  it("KOS_TOO_MANY_INSTANCES: beyond the limit, before anything is encoded", async () => {
    const huge = { ...ct, instances: new Array(200_001).fill(ct.instances[0]) };
    await expect(buildManifest(inputOf([huge]))).rejects.toMatchObject({ code: "KOS_TOO_MANY_INSTANCES" });
  });
});

/** A data set as lines: indented tag, VR and values, without what the writing tool is called. */
function tree(dataSet: DataSet, indent = ""): string[] {
  return [...dataSet].flatMap(({ tag, vr, items }) => {
    const line = `${indent}${tagString(tag)} ${vr}`;
    if (vr !== "SQ") return [`${line} ${dataSet.strings(tag).join("\\")}`.trimEnd()];
    return [line, ...(items ?? []).flatMap((item) => [`${indent}  item`, ...tree(item, `${indent}    `)])];
  });
}
