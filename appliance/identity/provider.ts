import {
  ClientError,
  ClientSecretBasic,
  Configuration,
  customFetch,
  fetchUserInfo,
  TlsClientAuth,
  tokenIntrospection,
} from "openid-client";
import { CodedError } from "../base/index.ts";
import { identityErrors } from "./errors.ts";
import { createExchange, introspectionRefusal, unexpected, userinfoRefusal } from "./exchange.ts";
import type { TokenGateOptions } from "./model.ts";

/** What Pro Santé Connect says, not yet read. */
export type Claims = Readonly<Record<string, unknown>>;

/** The two questions to Pro Santé Connect. Both reject with IDENTITY_* only. */
export interface Provider {
  /** RFC 7662: the claims of a token that is active. */
  introspect(token: string): Promise<Claims>;
  /** OpenID Connect Core 5.3: the claims of `subject`, to whom the token must belong. */
  userinfo(token: string, subject: string): Promise<Claims>;
  close(): Promise<void>;
}

/** @param timeout Milliseconds that a question may take in all. */
export function createProvider(options: TokenGateOptions, timeout: number): Provider {
  const { client } = options;
  const exchange = createExchange(options, {
    [options.introspectionEndpoint]: introspectionRefusal,
    [options.userinfoEndpoint]: userinfoRefusal,
  });
  const configuration = new Configuration(
    {
      issuer: options.issuer,
      introspection_endpoint: options.introspectionEndpoint,
      userinfo_endpoint: options.userinfoEndpoint,
    },
    client.id,
    {},
    authenticationOf(client),
  );
  configuration[customFetch] = exchange.fetch;
  configuration.timeout = timeout / 1000;

  return {
    async introspect(token) {
      const claims = await coded(tokenIntrospection(configuration, token));
      if (!claims.active) throw identityErrors.fault("IDENTITY_TOKEN_INACTIVE");
      return claims;
    },
    userinfo: (token, subject) => coded(fetchUserInfo(configuration, token, subject)),
    close: exchange.close,
  };
}

export function authenticationOf(client: TokenGateOptions["client"]) {
  return "secret" in client ? ClientSecretBasic(client.secret) : TlsClientAuth();
}

/** The library's errors hold what was sent and answered: only their code goes further. */
async function coded<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ClientError && error.cause instanceof CodedError) throw error.cause;
    throw unexpected(error instanceof ClientError ? (error.code ?? error.name) : "OpenID Connect");
  }
}
