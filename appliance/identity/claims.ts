import { said } from "../base/index.ts";
import { identityErrors } from "./errors.ts";
import { unexpected } from "./exchange.ts";
import type { Activity, Exercise, TokenGateOptions } from "./model.ts";
import type { Claims } from "./provider.ts";

/** How far the clocks of the box and of Pro Santé Connect may be apart, milliseconds: a quarter of a token's life. */
const CLOCK_SKEW = 30_000;
/** NumericDate (RFC 7519 2) of the year 5138: larger is milliseconds by mistake. */
const MAX_NUMERIC_DATE = 1e11;

/** What introspection says of a token that may be used here. */
export interface Introspected {
  readonly subject: string;
  readonly client: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly subjectNameID: string | undefined;
  /** A server may say them here already; Pro Santé Connect promises them in userinfo only. */
  readonly exercises: readonly Exercise[] | undefined;
  /** Thumbprint of the only certificate that may present the token (RFC 8705 3.1). */
  readonly boundTo: string | undefined;
}

/**
 * Reads the claims of an active token (RFC 7662 2.2) and checks that it is meant for here and now.
 * @param time Milliseconds since 1970.
 * @throws IDENTITY_TOKEN_KIND, IDENTITY_TOKEN_FOREIGN, IDENTITY_TOKEN_EXPIRED, IDENTITY_PSC_ANSWER
 */
export function readIntrospection(
  claims: Claims,
  allowed: Pick<TokenGateOptions, "issuer" | "clients" | "audiences">,
  time: number,
): Introspected {
  // Pro Santé Connect says `typ`, RFC 7662 `token_type`; refresh and identity tokens are active too.
  if (text(claims.typ ?? claims.token_type)?.toLowerCase() !== "bearer")
    throw identityErrors.fault("IDENTITY_TOKEN_KIND");
  if (claims.iss !== allowed.issuer) throw foreign("iss");
  const client = text(claims.azp ?? claims.client_id);
  if (client === undefined) throw unexpected("azp");
  if (allowed.clients !== "any" && !allowed.clients.includes(client)) throw foreign("azp");
  const { audiences = "any" } = allowed;
  const audience: unknown[] = [claims.aud].flat();
  if (audiences !== "any" && !audiences.some((one) => audience.includes(one))) throw foreign("aud");

  const expiresAt = numericDate(claims, "exp");
  if (expiresAt === undefined) throw unexpected("exp");
  const begins = Math.max(numericDate(claims, "nbf") ?? 0, numericDate(claims, "iat") ?? 0);
  if (expiresAt <= time - CLOCK_SKEW || begins > time + CLOCK_SKEW)
    throw identityErrors.fault("IDENTITY_TOKEN_EXPIRED");

  const subject = text(claims.sub);
  if (subject === undefined) throw unexpected("sub");
  return {
    subject,
    client,
    expiresAt,
    subjectNameID: text(claims.SubjectNameID),
    exercises: readExercises(claims),
    boundTo: binding(claims.cnf),
  };
}

/** The exercises that name a profession (a secretary's do not), in their order; undefined when the claims speak of none. */
export function readExercises(claims: Claims): readonly Exercise[] | undefined {
  const { SubjectRefPro: reference } = claims;
  const exercises = isObject(reference) ? list(reference.exercices) : undefined;
  return exercises?.flatMap((entry) => {
    const profession = text(entry.codeProfession);
    if (profession === undefined) return [];
    return said({
      profession,
      category: text(entry.codeCategorieProfessionnelle),
      speciality: text(entry.codeSavoirFaire),
      activities: list(entry.activities)?.map(readActivity) ?? [],
    });
  });
}

/** `Rose VELIN`, as the first exercise says it. */
export function nameOf(claims: Claims): string | undefined {
  const { SubjectRefPro: reference } = claims;
  const [first] = (isObject(reference) && list(reference.exercices)) || [];
  const words = [text(first?.prenomDexercice), text(first?.nomDexercice)].filter((word) => word !== undefined);
  return words.length === 0 ? undefined : words.join(" ");
}

/** It goes into pages and into the trail; those of today have 16 characters, and of an agent 40 or so. */
const SUBJECT_NAME_ID = /^[\x21-\x7e]{1,64}$/;

/** The national identifier that both answers must agree on. @throws IDENTITY_PSC_ANSWER */
export function subjectNameIDOf(introspected: Pick<Introspected, "subjectNameID">, userinfo: Claims): string {
  const said = text(userinfo.SubjectNameID);
  const { subjectNameID = said } = introspected;
  if (subjectNameID === undefined || (said !== undefined && said !== subjectNameID)) throw unexpected("SubjectNameID");
  if (!SUBJECT_NAME_ID.test(subjectNameID)) throw unexpected("SubjectNameID");
  return subjectNameID;
}

function readActivity(entry: Claims): Activity {
  return said({
    structureId: text(entry.ancienIdentifiantDeLaStructure),
    structureName: text(entry.raisonSocialeSite),
    sector: text(entry.codeSecteurDactivite),
  });
}

/** A token bound to something else than a certificate cannot be checked here, and is nobody's: no thumbprint equals "". */
function binding(confirmation: unknown): string | undefined {
  if (confirmation === undefined) return undefined;
  return (isObject(confirmation) ? text(confirmation["x5t#S256"]) : undefined) ?? "";
}

function foreign(claim: string) {
  return identityErrors.fault("IDENTITY_TOKEN_FOREIGN", { details: { claim } });
}

function numericDate(claims: Claims, name: string): number | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !(value >= 0 && value < MAX_NUMERIC_DATE)) throw unexpected(name);
  return value * 1000;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

function list(value: unknown): readonly Claims[] | undefined {
  return Array.isArray(value) ? value.filter(isObject) : undefined;
}

function isObject(value: unknown): value is Claims {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
