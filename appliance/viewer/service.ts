import type { X509Certificate } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { boundConnections, type CodedError } from "../base/index.ts";
import { createLogin, type LoginOptions } from "../identity/index.ts";
import { type PublicTlsOptions, publicTls } from "../trust/index.ts";
import { viewerErrors } from "./errors.ts";
import { PATHS } from "./pages.ts";
import { Rate } from "./rate.ts";
import { createRecorder, type RecorderOptions } from "./recorder.ts";
import { type RouteOptions, viewerRoutes } from "./routes.ts";
import { Sessions } from "./sessions.ts";
import { STYLE_SOURCE } from "./style.ts";

export interface ViewerServiceOptions
  extends Omit<RouteOptions, "login" | "sessions" | "recorder">,
    Omit<RecorderOptions, "log"> {
  readonly host: string;
  readonly port: number;
  /** Origin under which browsers reach it: what stands in the reports' links before the path. */
  readonly publicAddress: string;
  readonly tls: Omit<PublicTlsOptions, "log">;
  readonly login: Omit<LoginOptions, "redirectAddress" | "returnAddress">;
  /** Milliseconds after which a session that is not used ends. */
  readonly idleMs: number;
  /** Requests of one address in a minute. */
  readonly perMinute: number;
}

/** What the links of reports lead to, on the side of the Internet. */
export interface ViewerService {
  /** Rejects with the reason of the system. */
  listen(): Promise<void>;
  readonly address: { readonly host: string; readonly port: number } | undefined;
  /** What keeps visitors from being served now; empty when all is well. */
  problems(): CodedError[];
  /** Of the listener, the one in force. */
  readonly certificate: X509Certificate;
  close(): Promise<void>;
}

/** A request line and its headers that take longer are no browser's; and how often that is looked at. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
const LOOKED_AT_MS = 5_000;
/** A browser fetches one page and waits, over one or two; a hospital's browsers come from one address. */
const CONNECTIONS = { all: 512, ofOne: 64 };
/** A logout says nothing in its body. */
const LARGEST_BODY_BYTES = 1024;
const A_YEAR_SECONDS = 31_536_000;

/** Opens the service. Rejects with TRUST_* or IDENTITY_CONFIGURATION. */
export async function openViewerService(options: ViewerServiceOptions): Promise<ViewerService> {
  const { host, port, publicAddress, log } = options;
  await using opened = new AsyncDisposableStack();
  const tls = opened.adopt(await publicTls({ ...options.tls, log }), (one) => one.close());
  const redirectAddress = publicAddress + PATHS.login;
  const returnAddress = publicAddress + PATHS.loggedOut;
  const login = opened.adopt(createLogin({ ...options.login, redirectAddress, returnAddress }), (one) => one.close());
  const server = Fastify({
    forceCloseConnections: true,
    bodyLimit: LARGEST_BODY_BYTES,
    // What cannot be decoded would be answered before any hook: it goes where nothing is, by the way of all.
    rewriteUrl: ({ url = "/" }) => (isWellFormed(url) ? url : "/"),
    serverFactory(handler) {
      const timeouts = {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: LOOKED_AT_MS,
      };
      const https = createServer({ ...tls.options, ...timeouts }, handler);
      boundConnections(https, CONNECTIONS);
      tls.attach(https);
      return https;
    },
  });
  opened.defer(() => server.close());
  server.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, async () => undefined);
  protect(server, { rate: new Rate(options.perMinute), logout: options.login.endSessionEndpoint });
  const sessions = new Sessions(options.idleMs);
  const recorder = opened.adopt(createRecorder(options), (one) => one.close());
  viewerRoutes(server, { ...options, login, sessions, recorder });
  await server.ready();
  const running = opened.move();
  return {
    async listen() {
      await server.listen({ host, port });
    },
    get address() {
      const address = server.server.address() as AddressInfo | null;
      return address === null ? undefined : { host, port: address.port };
    },
    get certificate() {
      return tls.certificate;
    },
    problems: () => [...tls.problems(), ...(login.fault === undefined ? [] : [login.fault])],
    close: () => running.disposeAsync(),
  };
}

function isWellFormed(url: string): boolean {
  try {
    decodeURIComponent(url.split("?", 1)[0] ?? "");
    return true;
  } catch {
    return false;
  }
}

/** What goes for every page: nothing runs, nothing is fetched, framed, kept or told to others; nobody asks too often. */
function protect(
  server: FastifyInstance,
  { rate, logout }: { readonly rate: Rate; readonly logout: string | undefined },
) {
  // The logout is a form that ends at Pro Santé Connect: browsers hold redirects of forms to the policy, too.
  const forms = ["'self'", ...(logout === undefined ? [] : [new URL(logout).origin])].join(" ");
  const policy = [
    "default-src 'none'",
    `style-src ${STYLE_SOURCE}`,
    `form-action ${forms}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  server.addHook("onRequest", async (request, reply) => {
    reply.headers({
      "content-security-policy": policy,
      "strict-transport-security": `max-age=${A_YEAR_SECONDS}`,
      "x-content-type-options": "nosniff",
      // The address of a page names an exam.
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      vary: "accept-language, cookie",
    });
    const seconds = rate.count(request.ip);
    if (seconds > 0) throw viewerErrors.fault("VIEWER_TOO_MANY_REQUESTS", { details: { seconds } });
  });
}
