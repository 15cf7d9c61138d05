import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ExplicitVRLittleEndian, readFileHeader, Tags, writePart10 } from "../../appliance/dicom/index.ts";
import {
  type Pacs,
  type PacsOptions,
  probePacs,
  type RetrieveMethod,
  type StorageListener,
  testSpeed,
} from "../../appliance/pacs/index.ts";
import { type SyntheticStudy, syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { type DicomPeer, freePort, run, startDcmqrscp, startOrthanc } from "../support/dicom-peers.ts";
import { eventually } from "../support/dimse.ts";
import { hasCommand } from "../support/peers.ts";
import { digests, EXPLICIT, receiving, retrieveFrom, seriesOf } from "./retrieving.ts";

const JPEG_LS = "1.2.840.10008.1.2.4.80";
const DICOMWEB = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so";

const plain = syntheticStudy({ series: [{ kind: "CT", images: 30 }, { kind: "SR" }] });
const compressed = syntheticStudy({ patientID: "P0002", series: [{ kind: "CT", images: 5 }] });

/** SHA-256 of the compressed data sets as they were archived, by SOP Instance UID. */
const archived = new Map<string, string>();

/** Sends the two studies to a PACS with DCMTK's tools, the second one in JPEG-LS. */
async function fill(peer: DicomPeer): Promise<void> {
  for (const [study, compress] of [
    [plain, false],
    [compressed, true],
  ] as const) {
    const folder = await mkdtemp(join(tmpdir(), "retrieve-"));
    try {
      for (const [index, { dataSet }] of study.instances.entries()) {
        await writeFile(join(folder, `${index}.dcm`), writePart10({ dataSet, transferSyntax: ExplicitVRLittleEndian }));
      }
      if (compress) await compressAll(folder);
      const syntax = compress ? ["-xt"] : [];
      const to = ["-aec", peer.aeTitle, "+sd", peer.host, String(peer.port), folder];
      const { code, output } = await run("storescu", [...syntax, ...to]);
      if (code !== 0) throw new Error(`storescu: ${output}`);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
}

async function compressAll(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    const { code, output } = await run("dcmcjpls", ["+un", file, file]);
    if (code !== 0) throw new Error(`dcmcjpls: ${output}`);
    const bytes = await readFile(file);
    const { dataSet, meta } = await readFileHeader(one(bytes));
    const start = 132 + 12 + (meta.integer(Tags.FileMetaInformationGroupLength) ?? 0);
    const digest = createHash("sha256").update(bytes.subarray(start)).digest("hex");
    archived.set(dataSet.string(Tags.SOPInstanceUID) ?? "", `${digest} ${JPEG_LS}`);
  }
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

interface Peer {
  readonly name: string;
  readonly command: string;
  start(port: number): Promise<DicomPeer & { readonly url?: string }>;
  readonly methods: readonly RetrieveMethod[];
  /** Whether it gives what it keeps compressed to who takes no compression. */
  readonly converts: boolean;
}

const SV1 = "JPEG Lossless, Non-Hierarchical, First-Order Prediction";
const JPEG_2000 = "1.2.840.10008.1.2.4.90";
const destination = (port: number) => ({ aeTitle: "DRIMBOX_STORE", host: "127.0.0.1", port });

const PEERS: readonly Peer[] = [
  {
    name: "DCMTK dcmqrscp",
    command: "dcmqrscp",
    start: (port) => startDcmqrscp({ destinations: [destination(port)], args: ["+xt", "-xt"] }),
    methods: ["c-get", "c-move"],
    converts: false,
  },
  {
    name: "Orthanc",
    command: "Orthanc",
    start: (port) =>
      startOrthanc({
        destinations: [destination(port)],
        settings: {
          DicomAlwaysAllowFind: true,
          ...(existsSync(DICOMWEB) && { Plugins: [DICOMWEB], DicomWeb: { Enable: true, Root: "/dicom-web/" } }),
        },
      }),
    methods: ["c-get", "c-move", ...(existsSync(DICOMWEB) ? (["wado-rs"] as const) : [])],
    converts: true,
  },
];

for (const { name, command, start, methods, converts } of PEERS) {
  const tools = [command, "storescu", "dcmcjpls"];
  describe.skipIf(!tools.every(hasCommand))(`${name} (skipped when it is not installed)`, () => {
    let peer: DicomPeer & { readonly url?: string };
    let storage: StorageListener;
    let pacsWith: (changes: Partial<PacsOptions>) => Pacs;
    beforeAll(async () => {
      const port = await freePort();
      peer = await start(port);
      await fill(peer);
      ({ storage, pacsWith } = await receiving(peer, methods, { port }));
    }, 60_000);
    afterAll(async () => {
      await storage?.close();
      await peer?.stop();
    });

    const by = (method: RetrieveMethod, moveOriginator = true) =>
      pacsWith({
        profile: { retrieve: [method], moveDestination: "DRIMBOX_STORE", moveOriginator },
        timeouts: { response: 20_000, network: 5_000 },
        ...(peer.url !== undefined && { wado: { baseUrl: `${peer.url}/dicom-web` } }),
      });
    const quiet = () => eventually(() => storage.moves.size === 0 && storage.associations === 0);
    const wanted = (study: SyntheticStudy) => seriesOf(study).expected.map(({ sopInstanceUID }) => sopInstanceUID);

    it.each(methods)("sends a series by %s, and names its moves", async (method) => {
      const { stored, outcome, code } = await retrieveFrom(by(method), plain);
      expect([code, outcome?.method, outcome?.received]).toEqual([undefined, method, 30]);
      expect([...stored.keys()].toSorted()).toEqual(wanted(plain).toSorted());
      if (!converts) expect(stored).toEqual(new Map([...digests(plain)].toSorted()));
      await quiet();
    });

    it("is measured in each way, and what it converts is told", async () => {
      const pacs = pacsWith({
        profile: { retrieve: [...methods], moveDestination: "DRIMBOX_STORE", moveOriginator: true },
        timeouts: { response: 20_000, network: 5_000 },
        ...(peer.url !== undefined && { wado: { baseUrl: `${peer.url}/dicom-web` } }),
      });
      const { studyInstanceUID, seriesInstanceUID, expected: instances } = seriesOf(compressed);
      const series = [{ seriesInstanceUID, modality: "CT", instances }];
      const study = { studyInstanceUID, series, patientID: "P0002", accessionNumber: "", pacs: "Archive" };
      const { speeds, findings } = await testSpeed({ pacs, study, signal: new AbortController().signal });
      const kept = speeds.filter(({ syntaxes }) => syntaxes["JPEG-LS Lossless"] === 5).map(({ method }) => method);
      expect(kept).toEqual(["c-get", "c-move"]);
      // By WADO-RS Orthanc does what it is asked first, whatever it keeps.
      const others = speeds.filter(({ method }) => !kept.includes(method)).map(({ syntaxes }) => syntaxes);
      expect(others).toEqual(methods.slice(2).map(() => ({ [SV1]: 5 })));
      const told = findings.map(({ code }) => code).filter((code) => !["SPEED_ENOUGH", "SPEED_UNSURE"].includes(code));
      expect(told).toEqual(others.map(() => "SPEED_CONVERTED"));
      await quiet();
    });

    it.each(methods)("sends some of its instances by %s", async (method) => {
      const sopInstanceUIDs = wanted(plain).slice(10, 14);
      const { stored, code } = await retrieveFrom(by(method), plain, { sopInstanceUIDs });
      expect([code, [...stored.keys()].toSorted()]).toEqual([undefined, sopInstanceUIDs.toSorted()]);
      await quiet();
    });

    it.each(methods)("sends what it keeps in JPEG-LS as it is by %s, to who takes it", async (method) => {
      const { stored } = await retrieveFrom(by(method), compressed, { transferSyntaxes: [JPEG_LS, EXPLICIT] });
      expect(stored.size).toBe(5);
      for (const digest of stored.values()) expect(digest).toMatch(new RegExp(`${JPEG_LS}$`));
      if (!converts) expect(new Map([...stored].toSorted())).toEqual(new Map([...archived].toSorted()));
    });

    it.each(methods)("converts it or says that it does not, by %s, to who takes no compression", async (method) => {
      const { stored, code } = await retrieveFrom(by(method), compressed);
      expect([code, stored.size]).toEqual(converts ? [undefined, 5] : ["PACS_SYNTAX_UNAVAILABLE", 0]);
      await quiet();
    });

    it("is searched for what it keeps in JPEG-LS: its classes are known, from its answers or from the headers", async () => {
      const found = await by("c-get").findStudy(compressed.studyInstanceUID);
      const classes = found?.series.flatMap(({ instances }) => instances.map(({ sopClassUID }) => sopClassUID));
      expect(classes).toEqual(compressed.instances.map(({ sopClassUID }) => sopClassUID));
      await quiet();
    });

    // By WADO-RS Orthanc says 500: it may be anything.
    const dimse = methods.filter((method) => method !== "wado-rs");
    it.each(dimse)("says that it has no such compression, by %s, to who takes nothing else", async (method) => {
      const { stored, code } = await retrieveFrom(by(method), plain, { transferSyntaxes: [JPEG_2000] });
      expect([code, stored.size]).toEqual(["PACS_SYNTAX_UNAVAILABLE", 0]);
      await quiet();
    });

    it.each(methods)("says that it does not have a series, asked by %s: it is gone", async (method) => {
      const unknown = syntheticStudy({ series: [{ kind: "CT", images: 2 }] });
      expect(await retrieveFrom(by(method), unknown)).toMatchObject({ code: "PACS_GONE" });
      const lost = { ...seriesOf(plain), expected: [{ sopClassUID: "1.2.3", sopInstanceUID: "1.2.3.4" }] };
      expect(await retrieveFrom(by(method), plain, { ...lost, sopInstanceUIDs: ["1.2.3.4"] })).toMatchObject({
        code: "PACS_GONE",
      });
      await quiet();
    });

    it.each(methods)("stops when it is told to, by %s, and goes on with the next", async (method) => {
      const leave = new AbortController();
      let taken = 0;
      const { code } = await retrieveFrom(by(method), plain, {
        signal: leave.signal,
        async store(_instance, data) {
          for await (const _ of data);
          taken += 1;
          if (taken === 3) leave.abort();
        },
      });
      expect(code).toBe("PACS_CANCELLED");
      await quiet();
      expect((await retrieveFrom(by(method), plain)).outcome).toMatchObject({ received: 30 });
    });

    it("is found out by a probe: the ways that work, the name of the move, what it keeps and converts", async () => {
      const { host, port, aeTitle } = peer;
      const { profile, findings } = await probePacs({
        ...{ name: "Archive", host, port, aeTitle, callingAETitle: "DRIMBOX", storage },
        profile: { moveDestination: "DRIMBOX_STORE" },
        ...(peer.url !== undefined && { wado: { baseUrl: `${peer.url}/dicom-web` } }),
        // dcmqrscp does not give the classes, and converts no header to read them in.
        studyInstanceUID: (converts ? compressed : plain).studyInstanceUID,
      });
      expect(profile).toMatchObject({ retrieve: methods, moveOriginator: true });
      const codes = findings.map(({ code }) => code);
      expect(codes).toEqual(expect.arrayContaining(["PROBE_MOVE_NAMED", ...(converts ? ["PROBE_CONVERTS"] : [])]));
    });

    it("keeps ten requests at once apart, whatever the method", async () => {
      const asked = Array.from({ length: 10 }, (_, index) => methods[index % methods.length] as RetrieveMethod);
      const all = await Promise.all(asked.map((method) => retrieveFrom(by(method), plain)));
      expect(all.map(({ outcome, code }) => [code, outcome?.received])).toEqual(asked.map(() => [undefined, 30]));
      await quiet();
    });
  });
}
