import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { asCoded, type CodedError, type Logger } from "../../base/index.ts";
import { capabilities, negotiate, parsePath, preferredOf, type Resource, wadl } from "../../dicomweb/index.ts";
import type { Delivery, Images, ImagesRequest } from "../../images/index.ts";
import type { PacsGroup } from "../../pacs/index.ts";
import type { Store, Traces } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import type { Admission } from "./admission.ts";
import { admitPeer, admitProfessional, type GateOptions, type Peer } from "./gate.ts";
import type { Manifests } from "./manifests.ts";
import { planOf } from "./plan.ts";
import { answer, refuse } from "./refusal.ts";
import { supplierFrom } from "./supplier.ts";
import { alertOf, type Told, tracesOf } from "./traces.ts";

export interface ImageListenerOptions {
  readonly gate: GateOptions;
  readonly admission: Admission;
  readonly manifests: Pick<Manifests, "inForce">;
  readonly images: Images;
  readonly pacs: Pick<PacsGroup, "retrieve">;
  readonly store: Pick<Store, "keepTraces">;
  /** Address under which the manifests say that the images are, no trailing slash. */
  readonly base: string;
  /** Whether a request without Accept takes what comes (PS3.18 8.7.5 would refuse it). */
  readonly lenient: boolean;
  /** Names of the PACS whose images may be transcoded. */
  readonly transcode?: readonly string[];
  readonly now: () => Date;
  readonly log: Logger;
}

const WADL = "application/vnd.sun.wadl+xml";
const JSON_TYPE = "application/json";
/** Names the manifest by which the images are asked for (DB.SO.38). */
const MANIFEST_HEADER = "kos-sopinstanceuid";
const REQUIRED_HEADERS = ["Authorization", "KOS-SOPInstanceUID"];
/** Methods by which what the box can do is asked for. */
const DESCRIBED_BY = ["GET", "HEAD", "OPTIONS"];
const MINUTE_MS = 60_000;
/** Of a minute, whoever knocks. */
const MOST_ALERTS = 1000;

/**
 * Answers other boxes (WADO-RS, RAD-107): certificate, white list, rate, token, profession, manifest, then the images. Whoever
 * fails at a step learns nothing of the next. Each request for images leaves its audit record and its line of statistics.
 */
