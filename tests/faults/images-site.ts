/** A site whose images others ask for, in one process: its PACS, Pro Santé Connect, certificates, the box; and what is left. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { type Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type SandboxImages, sandboxImages } from "../../scripts/sandbox/images.ts";
import type { Behaviour } from "../../scripts/sandbox/pacs/behaviour.ts";
import { type SandboxPacs, startSandboxPacs } from "../../scripts/sandbox/pacs.ts";
import { createSandboxPki, NEIGHBOUR, type SandboxIdentity, type SandboxPki } from "../../scripts/sandbox/pki.ts";
import { NEIGHBOUR_CLIENT, SITE_CLIENT } from "../../scripts/sandbox/psc/index.ts";
import { TITLES } from "../../scripts/sandbox/rejection-note.ts";
import { type Site, type SitePacs, startSite } from "../../scripts/sandbox/site.ts";
import type { StudyOptions, SyntheticStudy } from "../../scripts/sandbox/studies.ts";
import { freePort } from "../support/dicom-peers.ts";
import { readParts } from "../support/multipart.ts";
import { Line } from "./line.ts";
import { images, order, type Person, person, reportMessage } from "./people.ts";
import { QUICK } from "./practice.ts";

export const LE = "1.2.840.10008.1.2.1";
export const ACCEPT = `multipart/related; type="application/dicom"; transfer-syntax=${LE}`;

/** A PACS of the site, at the end of a line that can be cut. */
export interface Archive {
  readonly pacs: SandboxPacs;
  readonly line: Line;
}

/** An exam that is published: its images may be asked for. */
export interface Published {
  readonly archive: Archive;
  readonly patient: Person;
  readonly study: SyntheticStudy;
  /** SOP Instance UID of the manifest. */
  readonly manifest: string;
}

/** How somebody asks. */
export interface Asking {
  /** Below the address of the service; the study when absent. */
  readonly path?: string;
  /** Over those of a good request; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Who asks: the neighbour when absent. */
  readonly identity?: Pick<SandboxIdentity, "certificate" | "key"> | "nobody";
  /** The address that he comes from. */
  readonly from?: string;
  /** Keeps the connection for the next request. */
  readonly agent?: Agent;
  /** Sees the answer when it begins. */
  readonly seen?: (response: IncomingMessage) => void;
}

/** How the answer to a request ended. */
export interface Answered {
  /** The status; of a multipart body that was begun `whole`, `unfinished` (no final boundary) or `cut`; `none` without any answer. */
  readonly end: string;
  /** The coded error that the answer tells. */
  readonly code: string | undefined;
  readonly contentType: string;
  readonly body: Buffer;
}

/** What a request must not leave behind. */
export interface Remains {
  readonly descriptors: number;
  readonly timers: number;
  /** At the PACS. */
  readonly associations: number;
  /** Entries of the cache that are not complete. */
  readonly filling: number;
}

export interface ImageSite extends AsyncDisposable {
  readonly site: Site;
  readonly pki: SandboxPki;
  readonly sandbox: SandboxImages;
  readonly archives: Readonly<Record<string, Archive>>;
  /** A certificate that is good but for its revocation, and another box that is on the white list. */
  readonly revoked: SandboxIdentity;
  readonly third: SandboxIdentity;
  /** A token that opens, for as long as a test may take. */
  readonly token: string;
  /** Puts a new exam of a new patient into a PACS and has it published. */
  publish(archive: string, filed?: Partial<StudyOptions>): Promise<Published>;
  /** Rejects the whole exam in its PACS, which tells the box. */
  reject(one: Published): Promise<void>;
  ask(one: Published, asking?: Asking): Promise<Answered>;
  /** A connection like that of a good asker, for what no HTTP client would do. */
  dial(from: string, options?: ConnectionOptions): Promise<TLSSocket>;
  /** The lines of a good request, with changes. */
  lines(one: Published, headers?: Asking["headers"]): string;
  /** The newest record about images after `seq`, or the newest with that code, as `event outcome code`. */
  trail(after: number, wanted?: string): Promise<string>;
  /** The number of the newest record. */
  lastRecord(): Promise<number>;
  remains(): Remains;
  /** Waits until nothing more is left than there was; says what is. */
  settles(before: Remains, patienceMs?: number): Promise<void>;
}

export interface ImageSitePlan {
  /** How the images of each PACS are had, by its name here. */
  readonly archives: Readonly<Record<string, Partial<SitePacs> & { readonly behaviour?: Behaviour }>>;
  /** Changes of the section `images`. */
  readonly images?: Readonly<Record<string, unknown>>;
}

let addresses = 1;
/** An address of this machine that nobody has come from: what is told once a minute of each is told of this one. */
export const anAddress = () => `127.0.1.${++addresses}`;

const DAY_S = 86_400;
const MOVE_DESTINATION = "DRIMBOX_STORE";
/** For an answer that somebody reads at full speed, whatever else the machine does. */
const PATIENCE_MS = 20_000;

