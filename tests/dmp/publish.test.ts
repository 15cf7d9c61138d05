import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { createDmp, type Dmp, type DmpOptions, type Submission } from "../../appliance/dmp/index.ts";
import type { Credentials } from "../../appliance/trust/index.ts";
import {
  NS,
  parseMediaType,
  parseMultipart,
  rootPart,
  STATUS,
  verifyEnveloped,
  verifySubmissionSignature,
} from "../../appliance/xds/index.ts";
import { type TestCertificate, testCertificate } from "../support/certificates.ts";
import { input, options, siteCredentials } from "./fixtures.ts";
import { answer, failure, fault, found, mtom, PATIENT, plain, type Reply, ScriptedDmp, SUCCESS } from "./scripted.ts";

/** A TLS server that trusts no client certificate and says so by an alert, as Node's does not. */
async function opensslServer(identity: TestCertificate, version: string) {
  const { keyFile, certificateFile } = identity;
  const trust = ["-verify_return_error", "-Verify", "1", "-CAfile", certificateFile];
  const process = spawn("openssl", [
    ...["s_server", "-www", version, "-accept", "127.0.0.1:0", "-key", keyFile, "-cert", certificateFile, ...trust],
  ]);
  for await (const chunk of process.stdout) {
    const match = /ACCEPT \S+:(\d+)/.exec(String(chunk));
    if (match) return { process, port: Number(match[1]) };
  }
  throw new Error("openssl s_server did not start");
}

let credentials: Credentials;
let scripted: ScriptedDmp;
let server: TestCertificate;
let port: number;
let dmp: Dmp;
let submission: Submission;
let settings: DmpOptions;

beforeAll(async () => {
  const site = await siteCredentials();
  credentials = site.credentials;
  server = testCertificate({ subject: "/C=FR/CN=DMP" });
  scripted = new ScriptedDmp(server, [readFileSync(site.files.certificateFile, "utf8")]);
  port = await scripted.listen();
  settings = options(credentials, server, port);
  dmp = createDmp(settings);
  submission = await dmp.prepare(input);
});

afterEach(() => {
  scripted.received.length = 0;
  scripted.script = [];
});

afterAll(async () => {
  await dmp.close();
  scripted.server.closeAllConnections();
  scripted.server.close();
});

const publishing = async (...script: Reply[]) => {
  scripted.script = script;
  return await dmp.publish(submission);
};

