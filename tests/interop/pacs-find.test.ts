import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildManifest } from "../../appliance/kos/index.ts";
import { createPacs, createPacsGroup, type FoundStudy, type Pacs } from "../../appliance/pacs/index.ts";
import { manifestInput } from "../kos/fixtures.ts";
import { archive, everyKind } from "../pacs/studies.ts";
import { type DicomPeer, startDcmqrscp, startOrthanc } from "../support/dicom-peers.ts";
import { hasCommand } from "../support/peers.ts";

const missing = ["Orthanc", "dcmqrscp", "storescu"].filter((command) => !hasCommand(command));
const title = missing.length === 0 ? "" : ` (skipped: no ${missing.join(", ")} on this machine)`;

const study = everyKind(71001);
const other = everyKind(71002);

describe.skipIf(missing.length > 0)(`real PACS${title}`, () => {
  const peers: DicomPeer[] = [];
  const found: FoundStudy[] = [];
  let all: Pacs[] = [];

  beforeAll(async () => {
    peers.push(await startOrthanc(), await startDcmqrscp());
    for (const peer of peers) {
      await archive(study, peer);
      await archive(other, peer);
    }
    all = peers.map(({ host, port, aeTitle }) =>
      createPacs({ name: "PACS", host, port, aeTitle, callingAETitle: "DRIMBOX" }),
    );
  });
  afterAll(async () => {
    for (const peer of peers) await peer.stop();
  });

  it.each(["Orthanc", "dcmqrscp"])("%s answers to C-ECHO", async (name) => {
    await all[name === "Orthanc" ? 0 : 1]?.echo();
  });

  it.each(["Orthanc", "dcmqrscp"])("%s: the whole study is found, and nothing of another", async (name) => {
    const answer = await all[name === "Orthanc" ? 0 : 1]?.findStudy(study.studyInstanceUID);
    expect(answer).toMatchObject({
      studyInstanceUID: study.studyInstanceUID,
      patientID: study.patientID,
      accessionNumber: study.accessionNumber,
      studyDate: "20260115",
      description: "Scanner hépatique",
      referringPhysicianName: "MARTIN^PAUL",
      pacs: "PACS",
    });
    expect(answer?.series.map(({ modality, instances }) => [modality, instances.length])).toEqual(
      study.series.map(({ modality, count }) => [modality, count]),
    );
    expect(answer?.series.map(({ description, bodyPart }) => [description, bodyPart])).toEqual(
      study.series.map(({ description, bodyPart }) => [description, bodyPart]),
    );
    expect(answer?.series.map(({ instances }) => instances[0])).toEqual(
      study.series.map(({ sopClassUID, numberOfFrames }, index) => ({
        sopClassUID,
        sopInstanceUID: `${study.studyInstanceUID}.${index + 1}.1`,
        instanceNumber: 1,
        ...(numberOfFrames !== undefined && { numberOfFrames }),
      })),
    );
    if (answer !== undefined) found.push(answer);
  });

  it("both give the same manifest, byte for byte", async () => {
    const [one, another] = await Promise.all(found.map((answer) => buildManifest(manifestInput({ study: answer }))));
    expect(found.length).toBe(2);
    expect(one?.instanceCount).toBe(22);
    expect(Buffer.compare(one?.bytes ?? Buffer.alloc(0), another?.bytes ?? Buffer.alloc(1))).toBe(0);
  });

  it("a study that neither has is absent in both, and in the group of them", async () => {
    for (const pacs of all) expect(await pacs.findStudy("2.25.79999")).toBeUndefined();
    expect(await createPacsGroup(all).findStudy("2.25.79999")).toBeUndefined();
  });

  it("both at once: the study is found once", async () => {
    const answer = await createPacsGroup(all).findStudy(study.studyInstanceUID);
    expect(answer?.patientID).toBe(study.patientID);
  });

  it("switched off: an error to try again, for each and for the group", async () => {
    await Promise.all(peers.splice(0).map((peer) => peer.stop()));
    for (const pacs of [...all, createPacsGroup(all)]) {
      await expect(pacs.findStudy("2.25.79999")).rejects.toMatchObject({ code: "PACS_UNREACHABLE", retry: "later" });
    }
  });
});
