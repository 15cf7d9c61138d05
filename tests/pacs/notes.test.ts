import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Logger, silent } from "../../appliance/base/index.ts";
import {
  type DataSet,
  DeflatedExplicitVRLittleEndian,
  ExplicitVRBigEndian,
  ExplicitVRLittleEndian,
  encodeDataSet,
  ImplicitVRLittleEndian,
  readPart10,
  Tags,
} from "../../appliance/dicom/index.ts";
import { requestAssociation, Verification } from "../../appliance/dimse/index.ts";
import { createNoteListener, type NoteListenerOptions, type ReceivedNoteObject } from "../../appliance/pacs/index.ts";
import { buildRejectionNote, TITLES, type WrittenNote } from "../../scripts/sandbox/rejection-note.ts";
import { run } from "../support/dicom-peers.ts";
import { eventually } from "../support/dimse.ts";
import { associateRq, callParrot, command, pData } from "../support/parrot.ts";
import { hasCommand } from "../support/peers.ts";
import { testIdentities } from "../support/tls.ts";

const KO = "1.2.840.10008.5.1.4.1.1.88.59";
const CT = "1.2.840.10008.5.1.4.1.1.2";
const STUDY = "2.25.9001";

const note = (changes: Partial<Parameters<typeof buildRejectionNote>[0]> = {}) =>
  buildRejectionNote({
    title: TITLES["wrong-worklist"],
    studyInstanceUID: STUDY,
    patientID: "IPP-SECRET",
    evidence: [{ seriesInstanceUID: `${STUDY}.1`, instances: [{ sopClassUID: CT, sopInstanceUID: `${STUDY}.1.1` }] }],
    ...changes,
  });

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

async function listener(options: Partial<NoteListenerOptions> = {}) {
  const notes: ReceivedNoteObject[] = [];
  const listening = createNoteListener({
    port: 0,
    host: "127.0.0.1",
    aeTitle: "DRIMBOX_IOCM",
    allow: { callingAETitles: ["ARCHIVE"], addresses: ["127.0.0.1"] },
    onNote: async (received) => void notes.push(received),
    ...options,
  });
  const { port } = await listening.listen();
  open.push(() => listening.close());
  return { notes, port, listening };
}

function associate(port: number, changes: Partial<Parameters<typeof requestAssociation>[0]> = {}) {
  return requestAssociation({
    host: "127.0.0.1",
    port,
    callingAETitle: "ARCHIVE",
    calledAETitle: "DRIMBOX_IOCM",
    presentationContexts: [
      { abstractSyntax: Verification, transferSyntaxes: [ImplicitVRLittleEndian.uid] },
      { abstractSyntax: KO, transferSyntaxes: [ExplicitVRLittleEndian.uid] },
      { abstractSyntax: CT, transferSyntaxes: [ExplicitVRLittleEndian.uid] },
    ],
    ...changes,
  });
}

/** Sends the note over an association of its own, as announced or as something else. */
async function send(port: number, { dataSet, sopInstanceUID, transferSyntax }: WrittenNote, announced = {}) {
  await using association = await associate(port, {
    presentationContexts: [{ abstractSyntax: KO, transferSyntaxes: [transferSyntax] }],
  });
  const data = encodeDataSet(dataSet, transferSyntax);
  const { status, comment } = await association.store({
    sopClassUID: KO,
    sopInstanceUID,
    transferSyntax,
    data,
    ...announced,
  });
  return { status, comment };
}

