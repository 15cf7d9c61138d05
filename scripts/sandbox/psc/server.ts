/** The stand-in of Pro Santé Connect: HTTPS on loopback, made-up professionals, and the faults a test asks for. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { SandboxPki } from "../pki.ts";
import { type Endpoint, type Fault, play } from "./faults.ts";
import { isSloppyLogin, serveLogin } from "./login.ts";
import type { PersonName } from "./people.ts";
import { BROWSER_PATHS, type Client, createPscProvider, LIVES, PATHS, REALM } from "./provider.ts";
import { createSigner } from "./signer.ts";
import { Storage } from "./storage.ts";

export interface PscOptions {
  readonly pki: Pick<SandboxPki, "trust" | "structures" | "issue">;
  /** Default: the two structures of the sandbox by certificate, one service by secret, one without introspection. */
  readonly clients?: readonly Client[];
}

export interface IssueOptions {
  /** Default: the site of the sandbox. */
  readonly client?: string;
  /** PEM of the certificate the token is bound to (RFC 8705 3). */
  readonly boundTo?: string;
  /** Seconds; default 2 minutes. */
  readonly expiresIn?: number;
  readonly kind?: "access" | "refresh";
}

export interface Psc {
  readonly issuer: string;
  readonly introspectionEndpoint: string;
  readonly userinfoEndpoint: string;
  readonly tokenEndpoint: string;
  readonly jwksEndpoint: string;
  /** Where browsers go to log in and out. */
  readonly authorizationEndpoint: string;
  readonly endSessionEndpoint: string;
  /** Requests received, by endpoint, those that met a fault included. */
  readonly asked: Readonly<Record<Endpoint, number>>;
  issue(person: PersonName, options?: IssueOptions): Promise<string>;
  revoke(token: string): void;
  expire(token: string): void;
  /** From now on and until `recover`; at one endpoint, or at all. */
  suffer(fault: Fault, at?: Endpoint): void;
  recover(): void;
  stop(): Promise<void>;
}

export const SITE_CLIENT = "drimbox-tilleuls";
export const NEIGHBOUR_CLIENT = "drimbox-confluent";
export const SECRET_CLIENT = { id: "drimbox secret", secret: "made up: nothing is behind it" } as const;
/** Origin of the links of the site, for which professionals log in. */
export const VIEWER_ADDRESS = "https://vi1.tilleuls.example.fr";
export const OTHER_CLIENT = { id: "agenda", secret: "made up: may not introspect" } as const;

/** Starts it on any free port; the port is open when the promise is kept. */
export async function startPsc({ pki, clients = defaultClients(pki) }: PscOptions): Promise<Psc> {
  const identity = await pki.issue({
    name: "psc",
    kind: "SERVER",
    commonName: "localhost",
    structure: { id: "1000000001", name: "SANDBOX PSC" },
  });
  // A client by secret has no certificate: which of the two a request needs is for the provider to say.
  const tls = { requestCert: true, rejectUnauthorized: false, minVersion: "TLSv1.2" } as const;
  const server = createServer({ key: identity.key, cert: identity.certificate, ca: pki.trust, ...tls });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const storage = new Storage();
  const endpoints = Object.keys(PATHS) as Endpoint[];
  const faults: Partial<Record<Endpoint, Fault>> = {};
  const asked: Record<Endpoint, number> = { introspection: 0, userinfo: 0, token: 0, jwks: 0 };
  const signer = createSigner();
  const provider = createPscProvider(origin, clients, storage, signer.key, (endpoint, claims) => {
    const fault = faults[endpoint];
    if (fault?.kind === "signed") return { ...claims, id_token: signer.resign(String(claims.id_token), fault.change) };
    return fault?.kind === "altered" ? fault.change(claims) : claims;
  });
  const answer = provider.callback();
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    serve(request, response).catch(() => response.destroy());
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams: query } = new URL(request.url ?? "/", origin);
    const endpoint = endpoints.find((name) => path === PATHS[name]);
    if (endpoint === undefined) return serveBrowser(path, query, request, response);
    asked[endpoint] += 1;
    if (await play(faults[endpoint], request, response)) return;
    if (isSloppy(endpoint, request)) response.writeHead(400).end();
    else await answer(request, response);
  }

  async function serveBrowser(
    path: string,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { authorization, interaction, end_session: logout } = BROWSER_PATHS;
    if (path.startsWith(`${interaction}/`)) return serveLogin(provider, request, response);
    const known = path.startsWith(authorization) || path === logout || path.startsWith(`${logout}/`);
    if (!known || (path === authorization && isSloppyLogin(query))) response.writeHead(known ? 400 : 404).end();
    else await answer(request, response);
  }

  return {
    issuer: `${origin}${REALM}`,
    introspectionEndpoint: origin + PATHS.introspection,
    userinfoEndpoint: origin + PATHS.userinfo,
    tokenEndpoint: origin + PATHS.token,
    jwksEndpoint: origin + PATHS.jwks,
    authorizationEndpoint: origin + BROWSER_PATHS.authorization,
    endSessionEndpoint: origin + BROWSER_PATHS.end_session,
    asked,
    async issue(person, { client: clientId = SITE_CLIENT, boundTo, expiresIn = LIVES.AccessToken, kind } = {}) {
      const client = await provider.Client.find(clientId);
      if (client === undefined) throw new Error(`no client ${clientId}`);
      const grant = new provider.Grant({ clientId, accountId: person });
      grant.addOIDCScope("openid scope_all");
      const grantId = await grant.save();
      const facts = { client, accountId: person, grantId, scope: "openid scope_all", gty: "authorization_code" };
      if (kind === "refresh") return new provider.RefreshToken(facts).save();
      const token = new provider.AccessToken({ ...facts, expiresIn });
      if (boundTo !== undefined) token.setThumbprint("x5t", new X509Certificate(boundTo));
      return token.save();
    },
    revoke: (token) => void storage.of("AccessToken").delete(token),
    expire(token) {
      const stored = storage.of("AccessToken").get(token);
      if (stored !== undefined) stored.exp = Math.floor(Date.now() / 1000) - 1;
    },
    suffer(fault, at) {
      for (const endpoint of at === undefined ? endpoints : [at]) faults[endpoint] = fault;
    },
    recover() {
      for (const endpoint of endpoints) delete faults[endpoint];
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** What a lenient server lets through: a token in the address, another form than RFC 7662 and RFC 6750 ask for. */
function isSloppy(endpoint: Endpoint, { url, method, headers }: IncomingMessage): boolean {
  if (url?.includes("?") || !headers.accept?.includes("application/json")) return true;
  if (endpoint === "userinfo") return !headers.authorization?.startsWith("Bearer ");
  if (endpoint === "jwks") return method !== "GET";
  return method !== "POST" || !headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
}

function defaultClients(pki: PscOptions["pki"]): readonly Client[] {
  const [site, neighbour] = pki.structures;
  return [
    {
      id: SITE_CLIENT,
      certificate: site.auth.certificate,
      mayIntrospect: true,
      returns: { login: `${VIEWER_ADDRESS}/login`, logout: `${VIEWER_ADDRESS}/logged-out` },
    },
    { id: NEIGHBOUR_CLIENT, certificate: neighbour.auth.certificate, mayIntrospect: true },
    { ...SECRET_CLIENT, mayIntrospect: true },
    { ...OTHER_CLIENT, mayIntrospect: false },
  ];
}
