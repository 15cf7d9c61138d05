import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNoteListener, type NoteListener, type ReceivedNoteObject } from "../../appliance/pacs/index.ts";
import { buildRejectionNote, TITLES } from "../../scripts/sandbox/rejection-note.ts";
import { type OrthancPeer, startOrthanc } from "../support/dicom-peers.ts";
import { hasCommand } from "../support/peers.ts";

const CT = "1.2.840.10008.5.1.4.1.1.2";

describe.skipIf(!hasCommand("Orthanc"))("Orthanc as a change requester (skipped when it is not installed)", () => {
  const notes: ReceivedNoteObject[] = [];
  let full = false;
  let listener: NoteListener;
  let orthanc: OrthancPeer;

  beforeAll(async () => {
    listener = createNoteListener({
      port: 0,
      host: "127.0.0.1",
      aeTitle: "DRIMBOX",
      allow: { callingAETitles: ["ORTHANC"], addresses: ["127.0.0.1"] },
      onNote: async (received) => {
        if (full) throw new Error("disk full");
        notes.push(received);
      },
    });
    const { host, port } = await listener.listen();
    orthanc = await startOrthanc({ destinations: [{ aeTitle: "DRIMBOX", host, port }] });
  });
  afterAll(async () => {
    await orthanc.stop();
    await listener.close();
  });

  const post = (path: string, body: Uint8Array | string) => fetch(`${orthanc.url}${path}`, { method: "POST", body });

  /** Archives the document and has it sent to us; true when Orthanc holds it for delivered. */
  async function forwarded(bytes: Uint8Array): Promise<boolean> {
    const { ID: id } = (await (await post("/instances", bytes)).json()) as { ID: string };
    return (await post("/modalities/DRIMBOX/store", id)).ok;
  }

  it("archives our sandbox's note and forwards it; it learns when it was not kept, and sends it again", async () => {
    const instances = [{ sopClassUID: CT, sopInstanceUID: "2.25.9201.1.1" }];
    const { bytes, sopInstanceUID } = buildRejectionNote({
      title: TITLES["patient-safety"],
      studyInstanceUID: "2.25.9201",
      evidence: [{ seriesInstanceUID: "2.25.9201.1", instances }],
    });
    full = true;
    expect(await forwarded(bytes)).toBe(false);
    full = false;
    expect(await forwarded(bytes)).toBe(true);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatchObject({
      callingAETitle: "ORTHANC",
      note: {
        sopInstanceUID,
        reason: "patient-safety",
        studies: [{ studyInstanceUID: "2.25.9201", series: [{ seriesInstanceUID: "2.25.9201.1", instances }] }],
      },
    });
  });
});
