import { expect, it } from "vitest";
import { createNoteListener, createPacs, type ReceivedNoteObject } from "../../appliance/pacs/index.ts";
import { startSandboxPacs } from "../../scripts/sandbox/pacs.ts";
import { TITLES } from "../../scripts/sandbox/rejection-note.ts";
import { syntheticStudy } from "../../scripts/sandbox/studies.ts";

it("the PACS of the sandbox rejects images, restores them, and says so to the box", async () => {
  const study = syntheticStudy({ studyInstanceUID: "2.25.9100" });
  const pacs = await startSandboxPacs({ studies: [study] });
  const notes: ReceivedNoteObject[] = [];
  const listener = createNoteListener({
    port: 0,
    host: "127.0.0.1",
    aeTitle: "DRIMBOX",
    allow: { callingAETitles: [pacs.aeTitle], addresses: ["127.0.0.1"] },
    onNote: async (received) => void notes.push(received),
  });
  const { host, port } = await listener.listen();
  const to = { host, port, aeTitle: "DRIMBOX" };
  const box = createPacs({ name: "PACS", host, port: pacs.port, aeTitle: pacs.aeTitle, callingAETitle: "DRIMBOX" });
  const listed = async () => {
    const found = await box.findStudy(study.studyInstanceUID);
    return found?.series.flatMap(({ instances }) => instances.map(({ sopInstanceUID }) => sopInstanceUID)).sort();
  };
  try {
    const everything = study.instances.map(({ sopInstanceUID }) => sopInstanceUID).sort();
    const [one = ""] = everything;
    const rejection = { title: TITLES["patient-safety"], to };
    expect(await pacs.reject(study.studyInstanceUID, { ...rejection, sopInstanceUIDs: [one] })).toBe(0);
    expect(await listed()).toEqual(everything.slice(1));
    expect(await pacs.reject(study.studyInstanceUID, rejection)).toBe(0);
    expect(await listed()).toBeUndefined();
    expect(await pacs.reject(study.studyInstanceUID, { title: TITLES.restored, to })).toBe(0);
    expect(await listed()).toEqual(everything);
    const said = notes.map(({ note }) => [
      note?.reason,
      note?.studies.flatMap(({ series }) => series.flatMap(({ instances }) => instances)).length,
    ]);
    expect(said).toEqual([
      ["patient-safety", 1],
      ["patient-safety", everything.length],
      ["restored", everything.length],
    ]);
  } finally {
    await listener.close();
    await pacs.stop();
  }
});
