import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ExplicitVRLittleEndian,
  ImplicitVRLittleEndian,
  Tags,
  type TransferSyntax,
  writePart10,
} from "../../appliance/dicom/index.ts";
import { createMultipart, parseAccept } from "../../appliance/dicomweb/index.ts";
import type { PacsOptions } from "../../appliance/pacs/index.ts";
import { type SandboxPacs, startSandboxPacs } from "../../scripts/sandbox/pacs.ts";
import { type SyntheticInstance, syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { eventually } from "../support/dimse.ts";
import { testIdentities } from "../support/tls.ts";
import { digests, EXPLICIT, receiving, retrieveFrom, seriesOf } from "./retrieving.ts";

const study = syntheticStudy({ series: [{ kind: "CT", images: 8, size: 200 }] });
const other = syntheticStudy({ patientID: "P0002", series: [{ kind: "CT", images: 2 }] });
const { seriesInstanceUID, expected } = seriesOf(study);
const SERIES = `/dicom-web/studies/${study.studyInstanceUID}/series/${seriesInstanceUID}`;

const fileOf = ({ dataSet }: SyntheticInstance, transferSyntax: TransferSyntax = ExplicitVRLittleEndian) =>
  writePart10({ dataSet, transferSyntax });

/** A body of these files, whole or without its end. */
function multipart(instances: readonly SyntheticInstance[], whole = true, transferSyntax?: TransferSyntax) {
  const writer = createMultipart({ type: "application/dicom" });
  const parts = instances.flatMap((one) => [writer.part("application/dicom"), fileOf(one, transferSyntax)]);
  return { contentType: writer.contentType, body: Buffer.concat([...parts, ...(whole ? [writer.end] : [])]) };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

function answer(instances: readonly SyntheticInstance[], whole = true, transferSyntax?: TransferSyntax): Handler {
  return (_request, response) => {
    const { contentType, body } = multipart(instances, whole, transferSyntax);
    response.writeHead(200, { "content-type": contentType });
    response.end(body);
  };
}

const status =
  (code: number): Handler =>
  (_request, response) =>
    void response.writeHead(code).end("no");

let archive: SandboxPacs;
beforeAll(async () => {
  archive = await startSandboxPacs({ studies: [study] });
});
afterAll(() => archive.stop());

/** The PACS of the sandbox with a DICOMweb server that does as it is told, and its client. */
async function served(handler: Handler, changes: Partial<PacsOptions> = {}, tls?: TlsOptions) {
  const requests: { readonly url: string; readonly headers: IncomingMessage["headers"] }[] = [];
  const sockets = new Set<Socket>();
  const listener: Handler = (request, response) => {
    requests.push({ url: request.url ?? "", headers: request.headers });
    handler(request, response);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const { storage, pacsWith } = await receiving(archive, ["wado-rs"]);
  await storage.close();
  const baseUrl = `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}/dicom-web/`;
  const pacs = pacsWith({ ...changes, wado: { ...changes.wado, baseUrl } });
  return {
    pacs,
    requests,
    quiet: () => eventually(() => sockets.size === 0 && archive.associations === 0),
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

describe("a series that is had by WADO-RS of the PACS", () => {
  it("comes whole, without the meta information of its files, and nothing stays open", async () => {
    await using at = await served(answer(study.instances));
    const { stored, outcome } = await retrieveFrom(at.pacs, study);
    expect(stored).toEqual(digests(study));
    expect(outcome).toMatchObject({ method: "wado-rs", received: 8 });
    expect(at.requests.map(({ url }) => url)).toEqual([SERIES]);
    await at.quiet();
  });

  it("may be some of its instances only, one by one, each a body of its own", async () => {
    const sopInstanceUIDs = expected.slice(2, 4).map(({ sopInstanceUID }) => sopInstanceUID);
    await using at = await served(({ url }, response) => {
      const wanted = study.instances.filter(({ sopInstanceUID }) => url?.endsWith(`/instances/${sopInstanceUID}`));
      response.writeHead(200, { "content-type": "application/dicom" });
      response.end(fileOf(wanted[0] as SyntheticInstance));
    });
    const { stored } = await retrieveFrom(at.pacs, study, { sopInstanceUIDs });
    expect([...stored.keys()]).toEqual(sopInstanceUIDs);
    expect(at.requests.map(({ url }) => url)).toEqual(sopInstanceUIDs.map((uid) => `${SERIES}/instances/${uid}`));
  });

  it("is asked for in the syntaxes of the request, the best first; Implicit VR does not exist there", async () => {
    await using at = await served(answer(study.instances));
    const transferSyntaxes = ["1.2.840.10008.1.2.4.80", EXPLICIT];
    await retrieveFrom(at.pacs, study, { transferSyntaxes, anySyntax: true });
    const ranges = parseAccept([at.requests[0]?.headers.accept ?? ""]);
    const asked = ranges
      .toSorted((one, two) => two.q - one.q)
      .map(({ parameters }) => parameters.get("transfer-syntax"));
    expect(asked).toEqual([...transferSyntaxes, "*"]);
    expect(ranges.map(({ parameters }) => parameters.get("type"))).toEqual(asked.map(() => "application/dicom"));
  });

  it("that comes in Implicit VR all the same is taken where Explicit VR is asked", async () => {
    await using at = await served(answer(study.instances, true, ImplicitVRLittleEndian));
    expect((await retrieveFrom(at.pacs, study)).stored).toEqual(digests(study, 0, ImplicitVRLittleEndian.uid));
  });

  it.each([
    [{ username: "box", password: "s3cret:é" }, `Basic ${Buffer.from("box:s3cret:é").toString("base64")}`],
    [{ token: "abc.def" }, "Bearer abc.def"],
  ])("is asked for with the credentials of the configuration", async (credentials, authorization) => {
    await using at = await served(answer(study.instances), { wado: { baseUrl: "", credentials } });
    await retrieveFrom(at.pacs, study);
    expect(at.requests[0]?.headers.authorization).toBe(authorization);
  });

  it("is asked for over TLS with our certificate, and of no server that is not known", async () => {
    const { ours, theirs, remove } = testIdentities("ours", "theirs");
    try {
      const server = {
        key: theirs.key,
        cert: theirs.cert,
        ca: [ours.cert],
        requestCert: true,
        rejectUnauthorized: true,
      };
      const known = { key: ours.key, cert: ours.cert, ca: [theirs.cert] };
      await using at = await served(answer(study.instances), { wado: { baseUrl: "", tls: known } }, server);
      expect((await retrieveFrom(at.pacs, study)).outcome).toMatchObject({ received: 8 });
      await using strange = await served(answer(study.instances), { wado: { baseUrl: "", tls: {} } }, server);
      expect(await retrieveFrom(strange.pacs, study)).toMatchObject({ code: "PACS_UNREACHABLE" });
    } finally {
      remove();
    }
  });

  const part = study.instances.slice(0, 3);
  it.each<[string, Handler, string | undefined, number]>([
    ["refuses us", status(401), "PACS_WADO_REFUSED", 0],
    ["forbids it", status(403), "PACS_WADO_REFUSED", 0],
    ["has none of the syntaxes", status(406), "PACS_SYNTAX_UNAVAILABLE", 0],
    ["fails", status(500), "PACS_FAILED", 0],
    ["is overloaded", status(503), "PACS_BUSY", 0],
    ["sends us elsewhere", status(302), "PACS_FAILED", 0],
    ["knows nothing of what the PACS has", status(404), "PACS_FAILED", 0],
    ["has a part of it", answer(part), undefined, 3],
    ["stops before the end, as if it were one", answer(part, false), "PACS_INTERRUPTED", 2],
    ["sends other objects", answer(other.instances), "PACS_SENT_OTHERS", 0],
    ["sends no DICOM", (_, response) => void response.end("<html>"), "PACS_INTERRUPTED", 0],
    ["never answers", () => {}, "PACS_TIMED_OUT", 0],
    [
      "stops in the middle of an instance",
      (_, response) => {
        const { contentType, body } = multipart(study.instances);
        response.writeHead(200, { "content-type": contentType });
        response.write(body.subarray(0, body.length / 2));
      },
      "PACS_TIMED_OUT",
      3,
    ],
    [
      "breaks off in the middle of an instance",
      (_, response) => {
        const { contentType, body } = multipart(study.instances);
        response.writeHead(200, { "content-type": contentType });
        response.write(body.subarray(0, body.length / 2), () => response.destroy());
      },
      "PACS_INTERRUPTED",
      3,
    ],
  ])("of a server that %s", async (_, handler, code, taken) => {
    await using at = await served(handler, { timeouts: { response: 500, network: 300, busy: 300 } });
    const { stored, broken, ...said } = await retrieveFrom(at.pacs, study);
    expect([said.code, stored.size]).toEqual([code, taken]);
    for (const reason of broken) expect(reason).toBe(code);
    await at.quiet();
  });

  it("that neither the server nor the PACS has is gone", async () => {
    await using at = await served(status(404));
    expect(await retrieveFrom(at.pacs, other)).toMatchObject({ code: "PACS_GONE" });
  });

  it("is given up when who asked leaves", async () => {
    await using at = await served((_, response) => {
      const { contentType, body } = multipart(study.instances);
      response.writeHead(200, { "content-type": contentType });
      response.write(body.subarray(0, body.length / 2));
    });
    const leave = new AbortController();
    const { code } = await retrieveFrom(at.pacs, study, {
      signal: leave.signal,
      async store(_instance, data) {
        setTimeout(() => leave.abort(), 20);
        for await (const _ of data);
      },
    });
    expect(code).toBe("PACS_CANCELLED");
    await at.quiet();
  });

  it("is not stored faster than who takes it can", async () => {
    const large = syntheticStudy({ series: [{ kind: "CT", images: 6, size: 1_500 }] });
    let written = 0;
    await using at = await served(async (_, response) => {
      const { contentType, body } = multipart(large.instances);
      response.writeHead(200, { "content-type": contentType });
      for (let offset = 0; offset < body.length; offset += 65_536) {
        if (!response.write(body.subarray(offset, offset + 65_536))) await once(response, "drain");
        written = offset;
      }
      response.end();
    });
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const retrieving = retrieveFrom(at.pacs, large, {
      async store(_instance, data) {
        await gate;
        for await (const _ of data);
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(written).toBeLessThan(20_000_000);
    open();
    expect((await retrieving).outcome).toMatchObject({ received: 6 });
  });

  it("says nothing of a patient in its errors", async () => {
    await using at = await served(status(500));
    const { error } = await retrieveFrom(at.pacs, study);
    expect(JSON.stringify([error, error?.details])).not.toContain(study.instances[0]?.dataSet.string(Tags.PatientID));
  });
});