describe("a note that a PACS sends", () => {
  it("is handed on with what it says, who sent it, and its bytes as a file", async () => {
    const { port, notes } = await listener();
    const written = note();
    expect(await send(port, written)).toMatchObject({ status: 0 });
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatchObject({
      callingAETitle: "ARCHIVE",
      peer: "127.0.0.1",
      note: {
        reason: "wrong-worklist",
        sopInstanceUID: written.sopInstanceUID,
        studies: [{ studyInstanceUID: STUDY, series: [{ instances: [{ sopInstanceUID: `${STUDY}.1.1` }] }] }],
      },
    });
    const file = readPart10(notes[0]?.bytes ?? Buffer.alloc(0));
    expect(file.meta.string(Tags.MediaStorageSOPInstanceUID)).toBe(written.sopInstanceUID);
    expect(encodeDataSet(file.dataSet, ExplicitVRLittleEndian)).toEqual(
      encodeDataSet(written.dataSet, ExplicitVRLittleEndian),
    );
  });

  it.each([ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian])(
    "may come in $name, and is kept in it",
    async (transferSyntax) => {
      const { port, notes } = await listener();
      expect(await send(port, note({ transferSyntax }))).toMatchObject({ status: 0 });
      expect(notes[0]?.note?.reason).toBe("wrong-worklist");
      expect(readPart10(notes[0]?.bytes ?? Buffer.alloc(0)).transferSyntax.uid).toBe(transferSyntax.uid);
    },
  );

  it("of another kind is accepted and handed on, but says nothing", async () => {
    const { port, notes } = await listener();
    expect(await send(port, note({ title: TITLES["for-referring-provider"] }))).toMatchObject({ status: 0 });
    expect(notes.map((received) => received.note)).toEqual([undefined]);
  });

  it("of 100,000 instances is taken", async () => {
    const instances = Array.from({ length: 100_000 }, (_, index) => ({
      sopClassUID: CT,
      sopInstanceUID: `2.25.${10n ** 36n + BigInt(index)}`,
    }));
    const { port, notes } = await listener();
    const large = note({ evidence: [{ seriesInstanceUID: `${STUDY}.1`, instances }] });
    expect(await send(port, large)).toMatchObject({ status: 0 });
    expect(notes[0]?.note?.studies[0]?.series[0]?.instances).toHaveLength(100_000);
  });

  it("is answered only once it is kept", async () => {
    const { promise: kept, resolve } = Promise.withResolvers<void>();
    let asked = false;
    const { port } = await listener({
      onNote: async () => {
        asked = true;
        await kept;
      },
    });
    let answered = false;
    const sent = send(port, note()).finally(() => {
      answered = true;
    });
    await eventually(() => asked);
    expect(answered).toBe(false);
    resolve();
    expect(await sent).toMatchObject({ status: 0 });
  });

  it("that is not kept is asked for again, with no word about the patient", async () => {
    const said: unknown[] = [];
    const log: Logger = { ...silent, error: (...words) => said.push(words), warn: (...words) => said.push(words) };
    let full = true;
    const { port } = await listener({
      log,
      onNote: async () => {
        if (full) throw new Error("disk full for IPP-SECRET");
      },
    });
    expect(await send(port, note())).toEqual({ status: 0xa700, comment: undefined });
    expect(said.length).toBeGreaterThan(0);
    expect(JSON.stringify(said)).not.toContain("IPP-SECRET");
    full = false;
    expect(await send(port, note())).toMatchObject({ status: 0 });
  });
});

describe("a note that is refused", () => {
  const damaged = (change: (root: DataSet) => void): WrittenNote => {
    const written = note();
    change(written.dataSet);
    return written;
  };

  it.each<[string, WrittenNote, number, string]>([
    [
      "without the UID of a study",
      damaged((root) => {
        root.delete(Tags.CurrentRequestedProcedureEvidenceSequence);
        root.delete(Tags.ContentSequence);
        root.delete(Tags.StudyInstanceUID);
      }),
      0xc000,
      "KOS_NOTE_UNREADABLE (0020,000D)",
    ],
    ["of another class than announced", damaged((root) => root.set(Tags.SOPClassUID, "UI", CT)), 0xa900, "KOS_NOT_A_M"],
    [
      "of another instance than announced",
      damaged((root) => root.set(Tags.SOPInstanceUID, "UI", "2.25.1")),
      0xa900,
      "SOPInstanceUID",
    ],
  ])("%s: a reason, and no effect", async (_, written, status, comment) => {
    const { port, notes } = await listener();
    const answer = await send(port, written);
    expect(answer.status).toBe(status);
    expect(answer.comment).toContain(comment);
    expect(notes).toEqual([]);
  });

  it("bytes that are no data set: C000, with the code and the place", async () => {
    const { port, notes } = await listener();
    expect(await send(port, note(), { data: Buffer.from("08001600DUPONT^ANNE..", "latin1") })).toEqual({
      status: 0xc000,
      comment: expect.stringMatching(/^DICOM_\w+/),
    });
    expect(notes).toEqual([]);
  });

  it("beyond any size that makes sense", async () => {
    const { port, notes } = await listener();
    async function* endless() {
      for (let sent = 0; sent < 49; sent++) yield Buffer.alloc(1024 * 1024);
    }
    expect(await send(port, note(), { data: endless() })).toMatchObject({ status: 0xc000 });
    expect(notes).toEqual([]);
    expect(await send(port, note())).toMatchObject({ status: 0 });
  });
});

describe("who may come in", () => {
  it.each<[string, Partial<NoteListenerOptions>, object, string]>([
    ["an unknown title", {}, { callingAETitle: "STRANGER" }, "DIMSE_REJECTED"],
    ["a title that is not ours", {}, { calledAETitle: "DRIMBOX" }, "DIMSE_REJECTED"],
    [
      "an unknown address",
      { allow: { callingAETitles: ["ARCHIVE"], addresses: ["192.0.2.1"] } },
      {},
      "DIMSE_(ABORTED|UNREACHABLE)",
    ],
    ["nobody is configured", { allow: { callingAETitles: [], addresses: [] } }, {}, "DIMSE_(ABORTED|UNREACHABLE)"],
  ])("%s: refused", async (_, options, request, code) => {
    const { port } = await listener(options);
    await expect(associate(port, request)).rejects.toMatchObject({ code: expect.stringMatching(`^${code}$`) });
  });

  it("key objects and C-ECHO only: images are for the archive", async () => {
    const { port } = await listener();
    await using association = await associate(port);
    await association.echo();
    expect([Verification, KO, CT].map((uid) => association.accepts(uid))).toEqual([true, true, false]);
  });

  it("over TLS, with a certificate that both know", async () => {
    const { ours, theirs, remove } = testIdentities("ours", "theirs");
    try {
      const tls = { key: ours.key, cert: ours.cert, ca: [theirs.cert], requestCert: true, rejectUnauthorized: true };
      const { port } = await listener({ tls });
      const known = { key: theirs.key, cert: theirs.cert, ca: [ours.cert] };
      const association = await associate(port, { tls: known });
      await association.echo();
      await association.release();
      const stranger = async () => (await associate(port, { tls: { ca: [ours.cert] } })).echo();
      await expect(stranger()).rejects.toMatchObject({ code: expect.stringMatching(/^DIMSE_(TLS_FAILED|ABORTED)$/) });
    } finally {
      remove();
    }
  });
});