describe("publishing", () => {
  it.each([
    ["in MTOM, as the DMP does", mtom(SUCCESS)],
    ["in plain SOAP", plain(SUCCESS)],
    ["as text/xml", answer(200, "text/xml", SUCCESS)],
  ])("succeeds on a success answered %s", async (_, reply) => {
    const published = await publishing(reply);
    expect(published).toMatchObject({ warnings: [], verified: false });
    expect(Buffer.from(published.response).toString()).toContain("Success");
  });

  it("sends one MTOM message whose documents, signature and VIHF a stranger can verify", async () => {
    const published = await publishing(mtom(SUCCESS));
    const [request] = scripted.received;
    expect(request!.url).toBe("/si-dmp-server/v2/services/repository");
    expect(request!.headers["content-length"]).toBe(String(request!.body.length));
    expect(request!.headers["content-type"]).toBe(published.request.contentType);
    const type = parseMediaType(request!.headers["content-type"]!);
    const parts = parseMultipart(request!.body, type);
    const envelope = Buffer.from(rootPart(parts, type).bytes).toString();
    const bytesOf = (id: string) => {
      const [, cid] = new RegExp(`<xdsb:Document id="${id}"><xop:Include[^>]* href="cid:([^"]+)"`).exec(envelope)!;
      return parts.find(({ contentId }) => contentId === decodeURIComponent(cid!))!.bytes;
    };
    expect(Buffer.from(bytesOf("DocumentKOS"))).toEqual(input.manifest.bytes);
    const { certificate } = credentials.all[0]!.signing;
    const documents = new Map([["2.25.2001", bytesOf("DocumentKOS")]]);
    expect(verifySubmissionSignature(bytesOf("Signature01"), { certificate, documents }).submissionSetUniqueId).toBe(
      "2.25.3001",
    );
    const path = [
      [NS.soap, "Header"],
      [NS.wsse, "Security"],
      [NS.saml, "Assertion"],
    ] as const;
    expect(verifyEnveloped(envelope, { certificate }, path).textContent).toContain("899900012345");
    expect(envelope).toMatch(
      /<wsa:Action soap:mustUnderstand="true">urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b</,
    );
    expect(envelope).toContain(submission.metadata);
  });

  it("tries again with the same documents and metadata, a new message and a new VIHF", async () => {
    await publishing(plain(SUCCESS));
    await publishing(plain(SUCCESS));
    const [first, second] = scripted.received.map(({ body }) => body.toString("latin1"));
    const metadata = Buffer.from(submission.metadata).toString("latin1");
    const messageId = (body: string) => /<wsa:MessageID>(urn:uuid:[^<]+)/.exec(body)![1];
    const assertionId = (body: string) => / ID="([^"]+)"/.exec(body)![1];
    expect(first).toContain(metadata);
    expect(second).toContain(metadata);
    expect(messageId(first!)).not.toBe(messageId(second!));
    expect(assertionId(first!)).not.toBe(assertionId(second!));
  });

  it("keeps the evidence: the very bytes that were sent", async () => {
    const { request } = await publishing(plain(SUCCESS));
    const chunks: Uint8Array[] = [];
    for await (const chunk of request.bytes()) chunks.push(chunk);
    expect(Buffer.concat(chunks)).toEqual(scripted.received[0]!.body);
  });

  it("keeps the warnings of a success", async () => {
    const warning = SUCCESS.replace(
      "/></s:Body>",
      '><n2:RegistryErrorList><n2:RegistryError errorCode="XDSExtraMetadataNotSaved" codeContext="x" severity="urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Warning"/></n2:RegistryErrorList></n2:RegistryResponse></s:Body>',
    );
    const { warnings } = await publishing(mtom(warning));
    expect(warnings).toEqual([{ code: "XDSExtraMetadataNotSaved", context: "x", severity: "Warning" }]);
  });
});

