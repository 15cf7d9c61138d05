import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataSet, readPart10, type Tag, Tags, vrOf, writePart10 } from "../../appliance/dicom/index.ts";
import { type Association, PatientRoot, requestAssociation, StudyRoot } from "../../appliance/dimse/index.ts";
import { type SandboxPacs, startSandboxPacs } from "../../scripts/sandbox/pacs.ts";
import { syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { run, startStorescp } from "../support/dicom-peers.ts";
import { EXPLICIT } from "../support/dimse.ts";
import { hasCommand } from "../support/peers.ts";

const first = syntheticStudy({
  studyInstanceUID: "2.25.1001",
  patientID: "P0001",
  accessionNumber: "A1",
  series: [{ kind: "CT", images: 3 }, { kind: "MR", images: 2 }, { kind: "SR" }, { kind: "PDF" }],
});
const second = syntheticStudy({
  studyInstanceUID: "2.25.1002",
  patientID: "P0002",
  patientName: "ESSAI^JEAN",
  accessionNumber: "A2",
  studyDate: "20260102",
});

let pacs: SandboxPacs;
let association: Association;
beforeAll(async () => {
  pacs = await startSandboxPacs({ studies: [first, second] });
  association = await requestAssociation({
    host: pacs.host,
    port: pacs.port,
    callingAETitle: "TEST",
    calledAETitle: "PACS",
    presentationContexts: [StudyRoot.find, PatientRoot.find].map((abstractSyntax) => ({
      abstractSyntax,
      transferSyntaxes: [EXPLICIT],
    })),
  });
});
afterAll(async () => {
  await association.release();
  await pacs.stop();
});

async function ask(level: string, keys: readonly (readonly [Tag, string])[], sopClassUID: string = StudyRoot.find) {
  const identifier = new DataSet().set(Tags.QueryRetrieveLevel, "CS", level);
  for (const [tag, value] of keys) identifier.set(tag, vrOf(tag), value.split("\\"));
  const found: DataSet[] = [];
  for await (const one of association.find({ sopClassUID, identifier })) found.push(one);
  return found;
}

describe("C-FIND of the sandbox PACS", () => {
  it("walks down the hierarchy with single values", async () => {
    const [study, ...others] = await ask("STUDY", [
      [Tags.StudyInstanceUID, "2.25.1001"],
      [Tags.PatientID, ""],
      [Tags.PatientName, ""],
      [Tags.AccessionNumber, ""],
      [Tags.ModalitiesInStudy, ""],
      [Tags.NumberOfStudyRelatedInstances, ""],
    ]);
    expect(others).toEqual([]);
    expect(study?.string(Tags.PatientID)).toBe("P0001");
    expect(study?.strings(Tags.ModalitiesInStudy)).toEqual(["CT", "MR", "SR", "DOC"]);
    expect(study?.integer(Tags.NumberOfStudyRelatedInstances)).toBe(7);
    const series = await ask("SERIES", [
      [Tags.StudyInstanceUID, "2.25.1001"],
      [Tags.SeriesInstanceUID, ""],
      [Tags.Modality, ""],
    ]);
    expect(series.map((one) => one.string(Tags.Modality))).toEqual(["CT", "MR", "SR", "DOC"]);
    const uid = series[0]?.string(Tags.SeriesInstanceUID) ?? "";
    const images = await ask("IMAGE", [
      [Tags.StudyInstanceUID, "2.25.1001"],
      [Tags.SeriesInstanceUID, uid],
      [Tags.SOPInstanceUID, ""],
      [Tags.InstanceNumber, ""],
    ]);
    expect(images.map((one) => one.integer(Tags.InstanceNumber))).toEqual([1, 2, 3]);
  });

  it.each([
    ["by accession number", [[Tags.AccessionNumber, "A2"]], ["2.25.1002"]],
    ["by patient", [[Tags.PatientID, "P0001"]], ["2.25.1001"]],
    ["by name, case and accents aside from case", [[Tags.PatientName, "essai*"]], ["2.25.1001", "2.25.1002"]],
    ["by one character", [[Tags.AccessionNumber, "A?"]], ["2.25.1001", "2.25.1002"]],
    ["by date range", [[Tags.StudyDate, "20260101-20260131"]], ["2.25.1002"]],
    ["by open range", [[Tags.StudyDate, "20261001-"]], ["2.25.1001"]],
    ["by list of UID", [[Tags.StudyInstanceUID, "2.25.1001\\2.25.1002"]], ["2.25.1001", "2.25.1002"]],
    ["a regular expression is text", [[Tags.AccessionNumber, "A.+"]], []],
    ["nobody", [[Tags.PatientID, "P9999"]], []],
  ] as const)("finds %s", async (_, keys, expected) => {
    const given = keys.map(([tag, value]) => [tag, value] as const);
    const list = given.find(([tag]) => tag === Tags.StudyInstanceUID) === undefined;
    const found = await ask("STUDY", list ? [...given, [Tags.StudyInstanceUID, ""]] : given);
    expect(found.map((one) => one.string(Tags.StudyInstanceUID))).toEqual(expected);
  });

  it.each([
    ["a wild card in a UID", "STUDY", [[Tags.StudyInstanceUID, "*"]]],
    ["a level without the one above", "SERIES", [[Tags.SeriesInstanceUID, ""]]],
    [
      "a wild card above",
      "IMAGE",
      [
        [Tags.StudyInstanceUID, "*"],
        [Tags.SeriesInstanceUID, "*"],
        [Tags.SOPInstanceUID, ""],
      ],
    ],
    ["no level", "", []],
    ["the level of another model", "PATIENT", [[Tags.PatientID, ""]]],
  ] as const)("refuses %s, as strict servers do", async (_, level, keys) => {
    await expect(ask(level, keys)).rejects.toMatchObject({ details: { status: "0xA900" } });
  });

  it("knows Patient Root", async () => {
    const patients = await ask("PATIENT", [[Tags.PatientID, ""]], PatientRoot.find);
    expect(patients.map((one) => one.string(Tags.PatientID))).toEqual(["P0001", "P0002"]);
    const keys = [
      [Tags.PatientID, "P0002"],
      [Tags.StudyInstanceUID, ""],
    ] as const;
    const studies = await ask("STUDY", keys, PatientRoot.find);
    expect(studies.map((one) => one.string(Tags.StudyInstanceUID))).toEqual(["2.25.1002"]);
    await expect(ask("STUDY", [[Tags.StudyInstanceUID, ""]], PatientRoot.find)).rejects.toMatchObject({
      details: { status: "0xA900" },
    });
  });
});

describe.skipIf(!hasCommand("findscu"))("DCMTK with the sandbox PACS (skipped when DCMTK is absent)", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sandbox-pacs-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const at = () => ["-aec", "PACS", pacs.host, String(pacs.port)];
  const study = ["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=2.25.1001"];

  it("findscu finds", async () => {
    const { code, output } = await run("findscu", ["-v", "-S", ...study, "-k", "AccessionNumber", ...at()]);
    expect(code).toBe(0);
    expect(output).toContain("[A1]");
  });

  it("movescu moves to a storescp", async () => {
    const peer = await startStorescp({ aeTitle: "DEST" });
    pacs.addDestination({ aeTitle: "DEST", host: peer.host, port: peer.port });
    const { code, output } = await run("movescu", ["-v", "-S", "-aem", "DEST", ...study, ...at()]);
    expect([code, output]).toEqual([0, expect.stringContaining("Success")]);
    expect(await readdir(peer.folder)).toHaveLength(7);
    await peer.stop();
  });

  it("getscu gets", async () => {
    const { code } = await run("getscu", ["-S", "+B", "-od", folder, ...study, ...at()]);
    expect(code).toBe(0);
    expect(await readdir(folder)).toHaveLength(7);
    for (const file of await readdir(folder)) {
      const { dataSet } = readPart10(await readFile(join(folder, file)));
      expect(dataSet.string(Tags.StudyInstanceUID)).toBe("2.25.1001");
    }
  });

  it("storescu stores, and what it stored is found and can be forgotten", async () => {
    const third = syntheticStudy({ studyInstanceUID: "2.25.1003", series: [{ kind: "CT", images: 2 }] });
    const files: string[] = [];
    for (const one of third.instances) {
      files.push(join(folder, `third-${one.sopInstanceUID}.dcm`));
      await writeFile(files.at(-1) ?? "", writePart10(one));
    }
    expect(await run("storescu", [...at(), ...files])).toMatchObject({ code: 0 });
    expect(pacs.contents().get("2.25.1003")).toBe(2);
    expect(await ask("STUDY", [[Tags.StudyInstanceUID, "2.25.1003"]])).toHaveLength(1);
    expect(pacs.remove("2.25.1003")).toBe(true);
    expect(await ask("STUDY", [[Tags.StudyInstanceUID, "2.25.1003"]])).toHaveLength(0);
  });
});

describe.skipIf(!hasCommand("dciodvfy"))("synthetic objects (skipped when dciodvfy is absent)", () => {
  it.each(["CT", "MR", "SR", "PDF"] as const)("%s is valid", async (kind) => {
    const [instance] = syntheticStudy({ series: [{ kind, images: 1 }] }).instances;
    if (instance === undefined) throw new Error("no instance");
    const folder = await mkdtemp(join(tmpdir(), "synthetic-"));
    const file = join(folder, "object.dcm");
    await writeFile(file, writePart10(instance));
    const { output } = await run("dciodvfy", ["-new", file]);
    await rm(folder, { recursive: true });
    expect(output.split("\n").filter((line) => line.startsWith("Error"))).toEqual([]);
  });

  it("are the same for the same study", () => {
    const uids = () => syntheticStudy({ studyInstanceUID: "2.25.7" }).instances.map((one) => one.sopInstanceUID);
    expect(uids()).toEqual(uids());
  });
});
