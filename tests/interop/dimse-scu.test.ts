import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataSet, encodeDataSet, Tags } from "../../appliance/dicom/index.ts";
import { type Association, requestAssociation, StudyRoot, Verification } from "../../appliance/dimse/index.ts";
import { syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { corpusFiles, dataSetBytes } from "../support/corpus.ts";
import { type DicomPeer, startDcmqrscp, startOrthanc, startStorescp } from "../support/dicom-peers.ts";
import { CT_IMAGE, EXPLICIT, IMPLICIT } from "../support/dimse.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";
import { testIdentities } from "../support/tls.ts";

const corpus = corpusFiles();

/** Each SOP class in each of its transfer syntaxes, as its own context. */
function contextsOf(files: readonly { sopClassUID: string; transferSyntax: string }[]) {
  const pairs = new Set(files.map((file) => `${file.sopClassUID} ${file.transferSyntax}`));
  return [...pairs].map((pair) => {
    const [abstractSyntax = "", transferSyntax = ""] = pair.split(" ");
    return { abstractSyntax, transferSyntaxes: [transferSyntax] };
  });
}

describe.skipIf(!hasCommand("storescp") || sharedSamples() === undefined)(
  "our SCU to DCMTK storescp (skipped when DCMTK or ../shared is absent)",
  () => {
    let peer: DicomPeer;
    let association: Association;
    beforeAll(async () => {
      peer = await startStorescp();
      association = await requestAssociation({
        host: peer.host,
        port: peer.port,
        callingAETitle: "DRIMBOX",
        calledAETitle: peer.aeTitle,
        presentationContexts: contextsOf(corpus),
      });
    });
    afterAll(async () => {
      await association.release();
      await peer.stop();
    });

    it.each(corpus)("$name arrives byte for byte", async (file) => {
      // Newer than DCMTK 3.6.7.
      if (!association.accepts(file.sopClassUID, file.transferSyntax))
        return expect(file.transferSyntax).toMatch(/4\.20\d$/);
      const { size } = await stat(file.path);
      const data = createReadStream(file.path, { start: size - file.dataSet.length, highWaterMark: 1_000 });
      expect(await association.store({ ...file, data })).toMatchObject({ category: "success" });
      const stored = (await readdir(peer.folder)).find((name) => name.endsWith(file.sopInstanceUID));
      const received = dataSetBytes(await readFile(join(peer.folder, stored ?? "")));
      const padding = Buffer.alloc(file.dataSet.length % 2);
      expect(received.equals(Buffer.concat([file.dataSet, padding]))).toBe(true);
    });
  },
);

describe.each([
  ["DCMTK dcmqrscp", "dcmqrscp", startDcmqrscp],
  ["Orthanc", "Orthanc", startOrthanc],
] as const)("our SCU with %s", (_, binary, start) => {
  describe.skipIf(!hasCommand(binary) || !hasCommand("storescp"))("(skipped when it or DCMTK is absent)", () => {
    let destination: DicomPeer;
    let peer: DicomPeer;
    const study = syntheticStudy({ series: [{ kind: "CT", images: 5 }, { kind: "SR" }] });
    const classes = [...new Set(study.instances.map((one) => one.sopClassUID))];
    const identifier = () =>
      new DataSet()
        .set(Tags.QueryRetrieveLevel, "CS", "STUDY")
        .set(Tags.StudyInstanceUID, "UI", study.studyInstanceUID);
    const question = () => identifier().set(Tags.AccessionNumber, "SH", "").set(Tags.PatientName, "PN", "");
    const open = () =>
      requestAssociation({
        host: peer.host,
        port: peer.port,
        callingAETitle: "DRIMBOX",
        calledAETitle: peer.aeTitle,
        presentationContexts: [
          ...[Verification, ...Object.values(StudyRoot)].map((abstractSyntax) => ({
            abstractSyntax,
            transferSyntaxes: [EXPLICIT, IMPLICIT],
          })),
          ...classes.map((abstractSyntax) => ({ abstractSyntax, transferSyntaxes: [EXPLICIT], scp: true })),
        ],
      });

    beforeAll(async () => {
      destination = await startStorescp({ aeTitle: "DEST" });
      peer = await start({ destinations: [{ aeTitle: "DEST", host: destination.host, port: destination.port }] });
    });
    afterAll(async () => {
      await peer.stop();
      await destination.stop();
    });

    it("echoes, stores, finds, moves and gets, over one association", async () => {
      const association = await open();
      await association.echo();
      for (const instance of study.instances) {
        const data = encodeDataSet(instance.dataSet, instance.transferSyntax);
        expect(await association.store({ ...instance, data })).toMatchObject({ status: 0 });
      }
      const found: DataSet[] = [];
      for await (const one of association.find({ sopClassUID: StudyRoot.find, identifier: question() }))
        found.push(one);
      expect(found.map((one) => [one.string(Tags.AccessionNumber), one.string(Tags.PatientName)])).toEqual([
        ["ACC-26-0001", "ESSAI-MARTIN^LUCIE"],
      ]);
      const progress: number[] = [];
      const moved = await association.move({
        sopClassUID: StudyRoot.move,
        identifier: identifier(),
        destination: "DEST",
        onProgress: ({ completed }) => progress.push(completed ?? 0),
      });
      expect(moved).toMatchObject({ category: "success", counts: { completed: 6, failed: 0 } });
      expect(progress.length).toBeGreaterThan(0);
      expect(await readdir(destination.folder)).toHaveLength(6);
      const got: string[] = [];
      const gotten = await association.get({
        sopClassUID: StudyRoot.get,
        identifier: identifier(),
        async store(request, data) {
          for await (const _piece of data);
          got.push(request.sopInstanceUID);
          return 0;
        },
      });
      expect(gotten.counts.completed).toBe(6);
      expect(got.sort()).toEqual(study.instances.map((one) => one.sopInstanceUID).sort());
      await association.release();
    });

    it("is told what is not there, what is not known and what was left early", async () => {
      const association = await open();
      const nobody = new DataSet()
        .set(Tags.QueryRetrieveLevel, "CS", "STUDY")
        .set(Tags.StudyInstanceUID, "UI", "2.25.404");
      for await (const _one of association.find({ sopClassUID: StudyRoot.find, identifier: nobody })) {
        throw new Error("nothing was to be found");
      }
      const elsewhere = { sopClassUID: StudyRoot.move, identifier: identifier(), destination: "NOBODY" };
      await expect(association.move(elsewhere)).rejects.toMatchObject({ retry: "human" });
      const all = new DataSet().set(Tags.QueryRetrieveLevel, "CS", "STUDY").set(Tags.StudyInstanceUID, "UI", "");
      for await (const _one of association.find({ sopClassUID: StudyRoot.find, identifier: all })) break;
      await association.echo();
      await association.release();
    });

    it.skipIf(binary !== "dcmqrscp")("is told when the called AE title is wrong", async () => {
      await expect(
        requestAssociation({
          host: peer.host,
          port: peer.port,
          callingAETitle: "DRIMBOX",
          calledAETitle: "WRONG",
          presentationContexts: [{ abstractSyntax: StudyRoot.find, transferSyntaxes: [IMPLICIT] }],
        }),
      ).rejects.toMatchObject({ code: "DIMSE_REJECTED" });
    });
  });
});

describe.skipIf(!hasCommand("storescp"))("our SCU over TLS (skipped when DCMTK is absent)", () => {
  const identities = testIdentities("client", "server", "stranger");
  afterAll(() => identities.remove());

  it("stores to a storescp that wants our certificate, and refuses one that is not his", async () => {
    const { client, server, stranger } = identities;
    const args = ["+tls", server.keyFile, server.certificateFile, "+cf", client.certificateFile];
    const peer = await startStorescp({ args });
    const open = (tls: { ca: string; cert: string; key: string }) =>
      requestAssociation({
        host: peer.host,
        port: peer.port,
        callingAETitle: "DRIMBOX",
        calledAETitle: peer.aeTitle,
        presentationContexts: [{ abstractSyntax: CT_IMAGE, transferSyntaxes: [EXPLICIT] }],
        tls,
        timeouts: { association: 5_000 },
      });
    const association = await open({ ca: server.cert, cert: client.cert, key: client.key });
    const [instance] = syntheticStudy({ series: [{ kind: "CT", size: 512 }] }).instances;
    if (instance === undefined) throw new Error("no instance");
    const data = encodeDataSet(instance.dataSet, EXPLICIT);
    expect(await association.store({ ...instance, data })).toMatchObject({ status: 0 });
    await association.release();
    // A server of another authority, and a client that the server does not know.
    await expect(open({ ca: stranger.cert, cert: client.cert, key: client.key })).rejects.toMatchObject({
      code: "DIMSE_TLS_FAILED",
    });
    await expect(open({ ca: server.cert, cert: stranger.cert, key: stranger.key })).rejects.toMatchObject({
      code: "DIMSE_TLS_FAILED",
    });
    await peer.stop();
  });
});
