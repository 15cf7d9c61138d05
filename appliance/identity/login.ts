import { AsyncLocalStorage } from "node:async_hooks";
import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  ClientError,
  Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  enableNonRepudiationChecks,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from "openid-client";
import { CodedError, said } from "../base/index.ts";
import { nameOf, readExercises, subjectNameIDOf } from "./claims.ts";
import { identityErrors } from "./errors.ts";
import { createExchange, tokenRefusal, unexpected, userinfoRefusal } from "./exchange.ts";
import { LONGEST_SESSION_SECONDS, type LoggedIn, type Login, type LoginAttempt, type LoginOptions } from "./model.ts";
import { maySeeImages, PHYSICIANS } from "./professions.ts";
import { authenticationOf } from "./provider.ts";

/** The level that is asked for (PSC.08), and those above it. */
const LEVEL = "eidas1";
const LEVELS: readonly unknown[] = [LEVEL, "eidas2", "eidas3"];
const SCOPE = "openid scope_all";
/** By what an ID token may be signed: public keys only, SHA-256 or more. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];
const DEFAULT_TIMEOUT = 5_000;
/** Milliseconds that a fault is told for when nobody tries again: nobody knows whether it still is one. */
const FAULT_LIFE = 900_000;
/** What else a visitor can spoil, beside the nonce, in the address under which he leaves for Pro Santé Connect. */
const VISITORS_CLAIMS: readonly unknown[] = ["acr", "auth_time"];
/** Seconds that the clocks may be apart. */
const CLOCK_SKEW = 30;

/**
 * The login of professionals at Pro Santé Connect: authorization code with PKCE (RFC 7636, S256), state, nonce, and the ID
 * token's signature verified (OpenID Connect Core 3.1). No token outlives the login but the ID token, by which it is ended.
 * @throws IDENTITY_CONFIGURATION
 */
export function createLogin(options: LoginOptions): Login {
  requireSecure(options);
  const { client, redirectAddress, endSessionEndpoint, professions = PHYSICIANS } = options;
  const { time, ticks } = options.clocks ?? { time: () => Date.now(), ticks: () => performance.now() };
  const exchange = createExchange(options, {
    [options.tokenEndpoint]: tokenRefusal,
    [options.userinfoEndpoint]: userinfoRefusal,
  });
  const configuration = new Configuration(
    said({
      issuer: options.issuer,
      authorization_endpoint: options.authorizationEndpoint,
      token_endpoint: options.tokenEndpoint,
      userinfo_endpoint: options.userinfoEndpoint,
      jwks_uri: options.jwksEndpoint,
      end_session_endpoint: endSessionEndpoint,
      id_token_signing_alg_values_supported: ALGORITHMS,
    }),
    client.id,
    {},
    authenticationOf(client),
  );
  /** Of the login under way: has Pro Santé Connect taken its code? What comes after is between it and the box. */
  const progress = new AsyncLocalStorage<{ codeTaken: boolean }>();
  configuration[customFetch] = async (url, request) => {
    const answer = await exchange.fetch(url, request);
    const login = progress.getStore();
    if (login !== undefined && url === options.tokenEndpoint) login.codeTaken = true;
    return answer;
  };
  configuration.timeout = (options.timeout ?? DEFAULT_TIMEOUT) / 1000;
  enableNonRepudiationChecks(configuration);
  let last: { readonly fault: CodedError; readonly at: number } | undefined;

  async function identify(answer: URLSearchParams, { state, nonce, verifier }: LoginAttempt): Promise<LoggedIn> {
    const tokens = await authorizationCodeGrant(configuration, new URL(`${redirectAddress}?${answer}`), {
      ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true },
    });
    const { id_token: idToken } = tokens;
    const claims = tokens.claims();
    if (claims === undefined || idToken === undefined) throw unexpected("id_token");
    if (!LEVELS.includes(claims.acr)) throw unverified("acr");
    const { auth_time: authTime = 0 } = claims;
    if (authTime + LONGEST_SESSION_SECONDS + CLOCK_SKEW < time() / 1000) throw unverified("auth_time");
    const userinfo = await fetchUserInfo(configuration, tokens.access_token, claims.sub);
    const subjectNameID = subjectNameIDOf({ subjectNameID: undefined }, userinfo);
    const exercises = readExercises(userinfo) ?? [];
    const refused = { values: { subjectNameID } };
    if (exercises.length === 0) throw identityErrors.fault("IDENTITY_PROFESSION_UNKNOWN", refused);
    if (!maySeeImages(exercises, professions)) throw identityErrors.fault("IDENTITY_PROFESSION_REFUSED", refused);
    return said({ subjectNameID, name: nameOf(userinfo), exercises, authenticatedAt: authTime * 1000, idToken });
  }

  return {
    async begin() {
      const attempt = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
      const address = buildAuthorizationUrl(configuration, {
        redirect_uri: redirectAddress,
        scope: SCOPE,
        acr_values: LEVEL,
        max_age: String(LONGEST_SESSION_SECONDS),
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: "S256",
      });
      return { ...attempt, address: address.href };
    },
    async complete(answer, attempt) {
      const login = { codeTaken: false };
      try {
        const professional = await progress.run(login, () => identify(answer, attempt));
        last = undefined;
        return professional;
      } catch (error) {
        const fault = codedOf(error);
        if (fault.code.startsWith("IDENTITY_PROFESSION_")) last = undefined;
        else if (isTheirs(error, fault) || (login.codeTaken && !isVisitors(error, attempt)))
          last = { fault, at: ticks() };
        throw fault;
      }
    },
    logoutAddress(idToken) {
      if (endSessionEndpoint === undefined) return undefined;
      const parameters = { id_token_hint: idToken, post_logout_redirect_uri: options.returnAddress };
      return buildEndSessionUrl(configuration, parameters).href;
    },
    get fault() {
      return last !== undefined && ticks() < last.at + FAULT_LIFE ? last.fault : undefined;
    },
    close: exchange.close,
  };
}

