import { X509Certificate } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { SecureContextOptions, TlsOptions } from "node:tls";
import type { CodedError, Logger } from "../base/index.ts";
import { loadAuthorities } from "./authorities.ts";
import { formatDistinguishedName, subjectOf } from "./distinguished-name.ts";
import { trustErrors } from "./errors.ts";
import { FollowedFile, readBytes } from "./followed-file.ts";
import type { KeyPairFiles } from "./model.ts";
import { type NationalPeer, peerOf } from "./national-peer.ts";
import { NOBODYS_LIST, type RevocationList, readRevocationLists } from "./revocation-list.ts";
import { followIdentity, known, tryContext } from "./server-identity.ts";
import { NATIONAL_POLICY } from "./tls-policy.ts";

export interface NationalTlsOptions extends KeyPairFiles {
  /** PEM: the client authorities of IGC-Santé, every level from the root down. */
  readonly clientAuthorityFile: string;
  /** DER or PEM: together, a CRL of each of these authorities. */
  readonly revocationFiles: readonly string[];
  /** Seconds between two looks at the files. */
  readonly checkEverySeconds: number;
  readonly now: () => Date;
  readonly log: Logger;
}

/** TLS of the listener that other boxes call: its options, and the life of its files. */
export interface NationalTls {
  /** For `https.createServer`, as the files are now; `attach` the server at once. Every handshake with a certificate, or none, succeeds: `peerOf` tells what it is worth. */
  readonly options: TlsOptions;
  /** Keeps the server's context as the files are: new connections get the new one, the present ones end with their answer. */
  attach(server: Server): void;
  /** Who is there. Nothing may be answered from the box's data while there is a `fault`. */
  peerOf(socket: Socket): NationalPeer;
  /** Looks at the files now. */
  refresh(): Promise<void>;
  /** What is wrong now: files that could not be taken, CRLs that are missing or out of date. */
  problems(): CodedError[];
  /** The server's own certificate. */
  readonly certificate: X509Certificate;
  close(): void;
}

/** Largest CRL file; national authorities publish some MB. */
const MAX_CRL_BYTES = 32 * 1024 * 1024;
/** A caller has the address of a site's connection, not of a data centre's; still a handshake takes 3 round trips at most. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Loads everything once; missing or bad CRLs do not stop the box, they refuse the callers.
 * @throws TRUST_FILE_UNREADABLE, TRUST_KEY_INVALID, TRUST_CERTIFICATE_INVALID, TRUST_KEY_MISMATCH, TRUST_TLS_REFUSED
 */