export async function openImageSite({ archives: planned, images: changes }: ImageSitePlan): Promise<ImageSite> {
  const folder = mkdtempSync(join(tmpdir(), "images-"));
  const pki = await createSandboxPki(join(folder, "pki"));
  const another = (name: string) =>
    pki.issue({ name, kind: "ORG AUTH_CLI", structure: NEIGHBOUR, commonName: `${name}.${NEIGHBOUR.id}` });
  const [revoked, third] = [await another("revoked"), await another("third")];
  const sandbox = await sandboxImages(pki, folder);
  sandbox.list([pki.structures[1].auth, revoked, third]);
  await pki.revoke("organisations", { revoked: [revoked] });
  const storage = { host: "127.0.0.1", port: await freePort() };

  const archives: Record<string, Archive> = {};
  const configured: SitePacs[] = [];
  for (const [name, { behaviour = {}, ...options }] of Object.entries(planned)) {
    const destinations = [{ ...storage, aeTitle: MOVE_DESTINATION }];
    const pacs = await startSandboxPacs({ aeTitle: name.toUpperCase(), destinations, behaviour });
    const line = new Line();
    await line.leadTo(pacs);
    archives[name] = { pacs, line };
    configured.push({ host: "127.0.0.1", port: line.port, aeTitle: pacs.aeTitle, timeoutSeconds: 2, ...options });
  }
  const identity = sandbox.settings.identity as object;
  const site = await startSite({
    folder,
    pacs: configured.map((one) => ({ moveDestination: MOVE_DESTINATION, ...one })),
    settings: {
      images: {
        ...sandbox.settings,
        perMinute: 1_000_000,
        identity: { ...identity, clients: [SITE_CLIENT, NEIGHBOUR_CLIENT] },
        ...changes,
      },
      imageReception: storage,
      rejectionNotes: {
        host: "127.0.0.1",
        port: 0,
        senders: configured.map(({ aeTitle }) => ({ aeTitle, address: "127.0.0.1" })),
      },
      source: QUICK,
      dmp: { perMinute: 60_000 },
    },
  });
  const token = await sandbox.psc.issue("radiologist", { expiresIn: DAY_S });
  const { host, port } = site.box.addresses.images ?? { host: "", port: 0 };
  const authority = readFileSync(sandbox.serverAuthorityFile);
  const keptPorts = [sandbox.psc.issuer, site.dmp.url].map((url) => Number(new URL(url).port));
  let last = 0;
  let sent: Promise<unknown> = Promise.resolve();

  const headersOf = ({ manifest }: Published, changed: Asking["headers"] = {}) =>
    Object.fromEntries(
      Object.entries({
        accept: ACCEPT,
        authorization: `Bearer ${token}`,
        "kos-sopinstanceuid": manifest,
        ...changed,
      }).filter(([, value]) => value !== undefined),
    ) as Record<string, string | readonly string[]>;
  const pathOf = ({ study }: Published, path = `/studies/${study.studyInstanceUID}`) => `/dicom-web-rs${path}`;
  const certificateOf = (who: Asking["identity"] = pki.structures[1].auth) =>
    who === "nobody" ? {} : { cert: who.certificate, key: who.key };

  const it: ImageSite = {
    ...{ site, pki, sandbox, archives, revoked, third, token },
    async publish(name, filed) {
      last += 1;
      const archive = archives[name];
      if (archive === undefined) throw new Error(`no PACS ${name}`);
      const [patient, ordered] = [person(last), order(`26-${last}`)];
      const study = images(patient, ordered, filed);
      archive.pacs.add(study);
      const message = reportMessage(patient, [ordered], `R${last}`);
      // One after the other, as a RIS does.
      sent = sent.then(() => site.send(message));
      await sent;
      const manifest = await until(
        () => site.dmp.approvedManifests(study.studyInstanceUID)[0]?.uniqueId,
        "published",
        60_000,
      );
      return { archive, patient, study, manifest };
    },
    async reject({ archive, study }) {
      const { host: address, port: number } = site.box.addresses.notes ?? { host: "", port: 0 };
      const to = { host: address, port: number, aeTitle: "DRIMBOX" };
      await archive.pacs.reject(study.studyInstanceUID, { title: TITLES["patient-safety"], to });
    },
    ask(one, { path, headers, identity: who, from = "127.0.0.1", agent, seen } = {}) {
      return new Promise((resolve) => {
        const own = { ca: authority, ...certificateOf(who), localAddress: from, agent: agent ?? false };
        const lines = headersOf(one, headers) as OutgoingHttpHeaders;
        const outgoing = request({ host, port, path: pathOf(one, path), headers: lines, ...own });
        outgoing.on("error", () => resolve({ end: "none", code: undefined, contentType: "", body: Buffer.alloc(0) }));
        outgoing.on("response", (response) => {
          seen?.(response);
          resolve(answered(response));
        });
        outgoing.end();
      });
    },
    dial: (from, options) =>
      new Promise((resolve, reject) => {
        const own = { ca: authority, ...certificateOf(), localAddress: from };
        const socket = connect({ host, port, ...own, ...options } as ConnectionOptions, () => resolve(socket));
        socket.on("error", reject);
      }),
    lines(one, changed) {
      const headers = Object.entries(headersOf(one, changed)).map(([name, value]) => `${name}: ${value}\r\n`);
      return `GET ${pathOf(one)} HTTP/1.1\r\nHost: ${host}\r\n${headers.join("")}\r\n`;
    },
    async trail(after, wanted) {
      const { records } = await searched(site, wanted === undefined ? 20 : 500);
      const found = records.find(
        ({ seq, event, code }) => seq > after && /^(images-sent|\w+-refused)$/.test(event) && (wanted ?? code) === code,
      );
      return found === undefined ? "" : `${found.event} ${found.outcome} ${found.code ?? ""}`.trim();
    },
    lastRecord: async () => (await searched(site, 1)).records[0]?.seq ?? 0,
    remains: () => ({
      descriptors: descriptors(keptPorts),
      timers: process.getActiveResourcesInfo().filter((name) => name === "Timeout").length,
      associations: Object.values(archives).reduce((sum, { pacs }) => sum + pacs.associations, 0),
      filling: filling(join(folder, "box", "images")),
    }),
    async settles(before, patienceMs = PATIENCE_MS) {
      const left = () => {
        const now = it.remains();
        const more = Object.entries(now).filter(([name, count]) => count > before[name as keyof Remains]);
        return more.map(([name, count]) => `${count} ${name}, there were ${before[name as keyof Remains]}`);
      };
      await until(() => (left().length === 0 ? true : undefined), "settled", patienceMs).catch(() => {
        throw new Error(`left behind: ${left().join("; ")}`);
      });
    },
    async [Symbol.asyncDispose]() {
      await site.stop();
      await sandbox.psc.stop();
      for (const { pacs, line } of Object.values(archives)) {
        await pacs.stop();
        await line.leadTo("off");
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return it;
}

async function answered(response: IncomingMessage): Promise<Answered> {
  const { statusCode = 0, headers } = response;
  const contentType = headers["content-type"] ?? "";
  const pieces: Buffer[] = [];
  let ended = true;
  try {
    for await (const piece of response) pieces.push(piece);
  } catch {
    ended = false;
  }
  const body = Buffer.concat(pieces);
  const facts = { contentType, body };
  if (statusCode !== 200) return { end: String(statusCode), code: codeIn(contentType, body), ...facts };
  if (!ended) return { end: "cut", code: undefined, ...facts };
  const whole = !contentType.startsWith("multipart/") || readParts(contentType, body).whole;
  return { end: whole ? "whole" : "unfinished", code: undefined, ...facts };
}

function codeIn(contentType: string, body: Buffer): string | undefined {
  return contentType === "application/json" ? (JSON.parse(body.toString()) as { code: string }).code : undefined;
}

interface Trail {
  readonly records: readonly {
    readonly seq: number;
    readonly event: string;
    readonly outcome: number;
    code?: string;
  }[];
}

async function searched(site: Site, limit: number): Promise<Trail> {
  return JSON.parse((await site.api("GET", `/audit?limit=${limit}`)).toString()) as Trail;
}

/** Descriptors of this process, but for connections that are kept for the next question to these ports. */
function descriptors(keptPorts: readonly number[]): number {
  const kept = connections().filter(({ ports }) => ports.some((port) => keptPorts.includes(port)));
  const sockets = new Set(kept.map(({ inode }) => `socket:[${inode}]`));
  return readdirSync("/proc/self/fd").filter((name) => !sockets.has(targetOf(name))).length;
}

/** Both ends of each TCP connection of this machine, as the kernel lists them. */
function connections() {
  const lines = readFileSync("/proc/net/tcp", "latin1").trim().split("\n").slice(1);
  return lines.map((line) => {
    const [, local = "", remote = "", , , , , , , inode] = line.trim().split(/\s+/);
    const ports = [local, remote].map((end) => Number.parseInt(end.split(":")[1] ?? "", 16));
    return { ports, inode };
  });
}

function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    // It was that of the listing itself.
    return "";
  }
}

/** Entries of the cache without the file that is written last. */
function filling(folder: string): number {
  return readdirSync(folder).filter((name) => !existsSync(join(folder, name, "entry.json"))).length;
}

/** What is still referred to, in bytes: resident memory says more of the collector's mood. */
export async function livingBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  // What waits for a finalizer or for a socket to close goes at the next time.
  for (let time = 0; time < 3; time++) {
    collect();
    await sleep(100);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** The value once there is one. */
export async function until<Value>(
  value: () => Value | undefined | Promise<Value | undefined>,
  what: string,
  patienceMs = PATIENCE_MS,
): Promise<Value> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await sleep(10)) {
    const found = await value();
    if (found !== undefined) return found;
  }
  throw new Error(`not ${what} in ${patienceMs / 1000} s`);
}