/** True when nothing came of a login by what Pro Santé Connect answered the box, or did not: never by a browser's word. */
function isTheirs(error: unknown, fault: CodedError): boolean {
  return fault.retry !== "never" && !(error instanceof AuthorizationResponseError);
}

/** True when the ID token is wrong in what the visitor may have asked for himself. */
function isVisitors(error: unknown, { nonce }: LoginAttempt): boolean {
  if (error instanceof CodedError) return VISITORS_CLAIMS.includes(error.details.reason);
  const { cause } = error instanceof ClientError && error.cause instanceof Error ? error.cause : {};
  if (typeof cause !== "object" || cause === null || !("claims" in cause)) return false;
  return (cause.claims as { readonly nonce?: unknown }).nonce !== nonce;
}

/** The library's errors hold what was sent and answered: only their code goes further. */
function codedOf(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  if (error instanceof AuthorizationResponseError) return refusedBy(error.error);
  if (error instanceof ClientError) {
    return error.cause instanceof CodedError ? error.cause : unverified(error.code ?? error.name);
  }
  return unverified("OpenID Connect");
}

/** What Pro Santé Connect sent the browser back with instead of a code (RFC 6749 4.1.2.1). */
function refusedBy(reason: string): CodedError {
  if (reason === "temporarily_unavailable" || reason === "server_error")
    return identityErrors.fault("IDENTITY_PSC_UNAVAILABLE", { details: { reason } });
  // Anybody may write that address: what is no word of the specification is not repeated.
  const details = { reason: /^[a-z_]{1,40}$/.test(reason) ? reason : "unknown" };
  return identityErrors.fault("IDENTITY_LOGIN_REFUSED", { details });
}

function unverified(reason: string): CodedError {
  return identityErrors.fault("IDENTITY_LOGIN_UNVERIFIED", { details: { reason } });
}

function requireSecure(options: LoginOptions): void {
  const { authorizationEndpoint, tokenEndpoint, userinfoEndpoint, jwksEndpoint, endSessionEndpoint } = options;
  const addresses = { authorizationEndpoint, tokenEndpoint, userinfoEndpoint, jwksEndpoint, endSessionEndpoint };
  for (const [where, address] of Object.entries(addresses))
    if (address !== undefined && URL.parse(address)?.protocol !== "https:")
      throw identityErrors.fault("IDENTITY_CONFIGURATION", { where });
}
