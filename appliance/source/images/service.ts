import type { X509Certificate } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { boundConnections, type CodedError, type Logger, said } from "../../base/index.ts";
import { openCache } from "../../cache/index.ts";
import { createTokenGate, type TokenGateOptions } from "../../identity/index.ts";
import { createImages, type Images, type InstanceFacts } from "../../images/index.ts";
import type { PacsGroup } from "../../pacs/index.ts";
import { createPixels } from "../../pixels/index.ts";
import type { Store } from "../../store/index.ts";
import {
  type NationalTlsOptions,
  nationalTls,
  openWhiteList,
  type WhiteListKeeper,
  type WhiteListOptions,
} from "../../trust/index.ts";
import { sourceErrors } from "../errors.ts";
import type { Environment } from "../intake/identity.ts";
import { Admission, type AdmissionLimits } from "./admission.ts";
import type { Peer } from "./gate.ts";
import { createImageListener } from "./listener.ts";
import { createManifests, type Manifests } from "./manifests.ts";
import { Prefetch, type PrefetchOptions, type PrefetchRules } from "./prefetch.ts";

export interface ImageServiceOptions {
  readonly host: string;
  readonly port: number;
  /** Address under which the manifests say that the images are, no trailing slash. */
  readonly base: string;
  readonly environment: Environment;
  readonly tls: Omit<NationalTlsOptions, "now" | "log">;
  readonly whiteList: Omit<WhiteListOptions, "now" | "log">;
  readonly tokens: TokenGateOptions;
  readonly cache: { readonly folder: string; readonly maximumBytes: number; readonly maximumAgeMs: number };
  readonly limits: AdmissionLimits;
  readonly lenient: boolean;
  /** Names of the PACS whose images may be transcoded; none when absent. */
  readonly transcode?: readonly string[];
  /** What is brought before anybody asks; nothing when absent. */
  readonly prefetch?: PrefetchRules;
  /** Told of each study that was brought so, or of why it was not. */
  readonly onPrefetch?: PrefetchOptions["onStudy"];
  readonly pacs: Pick<PacsGroup, "retrieve">;
  readonly store: Parameters<typeof createManifests>[0] & Pick<Store, "keepTraces">;
  readonly now: () => Date;
  readonly log: Logger;
}

/** The images of the site for other boxes. */
export interface ImageService {
  /** Begins to answer, if it may. Rejects with the reason of the system. */
  listen(): Promise<void>;
  /** Where it listens; undefined while it does not. */
  readonly address: { readonly host: string; readonly port: number } | undefined;
  /** What keeps others from being served now; empty when all is well. */
  problems(): CodedError[];
  /** Of the listener, the one in force. */
  readonly certificate: X509Certificate;
  /** The manifest of a study has come into the record: it is brought before anybody asks, when the rules want it. */
  published(studyInstanceUID: string): void;
  /** Nothing of the study is sent any more from what is kept; transfers under way are cut. */
  withdraw(studyInstanceUID: string): Promise<void>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** At a time, TLS handshakes included: many times what transfers need. */
const CONNECTIONS = { all: 512, ofOne: 128 };

/** How the facts of an instance are kept; another number makes a cache of another version useless. */
const FACTS_VERSION = "1";
/** For a request, none of which has a body; slow senders hold a connection, not a transfer. And how often that is looked at. */
const REQUEST_TIMEOUT_MS = 15_000;
const LOOKED_AT_MS = 5_000;
/** What the end waits for the last connections. */
const LONGEST_CLOSE_MS = 2000;

/**
 * Opens the service. In production it does not listen until the signature of the white list can be verified: nobody is let in
 * by a list that anybody may have written. Rejects with TRUST_*, CACHE_*, IDENTITY_CONFIGURATION.
 */
export async function openImageService(options: ImageServiceOptions): Promise<ImageService> {
  const { now, log, environment, host, port } = options;
  await using opened = new AsyncDisposableStack();
  const cache = opened.adopt(await openCache<InstanceFacts>({ ...options.cache, version: FACTS_VERSION, log }), (one) =>
    one.close(),
  );
  const pixels = opened.adopt(createPixels(), (one) => one.close());
  const images = createImages({ cache, pixels, base: options.base, log });
  const tls = opened.adopt(await nationalTls({ ...options.tls, now, log }), (one) => one.close());
  const whiteList = opened.adopt(await openWhiteList({ ...options.whiteList, now, log }), (one) => one.close());
  const tokens = opened.adopt(createTokenGate(options.tokens), (one) => one.close());
  const mayListen = environment !== "production" || whiteList.current?.verified === true;
  const manifests = createManifests(options.store);
  const prefetch = prefetchOf(options, images, manifests);
  if (prefetch !== undefined) opened.defer(() => prefetch.close());
  const server = createServer(
    {
      ...tls.options,
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: LOOKED_AT_MS,
    },
    createImageListener({
      ...options,
      images,
      gate: {
        peerOf: (socket) => peerOf(socket, tls.peerOf(socket)),
        isListed: (peer) => isListed(peer, whiteList),
        tokens,
      },
      admission: new Admission(options.limits),
      manifests,
    }),
  );
  boundConnections(server, CONNECTIONS);
  tls.attach(server);
  opened.defer(
    () =>
      new Promise<void>((resolve) => {
        if (!server.listening) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
        // A handshake that is under way is no connection yet, and waits for its own time.
        setTimeout(resolve, LONGEST_CLOSE_MS).unref();
      }),
  );
  const running = opened.move();
  return {
    async listen() {
      if (mayListen) await listening(server, host, port);
      else log.warn({ code: "SOURCE_WHITE_LIST_UNVERIFIED" }, "images are not served");
    },
    get address() {
      const address = server.address() as AddressInfo | null;
      return address === null ? undefined : { host, port: address.port };
    },
    get certificate() {
      return tls.certificate;
    },
    problems: () => [
      ...(mayListen ? [] : [sourceErrors.fault("SOURCE_WHITE_LIST_UNVERIFIED")]),
      ...(whiteList.current === undefined ? [sourceErrors.fault("SOURCE_WHITE_LIST_MISSING")] : []),
      ...(whiteList.fault === undefined ? [] : [whiteList.fault]),
      ...tls.problems(),
    ],
    published(studyInstanceUID) {
      if (mayListen) prefetch?.add(studyInstanceUID);
    },
    withdraw: images.withdraw,
    close: () => running.disposeAsync(),
  };
}

function prefetchOf(
  { prefetch: rules, onPrefetch: onStudy, pacs, log }: ImageServiceOptions,
  images: Images,
  manifests: Manifests,
): Prefetch | undefined {
  return rules && new Prefetch(said({ ...rules, images, manifests, pacs, log, onStudy }));
}

function peerOf(socket: Socket, peer: Omit<Peer, "certificate">): Peer {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.raw : undefined;
  const { address, name, distinguishedName, fault } = peer;
  return {
    ...{ address, name },
    ...(distinguishedName !== undefined && { distinguishedName }),
    ...(certificate !== undefined && { certificate }),
    ...(fault !== undefined && { fault }),
  };
}

function isListed({ distinguishedName }: Peer, { current }: WhiteListKeeper): boolean {
  return distinguishedName !== undefined && current?.find(distinguishedName) !== undefined;
}

function listening(server: Server, host: string, port: number) {
  return new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
