import { randomBytes, X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { type ClientMetadata, type Configuration, type JWK, type KoaContextWithOIDC, Provider } from "oidc-provider";
import type { Endpoint } from "./faults.ts";
import { LEVEL } from "./login.ts";
import { type PersonName, people } from "./people.ts";
import type { Storage } from "./storage.ts";

/** A service known to Pro Santé Connect: by its certificate's subject (RFC 8705 2.1.2), or by its secret. */
export type Client = {
  readonly id: string;
  readonly mayIntrospect: boolean;
  /** Where it may send browsers back, when professionals log in for it. */
  readonly returns?: { readonly login: string; readonly logout: string };
} & ({ readonly certificate: string } | { readonly secret: string });

/** The realm of Pro Santé Connect and the paths below it. */
export const REALM = "/auth/realms/esante-wallet";
export const PATHS = {
  introspection: `${REALM}/protocol/openid-connect/token/introspect`,
  userinfo: `${REALM}/protocol/openid-connect/userinfo`,
  token: `${REALM}/protocol/openid-connect/token`,
  jwks: `${REALM}/protocol/openid-connect/certs`,
} as const;
/** Where browsers go. */
export const BROWSER_PATHS = {
  authorization: "/auth",
  interaction: `${REALM}/login`,
  end_session: `${REALM}/protocol/openid-connect/logout`,
} as const;

/** Seconds: an access token lives 2 minutes, a refresh token 30, a session 4 hours (requirements 4B.14). */
export const LIVES = { AccessToken: 120, RefreshToken: 1800, Grant: 14_400 } as const;

/** May make other claims of the true ones. */
export type Alter = (endpoint: Endpoint, claims: Record<string, unknown>) => unknown;

/** The library with the ways of Pro Santé Connect: its paths, lives, claims, and mutual TLS. */
export function createPscProvider(
  origin: string,
  clients: readonly Client[],
  storage: Storage,
  key: JWK,
  alter: Alter,
): Provider {
  const introspectors = new Set(clients.filter(({ mayIntrospect }) => mayIntrospect).map(({ id }) => id));
  const configuration: Configuration = {
    adapter: (model) => storage.adapter(model),
    clients: clients.map((client) => ({
      client_id: client.id,
      ...returnsOf(client),
      ...authenticationOf(client),
    })),
    clientAuthMethods: ["client_secret_basic", "tls_client_auth"],
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    routes: { ...PATHS, authorization: BROWSER_PATHS.authorization, end_session: BROWSER_PATHS.end_session },
    acrValues: [LEVEL],
    pkce: { required: () => true },
    interactions: { url: (_, { uid }) => `${BROWSER_PATHS.interaction}/${uid}` },
    async loadExistingGrant({ oidc: { provider, client, session } }) {
      // Whoever logs in agrees: Pro Santé Connect asks nothing more.
      const { clientId = "" } = client ?? {};
      const known = session?.grantIdFor(clientId);
      if (known !== undefined) return provider.Grant.find(known);
      const grant = new provider.Grant({ clientId, accountId: session?.accountId ?? "" });
      grant.addOIDCScope("openid scope_all");
      await grant.save();
      return grant;
    },
    scopes: ["openid", "scope_all", "offline_access"],
    claims: { acr: null, auth_time: null, openid: ["sub"], scope_all: ["SubjectNameID", "SubjectRefPro"] },
    findAccount: (_, sub) => {
      const person = people[sub as PersonName];
      return person && { accountId: sub, claims: async () => ({ sub, ...person }) };
    },
    ttl: { ...LIVES, IdToken: LIVES.AccessToken, Session: LIVES.Grant, Interaction: 600 },
    jwks: { keys: [key] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        async logoutSource(ctx, form) {
          ctx.body = `<!doctype html><title>Sandbox</title>${form}<button form="op.logoutForm" name="logout" value="yes">Quitter</button>`;
        },
      },
      introspection: { enabled: true, allowedPolicy: (_, client) => introspectors.has(client.clientId) },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        certificateBoundAccessTokens: true,
        getCertificate: (ctx) => peerCertificate(ctx),
        certificateAuthorized: (ctx) => (ctx.req.socket as TLSSocket).authorized,
        certificateSubjectMatches: (ctx, _, expected) => subjectOf(peerCertificate(ctx)) === expected,
      },
    },
  };
  const provider = new Provider(`${origin}${REALM}`, configuration);
  provider.use(async (ctx, next) => {
    await next();
    const endpoint = ctx.oidc?.route as Endpoint;
    if (endpoint === "introspection") addClaims(ctx.body, ctx.oidc);
    ctx.body = alter(endpoint, ctx.body);
  });
  return provider;
}

/** What Pro Santé Connect says of a token beyond RFC 7662 (requirements 4B.15). */
function addClaims(body: Record<string, unknown>, { entities }: KoaContextWithOIDC["oidc"]): void {
  if (body.active !== true) return;
  const { AccessToken: access } = entities;
  const person = people[body.sub as PersonName];
  Object.assign(body, {
    typ: access === undefined ? "Refresh" : "Bearer",
    azp: body.client_id,
    auth_time: body.iat,
    nonce: "made up",
    ...(access === undefined ? {} : { SubjectNameID: person.SubjectNameID }),
  });
}

function returnsOf({ returns }: Client): Partial<ClientMetadata> {
  if (returns === undefined) return { redirect_uris: [], grant_types: [], response_types: [] };
  return {
    redirect_uris: [returns.login],
    post_logout_redirect_uris: [returns.logout],
    grant_types: ["authorization_code"],
    response_types: ["code"],
  };
}

function authenticationOf(client: Client) {
  if ("secret" in client)
    return { client_secret: client.secret, token_endpoint_auth_method: "client_secret_basic" as const };
  return {
    token_endpoint_auth_method: "tls_client_auth" as const,
    tls_client_auth_subject_dn: subjectOf(new X509Certificate(client.certificate)) ?? "",
    tls_client_certificate_bound_access_tokens: true,
  };
}

function peerCertificate(ctx: KoaContextWithOIDC): X509Certificate | undefined {
  return (ctx.req.socket as TLSSocket).getPeerX509Certificate();
}

/** RFC 4514: the most specific attribute first. */
function subjectOf(certificate: X509Certificate | undefined): string | undefined {
  return certificate?.subject.split("\n").reverse().join(",");
}