describe("many, and slow", () => {
  it("twenty PACS at once: none lost, those above the limit told to come later", async () => {
    const { port, notes } = await listener();
    const written = Array.from({ length: 20 }, () => note());
    const outcomes = await Promise.allSettled(written.map((one) => send(port, one)));
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") expect(outcome.value).toMatchObject({ status: 0 });
      else expect(outcome.reason).toMatchObject({ retry: "later" });
    }
    const kept = outcomes.filter(({ status }) => status === "fulfilled").length;
    expect(kept).toBeGreaterThanOrEqual(4);
    expect(notes).toHaveLength(kept);
  });

  it("two hundred notes over one association, none mixed with another", async () => {
    const { port, notes } = await listener();
    await using association = await associate(port);
    const written = Array.from({ length: 200 }, (_, index) => note({ studyInstanceUID: `2.25.${index + 1}` }));
    for (const { sopInstanceUID, dataSet } of written) {
      const data = encodeDataSet(dataSet, ExplicitVRLittleEndian);
      const request = { sopClassUID: KO, sopInstanceUID, transferSyntax: ExplicitVRLittleEndian.uid, data };
      expect((await association.store(request)).status).toBe(0);
    }
    expect(notes.map((one) => [one.note?.sopInstanceUID, one.note?.studies[0]?.studyInstanceUID])).toEqual(
      written.map(({ sopInstanceUID }, index) => [sopInstanceUID, `2.25.${index + 1}`]),
    );
  });

  it("a peer that stops in the middle of a note costs its association, and the note has no effect", async () => {
    const { port, notes } = await listener({ limits: { network: 100, artim: 100 } });
    const parrot = await callParrot(port);
    parrot.send(
      associateRq({ calling: "ARCHIVE", called: "DRIMBOX_IOCM", proposed: [[1, KO, [ExplicitVRLittleEndian.uid]]] }),
    );
    await parrot.expect(2);
    const request = command([0x0002, KO], [0x0100, 1], [0x0110, 1], [0x0700, 0], [0x0800, 0], [0x1000, "2.25.7"]);
    parrot.send(pData(1, { command: true, last: true }, request));
    parrot.send(pData(1, { command: false, last: false }, note().bytes.subarray(300, 400)));
    // A-ABORT, then the end.
    await parrot.expect(7);
    expect(await parrot.read()).toBeUndefined();
    expect(notes).toEqual([]);
    expect(await send(port, note())).toMatchObject({ status: 0 });
  });

  it("says where it listens, until it is closed", async () => {
    const { listening, port } = await listener();
    expect(listening.address()).toEqual({ host: "127.0.0.1", port });
    await listening.close();
    expect(listening.address()).toBeUndefined();
    await expect(associate(port)).rejects.toMatchObject({ code: "DIMSE_UNREACHABLE" });
  });
});

describe.skipIf(!hasCommand("storescu"))("DCMTK storescu (skipped when it is not installed)", () => {
  it.each([
    ["explicit", ["-xe"], "1.2.840.10008.1.2.1"],
    ["implicit", ["-xi"], "1.2.840.10008.1.2"],
    ["deflated", ["-xd"], "1.2.840.10008.1.2.1.99"],
  ])("sends a note in %s", async (_, option, transferSyntax) => {
    const { port, notes } = await listener();
    const folder = mkdtempSync(join(tmpdir(), "note-"));
    try {
      const written = note({ title: TITLES.restored });
      writeFileSync(join(folder, "note.dcm"), written.bytes);
      const titles = ["-aet", "ARCHIVE", "-aec", "DRIMBOX_IOCM"];
      const { code, output } = await run("storescu", [
        ...titles,
        ...option,
        "127.0.0.1",
        String(port),
        join(folder, "note.dcm"),
      ]);
      expect([code, output]).toEqual([0, expect.any(String)]);
      expect(notes[0]?.note).toMatchObject({ reason: "restored", sopInstanceUID: written.sopInstanceUID });
      expect(readPart10(notes[0]?.bytes ?? Buffer.alloc(0)).transferSyntax.uid).toBe(transferSyntax);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