describe("what can go wrong, and what becomes of the work", () => {
  it.each<[string, Reply, string, string]>([
    ["HTTP 500 without a body", answer(500, "text/html", "oops"), "DMP_HTTP_5XX", "later"],
    ["HTTP 502 from a proxy", answer(502, "text/html", "<html>"), "DMP_HTTP_5XX", "later"],
    ["HTTP 503", answer(503, "text/plain", ""), "DMP_BUSY", "later"],
    ["HTTP 429", answer(429, "text/plain", ""), "DMP_BUSY", "later"],
    ["HTTP 401", answer(401, "text/plain", ""), "DMP_NOT_AUTHORISED", "human"],
    ["HTTP 403 with a fault", plain(fault("Sender", "x", "no"), 403), "DMP_NOT_AUTHORISED", "human"],
    ["HTTP 404", answer(404, "text/html", ""), "DMP_HTTP_REFUSED", "human"],
    ["a redirection", answer(302, "text/html", "", { location: "https://127.0.0.1/" }), "DMP_HTTP_REFUSED", "human"],
    ["a fault of the sender", plain(fault("Sender", "Malformed", "bad"), 500), "DMP_FAULT_SENDER", "never"],
    ["a fault of the receiver", plain(fault("Receiver", "Broken", "bad"), 500), "DMP_FAULT_RECEIVER", "later"],
    [
      "a fault about authentication",
      plain(fault("Sender", "FailedAuthentication", "no"), 500),
      "DMP_NOT_AUTHORISED",
      "human",
    ],
    ["a fault about the time", plain(fault("Sender", "MessageExpired", "too old"), 500), "DMP_CLOCK", "later"],
    [
      "a fault about IssueInstant",
      plain(fault("Sender", "x", "IssueInstant in the future"), 500),
      "DMP_CLOCK",
      "later",
    ],
    ["a registry error in HTTP 200", plain(failure("XDSRegistryMetadataError")), "DMP_REFUSED", "never"],
    ["an error nobody knows", plain(failure("DMPNewError")), "DMP_REGISTRY_ERROR", "human"],
    ["an error named after an object's inside", plain(failure("constructor")), "DMP_REGISTRY_ERROR", "human"],
    ["an unknown patient", plain(failure("XDSUnknownPatientId")), "DMP_PATIENT_UNKNOWN", "human"],
    ["a closed record", plain(failure("DMPClosed")), "DMP_PATIENT_CLOSED", "human"],
    ["a policy", plain(failure("LocalPolicyRestrictionError")), "DMP_POLICY_REFUSED", "human"],
    ["a busy registry", plain(failure("XDSRegistryBusy", "XDSRepositoryBusy")), "DMP_BUSY", "later"],
    ["busy and refused at once", plain(failure("XDSRegistryBusy", "XDSRegistryMetadataError")), "DMP_REFUSED", "never"],
    [
      "busy and something for a person",
      plain(failure("XDSRegistryBusy", "XDSUnknownPatientId")),
      "DMP_PATIENT_UNKNOWN",
      "human",
    ],
    ["a failure without any error", plain(failure()), "DMP_REGISTRY_ERROR", "human"],
    ["garbage in HTTP 200", answer(200, "application/soap+xml", "\0\x01garbage"), "DMP_ANSWER_UNREADABLE", "later"],
    ["a web page in HTTP 200", answer(200, "text/html", "<html>Welcome</html>"), "DMP_ANSWER_UNREADABLE", "later"],
    ["nothing in HTTP 200", answer(200, "application/soap+xml", ""), "DMP_ANSWER_UNREADABLE", "later"],
    ["a DTD", plain(`<!DOCTYPE x>${SUCCESS}`), "DMP_ANSWER_UNREADABLE", "later"],
    [
      "a compressed answer nobody asked for",
      answer(200, "application/soap+xml", gzipSync(SUCCESS), { "content-encoding": "gzip" }),
      "DMP_ANSWER_UNREADABLE",
      "later",
    ],
    [
      "an answer without end",
      (_, response) =>
        void response.writeHead(200, { "content-type": "text/xml" }).write(Buffer.alloc(5 * 1024 * 1024, 32)),
      "DMP_ANSWER_UNREADABLE",
      "later",
    ],
    ["silence", () => {}, "DMP_TIMEOUT", "later"],
    [
      "silence after the headers",
      (_, response) => void response.writeHead(200, { "content-type": "text/xml" }).flushHeaders(),
      "DMP_TIMEOUT",
      "later",
    ],
    ["a connection cut after the request", (_, __, socket) => void socket.destroy(), "DMP_UNREACHABLE", "later"],
    [
      "an answer cut in the middle",
      (_, response, socket) => {
        response.writeHead(200, { "content-type": "text/xml", "content-length": "1000" }).write("<");
        setTimeout(() => socket.destroy(), 20);
      },
      "DMP_UNREACHABLE",
      "later",
    ],
  ])("%s", async (_, reply, code, retry) => {
    const error = await publishing(reply).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CodedError);
    expect(error).toMatchObject({ code, retry });
  });

  it("keeps every error line for the operator, and no identity in what may be logged", async () => {
    const error = (await publishing(plain(failure("XDSRegistryMetadataError", "XDSUnknownPatientId"))).catch(
      (thrown) => thrown,
    )) as CodedError;
    expect(error.details).toMatchObject({ codes: "XDSRegistryMetadataError, XDSUnknownPatientId", lines: 2 });
    expect(error.values["error 1"]).toBe("Error XDSRegistryMetadataError: patient 285017500000130");
    expect(JSON.stringify(error) + JSON.stringify(error.details)).not.toContain("285017500000130");
  });

  it("tames what a peer may put in an error code before it reaches a log", async () => {
    const error = (await publishing(plain(failure("a&#10;b \u009b[2J"))).catch((thrown) => thrown)) as CodedError;
    expect(error.message).not.toMatch(/[\n\u009b]/);
  });

  it("obeys the configured meaning of a code", async () => {
    const configured = createDmp({ ...settings, registryErrors: { DMPNewError: "DMP_BUSY" } });
    scripted.script = [plain(failure("DMPNewError"))];
    await expect(configured.publish(submission)).rejects.toMatchObject({ code: "DMP_BUSY" });
    await configured.close();
  });

  it("stops when told to", async () => {
    scripted.script = [() => {}];
    const stopped = dmp.publish(submission, { signal: AbortSignal.timeout(100) });
    await expect(stopped).rejects.toMatchObject({ code: "DMP_INTERRUPTED", retry: "later" });
  });

  it("gives up on an answer that trickles for ever", async () => {
    const hurried = createDmp({ ...settings, timeouts: { ...settings.timeouts, total: 600 } });
    scripted.script = [
      (_, response) => {
        response.writeHead(200, { "content-type": "text/xml" });
        const drops = setInterval(() => response.write(" "), 50);
        response.on("close", () => clearInterval(drops));
      },
    ];
    await expect(hurried.publish(submission)).rejects.toMatchObject({ code: "DMP_TIMEOUT", retry: "later" });
    await hurried.close();
  });

  it("calls a dead service unreachable", async () => {
    const dead = createDmp({ ...settings, baseUrl: "https://localhost:1/x" });
    await expect(dead.publish(submission)).rejects.toMatchObject({ code: "DMP_UNREACHABLE", retry: "later" });
    await dead.close();
  });

  it("sends nothing to a server that our authorities do not certify, or of another name", async () => {
    const stranger = createDmp(options(credentials, testCertificate(), port));
    await expect(stranger.publish(submission)).rejects.toMatchObject({
      code: "DMP_SERVER_CERTIFICATE",
      retry: "human",
    });
    const misnamed = createDmp({ ...settings, baseUrl: `https://[::ffff:127.0.0.1]:${port}/x` });
    await expect(misnamed.publish(submission)).rejects.toMatchObject({
      code: "DMP_SERVER_CERTIFICATE",
      retry: "human",
    });
    await expect(stranger.check()).rejects.toMatchObject({ code: "DMP_SERVER_CERTIFICATE" });
    expect(scripted.received).toHaveLength(0);
    await Promise.all([stranger.close(), misnamed.close()]);
  });

  it.each(["-tls1_2", "-tls1_3"])("knows when the record refuses our certificate (%s)", async (version) => {
    const peer = await opensslServer(server, version);
    const refused = createDmp({ ...settings, baseUrl: `https://localhost:${peer.port}` });
    try {
      const expected = { code: "DMP_CLIENT_CERTIFICATE", retry: "human" };
      await expect(refused.check()).rejects.toMatchObject(expected);
      await expect(refused.publish(submission)).rejects.toMatchObject(expected);
    } finally {
      peer.process.kill();
      await refused.close();
    }
  });

  it("refuses to start when the certificate is outside its dates, and suspects the clock", async () => {
    const early = createDmp({ ...settings, now: () => new Date("2001-01-01") });
    await expect(early.publish(submission)).rejects.toMatchObject({ code: "TRUST_CERTIFICATE_NOT_YET_VALID" });
    await expect(early.check()).rejects.toMatchObject({ code: "TRUST_CERTIFICATE_NOT_YET_VALID" });
    expect(scripted.received).toHaveLength(0);
  });
});