export async function nationalTls(options: NationalTlsOptions): Promise<NationalTls> {
  const { clientAuthorityFile, log, now } = options;
  const identity = followIdentity(options);
  const authorities = new FollowedFile([clientAuthorityFile], async () => {
    const ca = await loadAuthorities(clientAuthorityFile);
    tryContext({ ca });
    return { ca, certificates: certificatesOf(ca) };
  });
  const revocations = options.revocationFiles.map(
    (path) =>
      new FollowedFile<RevocationList[]>([path], async (before = []) =>
        acceptable(readRevocationLists(await readBytes(path, MAX_CRL_BYTES)), before, known(authorities).certificates),
      ),
  );
  const files = [identity, authorities, ...revocations];
  const servers = new Set<Server>();
  const began = new WeakMap<Socket, number>();
  let swappedAt = Number.NEGATIVE_INFINITY;
  // A handshake may begin before a swap and end after it: for as long as one may take, who comes counts as of before.
  const isOld = (socket: Socket) => (began.get(socket) ?? swappedAt) < swappedAt + HANDSHAKE_TIMEOUT_MS;

  const lists = () => revocations.flatMap(({ value = [] }) => value);
  const context = (): SecureContextOptions => ({
    ...NATIONAL_POLICY,
    ...known(identity).own,
    ca: known(authorities).ca,
    crl: [NOBODYS_LIST, ...lists().map(({ pem }) => pem)],
  });

  async function read(): Promise<Set<"same" | "taken" | "refused">> {
    const outcomes = new Set([await identity.refresh()]);
    const renewed = await authorities.refresh();
    outcomes.add(renewed);
    // With other authorities the same CRL may be of one of them, or no longer.
    for (const file of revocations) outcomes.add(await file.refresh(renewed === "taken"));
    return outcomes;
  }

  async function refresh(): Promise<void> {
    const outcomes = await read();
    if (outcomes.has("taken") || outcomes.has("refused")) tell();
    if (!outcomes.has("taken")) return;
    swappedAt = performance.now();
    for (const server of servers) {
      server.setSecureContext(context());
      server.closeIdleConnections();
    }
  }

  const missingLists = () => gaps(known(authorities).certificates, lists(), now());

  function tell(): void {
    for (const { path, fault } of files) if (fault) log.warn({ code: fault.code, file: path }, fault.message);
    for (const gap of missingLists()) log.warn({ code: gap.code }, gap.message);
    log.info({ crls: lists().length }, "the files of the national listener were read");
  }

  await read();
  const missing = identity.fault ?? authorities.fault;
  if (missing !== undefined) throw missing;
  tell();

  let turn: Promise<void> | undefined;
  /** One look at a time, whoever asks. */
  const look = (): Promise<void> => {
    turn ??= refresh().finally(() => {
      turn = undefined;
    });
    return turn;
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => log.error({ error }, "the files of the national listener could not be looked at"));
  }, options.checkEverySeconds * 1_000).unref();

  return {
    get options() {
      return { ...context(), requestCert: true, rejectUnauthorized: false, handshakeTimeout: HANDSHAKE_TIMEOUT_MS };
    },
    attach(server) {
      servers.add(server);
      server.on("secureConnection", (socket) => began.set(socket, performance.now()));
      server.prependListener("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
        if (isOld(socket)) response.shouldKeepAlive = false;
      });
      server.once("close", () => servers.delete(server));
    },
    peerOf: (socket) => peerOf(socket, known(authorities).certificates, now()),
    refresh: look,
    problems: () => [...files.flatMap(({ fault }) => fault ?? []), ...missingLists()],
    get certificate() {
      return known(identity).certificate;
    },
    close: () => clearInterval(timer),
  };
}

function certificatesOf(pem: string): X509Certificate[] {
  return (pem.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? []).map((text) => new X509Certificate(text));
}

/**
 * The lists of our authorities among those of a file, none older than before.
 * @throws TRUST_CRL_FOREIGN, TRUST_CRL_OLDER
 */
function acceptable(
  lists: readonly RevocationList[],
  before: readonly RevocationList[],
  authorities: readonly X509Certificate[],
): RevocationList[] {
  const ours = lists.filter((list) => authorities.some((authority) => list.isOf(authority)));
  if (ours.length === 0) {
    const authority = lists[0] === undefined ? "" : formatDistinguishedName(lists[0].issuer);
    throw trustErrors.fault("TRUST_CRL_FOREIGN", { details: { authority } });
  }
  for (const old of before) {
    const authority = authorities.find((one) => old.isOf(one));
    const next = authority && ours.find((list) => list.isOf(authority));
    if (next && next.thisUpdate < old.thisUpdate) {
      throw trustErrors.fault("TRUST_CRL_OLDER", { details: { date: next.thisUpdate.toISOString() } });
    }
  }
  return ours;
}

/** A CRL that is missing or out of date, for each level. */
function gaps(authorities: readonly X509Certificate[], lists: readonly RevocationList[], now: Date): CodedError[] {
  return authorities.flatMap((certificate) => {
    const authority = formatDistinguishedName(subjectOf(certificate));
    const own = lists.filter((list) => list.isOf(certificate));
    if (own.length === 0) return [trustErrors.fault("TRUST_CRL_MISSING", { details: { authority } })];
    const until = new Date(Math.max(...own.map(({ nextUpdate }) => nextUpdate.getTime())));
    if (until >= now) return [];
    return [trustErrors.fault("TRUST_CRL_EXPIRED", { details: { authority, date: until.toISOString() } })];
  });
}