export function createImageListener(options: ImageListenerOptions): RequestListener {
  const { gate, admission, now, log } = options;
  const { pathname: root } = new URL(options.base);
  const prefix = root === "/" ? "" : root;
  const alerts = new Map<string, number>();

  /** One alert a minute for each who knocks: a flood of them must not fill the trail. */
  async function alert(peer: Peer, error: CodedError): Promise<void> {
    const key = `${peer.address} ${error.code}`;
    const at = performance.now();
    for (const [known, since] of alerts) if (at - since > MINUTE_MS) alerts.delete(known);
    if (alerts.has(key) || alerts.size === MOST_ALERTS) return;
    alerts.set(key, at);
    await keep(alertOf(now(), peer, error));
  }

  async function admit(request: IncomingMessage, response: ServerResponse): Promise<Peer> {
    try {
      return admitPeer(request, gate);
    } catch (error) {
      const coded = codedOf(error);
      response.shouldKeepAlive = false;
      const peer = gate.peerOf(request.socket);
      log.warn({ address: peer.address, code: coded.code }, "a peer was turned away");
      await alert(peer, coded);
      throw coded;
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const peer = await admit(request, response);
    admission.count(peer.name);
    const path = pathOf(request, prefix);
    if (path === "" || path === "/" || path === "/studies") return describe(request, response, options.base);
    const resource = parsePath(path);
    if (resource === undefined) throw sourceErrors.fault("SOURCE_REQUEST_INVALID");
    // What would be sent is not known before the PACS has sent it: HEAD would cost as much.
    checkMethod(request, ["GET"]);
    await serve(resource, peer, request, response);
  }

  async function serve(resource: Resource, peer: Peer, request: IncomingMessage, response: ServerResponse) {
    const began = performance.now();
    // Before the manifest is asked for: a withdrawal from here on ends the transfer.
    using transfer = options.images.begin(response, resource.studyInstanceUID);
    const told: { -readonly [K in keyof Told]?: Told[K] } = { studyInstanceUID: resource.studyInstanceUID };
    try {
      const document = headerOf(request, MANIFEST_HEADER);
      told.document = document;
      told.professional = await admitProfessional(request, gate, peer, transfer.signal);
      if (document === undefined) throw sourceErrors.fault("SOURCE_MANIFEST_NOT_NAMED");
      const manifest = await options.manifests.inForce(resource.studyInstanceUID, document);
      told.manifest = manifest;
      const series = planOf(resource, manifest);
      told.series = series.map(({ seriesInstanceUID }) => seriesInstanceUID);
      const representation = negotiate(resource, acceptOf(request), options);
      const leave = await admission.enter(peer.name, transfer.signal);
      try {
        told.delivery = await transfer.respond(representation, {
          patient: { patientIDs: manifest.localIDs, identifier: manifest.ins },
          series,
          supply: supplierFrom(options.pacs, manifest.pacs),
          urgency: "now",
          transcode: options.transcode?.includes(manifest.pacs) ?? false,
          frames: resource.frames,
          picture: pictureOf(resource, request),
          bulk: resource.bulk,
        });
      } finally {
        leave();
      }
      told.fault = faultOf(told.delivery);
    } catch (error) {
      told.fault = codedOf(error);
      if (told.fault.code === "SOURCE_INTERNAL") log.error({ error }, "a request for images failed");
      if (!response.headersSent) refuse(response, told.fault);
      else response.destroy();
    } finally {
      const facts = { ...told, at: now(), peer, milliseconds: performance.now() - began };
      log.info(lineOf(facts), "images asked for");
      await keep(tracesOf(facts));
    }
  }

  /** What cannot be recorded is told: the asker has his answer. */
  async function keep(traces: Traces): Promise<void> {
    try {
      await options.store.keepTraces(traces);
    } catch (error) {
      log.error({ error }, "a request for images was not recorded");
    }
  }

  return (request, response) => {
    handle(request, response).catch((error: unknown) => {
      const coded = codedOf(error);
      if (coded.code === "SOURCE_INTERNAL") log.error({ error }, "a request for images failed");
      if (response.headersSent) response.destroy();
      else refuse(response, coded);
    });
  };
}

/** What the box can do, for those who look whether it is alive (DB.SO.103, PS3.18 8.9). */
function describe(request: IncomingMessage, response: ServerResponse, base: string): void {
  checkMethod(request, DESCRIBED_BY);
  const facts = { base, headers: REQUIRED_HEADERS };
  const types = request.method === "OPTIONS" ? [WADL, JSON_TYPE] : [JSON_TYPE, WADL];
  const type = preferredOf(types, acceptOf(request));
  const body = type === WADL ? wadl(facts) : JSON.stringify(capabilities(facts));
  answer(response, 200, body, { "content-type": type, allow: DESCRIBED_BY.join(", ") });
}

function checkMethod({ method = "" }: IncomingMessage, allowed: readonly string[]): void {
  if (allowed.includes(method)) return;
  throw sourceErrors.fault("SOURCE_METHOD_NOT_ALLOWED", { details: { allow: allowed.join(", ") } });
}

/** The path below the base; a query says something of pictures only. */
function pathOf({ url = "" }: IncomingMessage, prefix: string): string {
  const [path = ""] = url.split("?");
  if (!path.startsWith(prefix)) throw sourceErrors.fault("SOURCE_REQUEST_INVALID");
  return path.slice(prefix.length);
}

/** How a picture is wanted; undefined when none is. */
function pictureOf({ what }: Resource, { url = "" }: IncomingMessage): ImagesRequest["picture"] {
  if (what !== "rendered" && what !== "thumbnail") return undefined;
  return { what, query: new URLSearchParams(url.split("?")[1]) };
}

function acceptOf({ headersDistinct }: IncomingMessage): readonly string[] {
  return headersDistinct.accept ?? [];
}

/** A header that comes once; another that differs would be a second opinion. */
function headerOf({ headersDistinct }: IncomingMessage, name: string): string | undefined {
  const values = headersDistinct[name] ?? [];
  return values.length === 1 ? values[0]?.trim() : undefined;
}

function faultOf({ fault }: Delivery): CodedError | undefined {
  return fault === undefined ? undefined : codedOf(fault);
}

function codedOf(error: unknown): CodedError {
  return asCoded(error, (cause) => sourceErrors.fault("SOURCE_INTERNAL", { cause }));
}

/** Never who it was about. */
function lineOf({ peer, manifest, series, delivery, fault, milliseconds }: Told) {
  return {
    address: peer.address,
    exam: manifest?.examId,
    series: series?.length,
    instances: delivery?.instances,
    bytes: delivery?.bytes,
    milliseconds: Math.round(milliseconds),
    code: fault?.code,
  };
}