describe("a duplicate", () => {
  const hash = createHash("sha1").update(input.manifest.bytes).digest("hex");
  const duplicate = plain(failure("XDSDuplicateUniqueIdInRegistry"));

  it("of the same document for the same patient is the success of an earlier attempt", async () => {
    const published = await publishing(duplicate, mtom(found({ hash: hash.toUpperCase() })));
    expect(published).toMatchObject({ verified: true, entryUUID: "urn:uuid:e1" });
    expect(scripted.received[1]!.url).toBe("/si-dmp-server/v2/services/registry");
    expect(scripted.received[1]!.body.toString()).toContain("('2.25.2001')");
  });

  it.each([
    ["with another hash", found({ hash: "0".repeat(40) }), "DMP_DUPLICATE_CONFLICT"],
    ["of another patient", found({ hash, patient: PATIENT.replace("285", "185") }), "DMP_DUPLICATE_CONFLICT"],
    ["that the registry then does not find", found({ hash, uniqueId: "2.25.1" }), "DMP_DUPLICATE_CONFLICT"],
    ["that is approved no more", found({ hash, status: STATUS.deprecated }), "DMP_STATE_CONFLICT"],
    ["of no known status", found({ hash, status: "urn:x:Approved" }), "DMP_STATE_CONFLICT"],
  ])("%s is for a person", async (_, versions, code) => {
    await expect(publishing(duplicate, plain(versions))).rejects.toMatchObject({ code, retry: "human" });
  });

  it("of which former versions are deprecated or archived counts by the approved one", async () => {
    const former = [STATUS.deprecated, STATUS.archived].map((status) => ({ entryUUID: "urn:uuid:e0", hash, status }));
    const versions = found(...former, { hash });
    expect(await publishing(duplicate, plain(versions))).toMatchObject({ verified: true, entryUUID: "urn:uuid:e1" });
  });

  it("among other errors is no success", async () => {
    const both = plain(failure("XDSDuplicateUniqueIdInRegistry", "XDSRegistryMetadataError"));
    await expect(publishing(both)).rejects.toMatchObject({ code: "DMP_REFUSED" });
    expect(scripted.received).toHaveLength(1);
  });

  it("whose check fails is checked again later, never taken for a success", async () => {
    await expect(publishing(duplicate, answer(503, "text/plain", ""))).rejects.toMatchObject({
      code: "DMP_BUSY",
      retry: "later",
    });
  });
});

