import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TransferSyntaxes, writePart10 } from "../../appliance/dicom/index.ts";
import {
  type Handlers,
  requestAssociation,
  type ServerOptions,
  Status,
  Verification,
} from "../../appliance/dimse/index.ts";
import { syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { corpusFiles, dataSetBytes } from "../support/corpus.ts";
import { run, startStorescp } from "../support/dicom-peers.ts";
import { EXPLICIT, IMPLICIT, startNode } from "../support/dimse.ts";
import { callParrot } from "../support/parrot.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";
import { testIdentities } from "../support/tls.ts";

// findscu, movescu and getscu against our SCP: tests/sandbox/pacs.test.ts.

const corpus = corpusFiles();

interface Arrived {
  readonly transferSyntax: string;
  readonly bytes: Buffer;
}

/** A node that accepts every class in every transfer syntax that is offered, and keeps what comes by SOP Instance UID. */
async function keeper(options: Partial<ServerOptions> = {}) {
  const arrived = new Map<string, Arrived>();
  const handlers: Handlers = {
    async store({ sopInstanceUID, transferSyntax }, data) {
      const pieces: Uint8Array[] = [];
      for await (const piece of data) pieces.push(piece);
      arrived.set(sopInstanceUID, { transferSyntax, bytes: Buffer.concat(pieces) });
      return Status.success;
    },
  };
  const acceptContext: ServerOptions["acceptContext"] = (_abstractSyntax, offered) => {
    const transferSyntax = offered.find((uid) => TransferSyntaxes.has(uid));
    return transferSyntax === undefined ? { refused: "transfer syntaxes" } : { transferSyntax };
  };
  return { arrived, ...(await startNode(handlers, { acceptContext, ...options })) };
}

describe.skipIf(sharedSamples() === undefined)("our SCU to our SCP (skipped when ../shared is absent)", () => {
  it("carries every file of the corpus in its own transfer syntax, byte for byte", async () => {
    const { arrived, server, port } = await keeper();
    const pairs = new Map(corpus.map((file) => [`${file.sopClassUID} ${file.transferSyntax}`, file]));
    const association = await requestAssociation({
      host: "127.0.0.1",
      port,
      callingAETitle: "A",
      calledAETitle: "B",
      presentationContexts: [...pairs.values()].map(({ sopClassUID, transferSyntax }) => ({
        abstractSyntax: sopClassUID,
        transferSyntaxes: [transferSyntax],
      })),
    });
    for (const file of corpus) {
      expect(await association.store({ ...file, data: file.dataSet })).toMatchObject({ status: 0 });
      const { transferSyntax, bytes } = arrived.get(file.sopInstanceUID) as Arrived;
      expect([file.name, transferSyntax]).toEqual([file.name, file.transferSyntax]);
      expect(bytes.equals(Buffer.concat([file.dataSet, Buffer.alloc(file.dataSet.length % 2)]))).toBe(true);
    }
    await association.release();
    await server.close();
  });
});

describe.skipIf(!hasCommand("storescu"))("DCMTK to our SCP (skipped when DCMTK is absent)", () => {
  it("echoscu is answered, and told when it is not welcome", async () => {
    const open = await keeper();
    expect(await run("echoscu", ["127.0.0.1", String(open.port)])).toMatchObject({ code: 0 });
    expect(await run("echoscu", ["--repeat", "20", "127.0.0.1", String(open.port)])).toMatchObject({ code: 0 });
    await open.server.close();
    const strict = await keeper({ aeTitles: ["DRIMBOX"], allow: { callingAETitles: ["PACS"], addresses: "any" } });
    const called = await run("echoscu", ["-aet", "PACS", "-aec", "OTHER", "127.0.0.1", String(strict.port)]);
    expect(called.output).toContain("Called AE Title Not Recognized");
    const calling = await run("echoscu", ["-aet", "OTHER", "-aec", "DRIMBOX", "127.0.0.1", String(strict.port)]);
    expect(calling.output).toContain("Calling AE Title Not Recognized");
    const right = await run("echoscu", ["-aet", "PACS", "-aec", "DRIMBOX", "127.0.0.1", String(strict.port)]);
    expect(right.code).toBe(0);
    await strict.server.close();
  });

  it("echoscu is told to come later when there is no room", async () => {
    const { server, port } = await keeper({ limits: { associations: 1, associationsPerAddress: 1 } });
    const held = await requestAssociation({
      host: "127.0.0.1",
      port,
      callingAETitle: "A",
      calledAETitle: "B",
      presentationContexts: [{ abstractSyntax: Verification, transferSyntaxes: [IMPLICIT] }],
    });
    const { code, output } = await run("echoscu", ["127.0.0.1", String(port)]);
    expect(code).not.toBe(0);
    expect(output).toContain("Local Limit Exceeded");
    await held.release();
    await server.close();
  });

  it.skipIf(sharedSamples() === undefined)("dcmsend and storescu bring the bytes that storescp gets", async () => {
    const { arrived, server, port } = await keeper();
    const storescp = await startStorescp();
    const files = corpus.filter((file) => !/4\.20\d$/.test(file.transferSyntax)).map((file) => file.path);
    for (const target of [port, storescp.port]) {
      const { code } = await run("dcmsend", ["-dn", "-nuc", "-nh", "127.0.0.1", String(target), ...files]);
      expect(code).toBe(0);
    }
    // Of a data set without SOP Instance UID dcmsend makes a request without one: storescp takes it, we do not.
    const names = (await readdir(storescp.folder)).filter((name) => !name.startsWith("UNKNOWN"));
    expect(names.length).toBeGreaterThan(20);
    const different: string[] = [];
    for (const name of names) {
      const bytes = dataSetBytes(await readFile(join(storescp.folder, name)));
      const ours = [...arrived].find(([uid]) => name.endsWith(`.${uid}`))?.[1];
      if (ours?.bytes.equals(bytes) !== true) different.push(name);
    }
    expect(different).toEqual([]);
    const file = corpus.find((one) => one.transferSyntax === EXPLICIT);
    arrived.clear();
    expect(await run("storescu", ["-R", "127.0.0.1", String(port), file?.path ?? ""])).toMatchObject({ code: 0 });
    expect(arrived.size).toBe(1);
    await storescp.stop();
    await server.close();
  });

  it.each([4_096, 16_384, 131_072])("storescu brings a CT image in PDUs of at most %i bytes", async (maximumLength) => {
    const { arrived, server, port } = await keeper({ limits: { maximumLength } });
    const folder = await mkdtemp(join(tmpdir(), "pdu-"));
    const [instance] = syntheticStudy({ series: [{ kind: "CT", size: 512 }] }).instances;
    if (instance === undefined) throw new Error("no instance");
    const file = join(folder, "ct.dcm");
    await writeFile(file, writePart10(instance));
    const size = String(maximumLength);
    const sent = await run("storescu", ["-pdu", size, "--max-send-pdu", size, "127.0.0.1", String(port), file]);
    expect(sent.code).toBe(0);
    expect(arrived.get(instance.sopInstanceUID)?.bytes.length).toBeGreaterThan(524_288);
    await rm(folder, { recursive: true });
    await server.close();
  });
});

describe.skipIf(!hasCommand("storescu"))("DCMTK to our SCP over TLS (skipped when DCMTK is absent)", () => {
  const identities = testIdentities("server", "client", "stranger");
  let node: Awaited<ReturnType<typeof keeper>>;
  beforeAll(async () => {
    const { server, client } = identities;
    const tls = { cert: server.cert, key: server.key, ca: client.cert, requestCert: true };
    node = await keeper({ tls, limits: { artim: 500 } });
  });
  afterAll(async () => {
    await node.server.close();
    identities.remove();
  });

  const echo = (who: "client" | "stranger", trusted: "server" | "stranger") => {
    const identity = identities[who];
    const tls = ["+tls", identity.keyFile, identity.certificateFile, "+cf", identities[trusted].certificateFile];
    return run("echoscu", [...tls, "127.0.0.1", String(node.port)]);
  };

  it("echoscu with the right certificate is answered", async () => {
    expect((await echo("client", "server")).code).toBe(0);
  });

  it("echoscu with another certificate, or without TLS, is not, and the next one is", async () => {
    expect((await echo("stranger", "server")).code).not.toBe(0);
    expect((await echo("client", "stranger")).code).not.toBe(0);
    expect((await run("echoscu", ["-ta", "3", "127.0.0.1", String(node.port)])).code).not.toBe(0);
    expect((await echo("client", "server")).code).toBe(0);
  });

  it("a connection that never shakes hands is closed", async () => {
    const silent = await callParrot(node.port);
    const start = Date.now();
    await silent.closed();
    expect(Date.now() - start).toBeLessThan(3_000);
    expect((await echo("client", "server")).code).toBe(0);
  });
});
