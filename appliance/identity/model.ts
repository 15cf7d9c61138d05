import type { CodedError } from "../base/index.ts";
import type { ClientIdentity } from "../trust/index.ts";

/** Where a professional practises, as Pro Santé Connect says it: an entry of `activities`. */
export interface Activity {
  /** National identifier with its prefix (`ancienIdentifiantDeLaStructure`): FINESS 750099999 is `1750099999`. */
  readonly structureId?: string;
  /** `raisonSocialeSite`. */
  readonly structureName?: string;
  /** `codeSecteurDactivite`, TRE_R02. */
  readonly sector?: string;
}

/** One exercise of a profession: an entry of `SubjectRefPro.exercices`. */
export interface Exercise {
  /** `codeProfession`, TRE_G15 (1.2.250.1.71.1.2.7): physician is `10`. */
  readonly profession: string;
  /** `codeCategorieProfessionnelle`, TRE_R09: `C` civilian, `M` military, `E` student. */
  readonly category?: string;
  /** `codeSavoirFaire`, TRE_R38 or TRE_R01 (1.2.250.1.71.4.2.5): radiologist is `SM44`. */
  readonly speciality?: string;
  readonly activities: readonly Activity[];
}

/** Who holds a token, by the word of Pro Santé Connect. */
export interface Professional {
  /** National identifier (PS_IdNat): RPPS with its prefix `8`. */
  readonly subjectNameID: string;
  readonly exercises: readonly Exercise[];
  /** The service the token was issued to (`azp`). */
  readonly client: string;
  readonly expiresAt: Date;
}

/** Allows the exercises that have all of its values; a value it does not name may be anything. */
export type ProfessionRule = Pick<Exercise, "profession" | "category" | "speciality">;

/** How the box proves who it is to Pro Santé Connect: RFC 8705 `tls_client_auth`, or RFC 6749 2.3.1 (Basic). */
export type ClientAuthentication =
  | { readonly id: string; readonly certificate: ClientIdentity }
  | { readonly id: string; readonly secret: string };

/** Where the time comes from, milliseconds. */
export interface Clocks {
  /** Since 1970; may be set. */
  readonly time: () => number;
  /** Only goes forward. */
  readonly ticks: () => number;
}

export interface TokenGateOptions {
  /** `iss` of every token. */
  readonly issuer: string;
  /** RFC 7662; https. */
  readonly introspectionEndpoint: string;
  /** OpenID Connect Core 5.3; https. */
  readonly userinfoEndpoint: string;
  readonly client: ClientAuthentication;
  /** PEM authorities that may certify Pro Santé Connect; nothing else is believed. */
  readonly trustedAuthorities: string;
  /** Services (`azp`) whose tokens are taken. */
  readonly clients: readonly string[] | "any";
  /** Audiences (`aud`), one of which a token must have. Default "any": Pro Santé Connect's introspection says none. */
  readonly audiences?: readonly string[] | "any";
  /** Who may see images. Default `PHYSICIANS`. */
  readonly professions?: readonly ProfessionRule[];
  /** Seconds that a yes is remembered, never beyond the token's own end; the longest a revocation goes unnoticed. Default 60. */
  readonly cacheSeconds?: number;
  /** Milliseconds that one question may take in all. Default 5,000. */
  readonly timeout?: number;
  readonly clocks?: Clocks;
}

export interface CheckOptions {
  /** The asker is gone: the check is no longer waited for. */
  readonly signal?: AbortSignal;
  /** DER of the certificate by which the asker opened TLS. Without it a certificate-bound token is refused. */
  readonly certificate?: Uint8Array;
}

/** Says whether the holder of a token may see images. Never says yes by itself: Pro Santé Connect does, at most `cacheSeconds` ago. */
export interface TokenGate {
  /** @throws IDENTITY_*; `answerTo` says what the listener answers. */
  check(token: string, options?: CheckOptions): Promise<Professional>;
  /** Milliseconds until Pro Santé Connect is asked again, while it is left alone; 0 otherwise. */
  readonly asksAgainIn: number;
  close(): Promise<void>;
}

export interface LoginOptions
  extends Pick<
    TokenGateOptions,
    "issuer" | "userinfoEndpoint" | "client" | "trustedAuthorities" | "professions" | "timeout" | "clocks"
  > {
  /** Where the browser is sent; https, as all of these. */
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  /** The keys that sign ID tokens (JWK Set). */
  readonly jwksEndpoint: string;
  /** OpenID Connect RP-Initiated Logout; without it only the box's own session ends. */
  readonly endSessionEndpoint?: string | undefined;
  /** Where Pro Santé Connect sends the browser back, as it is registered there (`redirect_uri`). */
  readonly redirectAddress: string;
  /** Where it sends the browser after a logout. */
  readonly returnAddress: string;
}

/** A login that was begun: to be kept from everybody but the browser that began it, and used once. */
export interface LoginAttempt {
  readonly state: string;
  readonly nonce: string;
  /** PKCE. */
  readonly verifier: string;
}

/** A professional who may see images, at the end of a login. */
export interface LoggedIn {
  readonly subjectNameID: string;
  readonly name?: string;
  readonly exercises: readonly Exercise[];
  /** When he proved who he is (`auth_time`), milliseconds since 1970. */
  readonly authenticatedAt: number;
  readonly idToken: string;
}

/** Seconds that a proof of identity counts: the session of Pro Santé Connect (requirements 4B.14). */
export const LONGEST_SESSION_SECONDS = 4 * 3600;

export interface Login {
  /** A new attempt, and where the browser is to go for it. */
  begin(): Promise<LoginAttempt & { readonly address: string }>;
  /**
   * @param answer Query of the address that the browser came back to.
   * @throws IDENTITY_LOGIN_*, IDENTITY_PROFESSION_* (`values.subjectNameID` says whose), IDENTITY_PSC_*, IDENTITY_CLIENT_REFUSED
   */
  complete(answer: URLSearchParams, attempt: LoginAttempt): Promise<LoggedIn>;
  /** Where the browser ends the session at Pro Santé Connect, if it can. */
  logoutAddress(idToken: string): string | undefined;
  /**
   * Why nobody could log in the last time somebody tried, a quarter of an hour ago at most, by what Pro Santé Connect answered
   * the box: what a browser brings is anybody's word.
   */
  readonly fault: CodedError | undefined;
  close(): Promise<void>;
}