describe("find and check", () => {
  it("find says what the registry knows, or nothing", async () => {
    scripted.script = [plain(found({ hash: "ab" })), plain(found({ hash: "ab" }))];
    expect(await dmp.find("2.25.2001", submission)).toMatchObject({
      entryUUID: "urn:uuid:e1",
      hash: "ab",
      patientId: PATIENT,
    });
    expect(await dmp.find("2.25.9", submission)).toBeUndefined();
  });

  it("an absence is only what a successful answer says", async () => {
    scripted.script = [plain(failure("XDSRegistryBusy"))];
    await expect(dmp.find("2.25.2001", submission)).rejects.toMatchObject({ code: "DMP_BUSY" });
  });

  it("check opens TLS with every certificate and sends nothing", async () => {
    await dmp.check();
    expect(scripted.received).toHaveLength(0);
  });

  it("check ends though the server never stops talking, and closes its socket", async () => {
    const talker = createTlsServer(
      { key: readFileSync(server.keyFile), cert: readFileSync(server.certificateFile), allowHalfOpen: true },
      (socket) => {
        const words = setInterval(() => socket.write("still here"), 50);
        socket.on("error", () => {}).on("close", () => clearInterval(words));
      },
    );
    await new Promise<void>((resolve) => talker.listen(0, "127.0.0.1", resolve));
    const { port: talking } = talker.address() as AddressInfo;
    const short = { connect: 300, headers: 300, body: 300, total: 600 };
    const patient = createDmp({ ...settings, baseUrl: `https://localhost:${talking}/x`, timeouts: short });
    await patient.check();
    // Resolves only when no connection is left.
    await new Promise((resolve) => talker.close(resolve));
  });

  it("check does not begin when told to stop before", async () => {
    await expect(dmp.check({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "DMP_INTERRUPTED" });
  });

  it("check says unreachable when nothing listens", async () => {
    const dead = createDmp({ ...settings, baseUrl: "https://localhost:1/x" });
    await expect(dead.check()).rejects.toMatchObject({ code: "DMP_UNREACHABLE" });
  });
});
