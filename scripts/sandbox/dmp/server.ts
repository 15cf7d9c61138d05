/** The stand-in of the national record: HTTPS with mutual TLS on loopback. */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { type Logger, silent } from "../../../appliance/base/index.ts";
import type { SandboxPki } from "../pki.ts";
import { readBundle, structureOf } from "./certificates.ts";
import { type Fault, FaultSwitch } from "./faults.ts";
import type { Exchange, Policy } from "./gate.ts";
import { Rate } from "./rate.ts";
import { type ManifestEvent, type RegisteredDocument, type RegisteredSubmission, Registry } from "./registry.ts";
import { type Outcome, Service } from "./service.ts";

export interface DmpOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly pki: Pick<SandboxPki, "trust" | "dmpServer">;
  /** Where what is registered is kept; in memory only without it. */
  readonly dataDir?: string;
  readonly now?: () => Date;
  readonly log?: Logger;
  readonly policy?: Partial<Policy>;
  /** Sees each request that was handled, and its answer, as they were on the wire: for the evidence of a demonstration. */
  readonly onExchange?: (exchange: Exchange, answer: Outcome["answer"]) => void;
}

export interface Dmp {
  /** `https://127.0.0.1:<port>/si-dmp-server/v2/services`; `/repository` and `/registry` are below it. */
  readonly url: string;
  readonly faults: FaultSwitch;
  /** The limit, which a test may move, and what came. */
  readonly rate: Pick<Rate, "limit" | "busiestSecond" | "turnedAway">;
  documents(): readonly RegisteredDocument[];
  submissions(): readonly RegisteredSubmission[];
  approvedManifests(studyInstanceUID: string): readonly RegisteredDocument[];
  /** What happened to the manifests of a study, in order. */
  history(studyInstanceUID: string): readonly ManifestEvent[];
  /** The publications that left another manifest of the same study and structure approved: accepted, for tests to judge. */
  doubles(): readonly ManifestEvent[];
  /** Requests received by service since the start or the last reset, the ones that met a fault included. */
  counts(): { readonly repository: number; readonly registry: number };
  /** Records that do not exist or are closed, by patientId `<INS>^^^&<oid>&ISO^NH`. */
  readonly unknownPatients: Set<string>;
  readonly closedRecords: Set<string>;
  /** Forgets documents, faults, counts and special records; the limit of the rate is that of the policy again. */
  reset(): void;
  stop(): Promise<void>;
}

const BASE = "/si-dmp-server/v2/services";
/** A manifest of 10,000 images has 2 MB. */
const MAX_BODY = 64 * 1024 * 1024;
const DEFAULT_POLICY: Policy = { vihfSha1: false, signatureSha1: true, legalEntities: {}, structures: [] };

/** Starts it; the port is open when the promise is kept. */
export async function startDmp(options: DmpOptions): Promise<Dmp> {
  const { pki, log = silent, now = () => new Date() } = options;
  const registry = new Registry(options.dataDir);
  const faults = new FaultSwitch();
  const policy = { ...DEFAULT_POLICY, ...options.policy };
  const rate = new Rate(policy.maxPerSecond);
  const service = new Service(readBundle(pki.trust), registry, policy, now);
  const counts = { repository: 0, registry: 0 };
  const tls = {
    key: pki.dmpServer.key,
    cert: pki.dmpServer.certificate,
    ca: pki.trust,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
  } as const;
  const server = createServer(tls, (request, response) => {
    serve(request, response).catch((error: Error) => {
      log.error({ reason: error.message }, "the stand-in failed");
      response.destroy();
    });
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = request.url?.startsWith(`${BASE}/`) ? request.url.slice(BASE.length + 1) : "";
    if (name !== "repository" && name !== "registry") return end(response, 404, "text/plain", "no such service");
    if (request.method !== "POST") return end(response, 405, "text/plain", "POST is expected");
    counts[name]++;
    const fault = rate.take(performance.now(), name) ?? faults.take();
    if (fault?.kind === "silent") return;
    if (fault?.kind === "reset") return reset(request);
    const body = await readBody(request);
    if (body === undefined) return end(response, 413, "text/plain", "too long");
    const client = (request.socket as TLSSocket).getPeerX509Certificate();
    if (fault?.kind === "slow") await sleep(fault.ms ?? 1000);
    if (answersByItself(fault, response)) return;
    const exchange: Exchange = {
      service: name,
      url: `https://${request.headers.host}${request.url}`,
      contentType: request.headers["content-type"] ?? "",
      body,
      client: client === undefined ? undefined : structureOf(client),
    };
    const { answer, codes }: Outcome = service.handle(exchange, fault);
    log.info({ service: name, status: answer.status, codes }, "answered");
    options.onExchange?.(exchange, answer);
    if (fault?.kind === "acceptThenSilent") return;
    if (fault?.kind === "acceptThenReset") return reset(request);
    end(response, answer.status, answer.contentType, answer.body);
  }

  server.listen(options.port, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}${BASE}`,
    faults,
    rate,
    documents: () => registry.documents(),
    submissions: () => registry.submissions(),
    approvedManifests: (studyInstanceUID) => registry.approvedManifests(studyInstanceUID),
    history: (studyInstanceUID) => registry.events().filter((event) => event.studyInstanceUID === studyInstanceUID),
    doubles: () => registry.events().filter(({ beside }) => beside.length > 0),
    counts: () => ({ ...counts }),
    unknownPatients: registry.unknownPatients,
    closedRecords: registry.closedRecords,
    reset() {
      registry.reset();
      faults.clear();
      rate.reset();
      Object.assign(counts, { repository: 0, registry: 0 });
    },
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The faults that need nothing of the request. */
function answersByItself(fault: Fault | undefined, response: ServerResponse): boolean {
  switch (fault?.kind) {
    case "http500":
      end(response, 500, "text/html", "<html><body><h1>500 Internal Server Error</h1></body></html>");
      return true;
    case "http503":
      response.setHeader("Retry-After", fault.retryAfterSeconds ?? 120);
      end(response, 503, "text/html", "<html><body>maintenance<br></body></html>");
      return true;
    case "closed":
      end(response, 503, "text/html", "<html><body>closed<br></body></html>");
      return true;
    case "garbage":
      end(response, 200, "application/soap+xml", "\u0000\u0001<<<&&& <soap:Envelope");
      return true;
    default:
      return false;
  }
}

function end(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { "Content-Type": contentType, "Content-Length": Buffer.byteLength(body) }).end(body);
}

/** RST: the connection is lost, not closed. Under TLS only the transport below can be reset. */
function reset(request: IncomingMessage): void {
  request.socket.resetAndDestroy();
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
