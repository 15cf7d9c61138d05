import type { X509Certificate } from "node:crypto";
import { trustErrors } from "./errors.ts";
import { loadClientIdentity, loadFileSigner } from "./files.ts";
import type { CredentialFiles, StructureCredentials, StructureKind } from "./model.ts";

/** The certificate pairs of every structure the box publishes for. */
export interface Credentials {
  readonly all: readonly StructureCredentials[];
  /** The pair of the first of these structures that has one of that kind, or undefined. */
  choose(structureIds: readonly string[], kind: StructureKind): StructureCredentials | undefined;
}

/**
 * Loads and pairs every key and certificate. Dates are not judged here: a box that boots with a wrong clock must still
 * come up; `requireValid` judges them at each use.
 * @throws TRUST_FILE_UNREADABLE, TRUST_KEY_INVALID, TRUST_CERTIFICATE_INVALID, TRUST_KEY_MISMATCH
 */
export async function loadCredentials(config: readonly CredentialFiles[]): Promise<Credentials> {
  const all = await Promise.all(
    config.map(async ({ structureId, kind, authentication, signing }) => ({
      structureId,
      kind,
      authentication: await loadClientIdentity(authentication),
      signing: await loadFileSigner(signing),
    })),
  );
  return {
    all,
    choose: (structureIds, kind) =>
      structureIds
        .map((id) => all.find((pair) => pair.structureId === id && pair.kind === kind))
        .find((pair) => pair !== undefined),
  };
}

/**
 * Both certificates are within their dates at `now`.
 * @throws TRUST_CERTIFICATE_EXPIRED, TRUST_CERTIFICATE_NOT_YET_VALID (the clock is the suspect)
 */
export function requireValid(credentials: StructureCredentials, now: Date): void {
  const { structureId: structure, authentication, signing } = credentials;
  judge(authentication.certificate, "authentication", structure, now);
  judge(signing.certificate, "signing", structure, now);
}

function judge(certificate: X509Certificate, usage: string, structure: string, now: Date): void {
  const { validFromDate: from, validToDate: to } = certificate;
  const details = (date: Date) => ({ details: { usage, structure, date: date.toISOString().slice(0, 10) } });
  if (now < from) throw trustErrors.fault("TRUST_CERTIFICATE_NOT_YET_VALID", details(from));
  if (now > to) throw trustErrors.fault("TRUST_CERTIFICATE_EXPIRED", details(to));
}
