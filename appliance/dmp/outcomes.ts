import type { CodedError, Retry } from "../base/index.ts";
import { asCoded } from "../base/index.ts";
import type { RegistryAnswer, RegistryErrorLine, SoapFault } from "../xds/index.ts";
import { type DmpCode, dmpErrors } from "./errors.ts";

/**
 * What each registry error asks of us (ITI TF-3 table 4.2.4.1-2, and XDS Metadata Update). The record's own list is not
 * public: what it adds comes by configuration, and a code nobody knows goes to a person.
 */
const REGISTRY_ERRORS: ReadonlyMap<string, DmpCode> = byCode({
  // Our defect: the same message would meet the same refusal.
  DMP_REFUSED: [
    "XDSMissingDocument",
    "XDSMissingDocumentMetadata",
    "XDSRegistryMetadataError",
    "XDSRepositoryMetadataError",
    "XDSRegistryDuplicateUniqueIdInMessage",
    "XDSRepositoryDuplicateUniqueIdInMessage",
    "XDSNonIdenticalHash",
    "XDSNonIdenticalSize",
    "XDSPatientIdDoesNotMatch",
    "XDSStoredQueryMissingParam",
    "XDSStoredQueryParamNumber",
    "XDSUnknownStoredQuery",
    "XDSObjectTypeError",
    "XDSMetadataIdentifierError",
    "XDSMetadataAnnotationError",
    "XDSUnreferencedObjectException",
    "InvalidDocumentContent",
    "UnmodifiableMetadataError",
    "ReferencesExistException",
  ],
  // The same, unless the document referred to is not what it was.
  DMP_TARGET_REFUSED: ["UnresolvedReferenceException", "XDSMetadataUpdateError", "XDSMetadataUpdateOperationError"],
  // The record is not in the state we believe.
  DMP_DUPLICATE_CONFLICT: ["XDSDuplicateUniqueIdInRegistry", "XDSDuplicateDocumentUniqueIdInRegistry"],
  DMP_STATE_CONFLICT: [
    "XDSRegistryDeprecatedDocumentError",
    "XDSReplaceFailed",
    "XDSMetadataVersionError",
    "XDSPatientIDReconciliationError",
    "XDSRemoveDocumentsError",
  ],
  // Later.
  DMP_BUSY: [
    "XDSRegistryBusy",
    "XDSRepositoryBusy",
    "XDSRegistryOutOfResources",
    "XDSRepositoryOutOfResources",
    "XDSRegistryNotAvailable",
    "XDSUnavailableCommunity",
    "DocumentQueued",
  ],
  // A person.
  DMP_PATIENT_UNKNOWN: ["XDSUnknownPatientId"],
  DMP_PATIENT_CLOSED: ["DMPClosed"],
  DMP_POLICY_REFUSED: ["LocalPolicyRestrictionError"],
  DMP_TOO_MANY_RESULTS: ["XDSTooManyResults"],
  DMP_REGISTRY_ERROR: [
    "XDSRegistryError",
    "XDSRepositoryError",
    "XDSUnknownRepositoryId",
    "XDSDocumentUniqueIdError",
    "XDSResultNotSinglePatient",
    "XDSUnknownCommunity",
    "XDSMissingHomeCommunityId",
  ],
});

function byCode(table: Readonly<Partial<Record<DmpCode, readonly string[]>>>): Map<string, DmpCode> {
  const rows = Object.entries(table) as [DmpCode, readonly string[]][];
  return new Map(rows.flatMap(([meaning, codes]) => codes.map((code) => [code, meaning] as const)));
}

/** What a registry says when documents are not in the state that the request supposes, be it by an earlier attempt. */
const ABOUT_STATE: readonly DmpCode[] = ["DMP_DUPLICATE_CONFLICT", "DMP_STATE_CONFLICT", "DMP_TARGET_REFUSED"];

/** The gravest line decides: waiting helps only when every line says wait. */
const GRAVITY: Readonly<Record<Retry, number>> = { never: 2, human: 1, later: 0 };
/** Lines shown to the operator. */
const MAX_LINES = 50;

type Overrides = Readonly<Record<string, DmpCode>> | undefined;

/** The coded error of an answer that is no success; keeps every line, contexts among the values. */
export function registryFault(answer: RegistryAnswer, overrides: Overrides): CodedError {
  const lines = answer.errors.filter(({ severity }) => severity === "Error");
  const [gravest] = lines.map((line) => meaning(line, overrides)).sort((a, b) => gravity(b) - gravity(a));
  const codes = [...new Set(lines.map(({ code }) => tame(code)))].slice(0, MAX_LINES).join(", ");
  return dmpErrors.fault(gravest ?? "DMP_REGISTRY_ERROR", {
    details: { codes: codes || answer.status, reason: codes || answer.status, lines: answer.errors.length },
    values: Object.fromEntries(
      answer.errors.slice(0, MAX_LINES).map((line, index) => [`error ${index + 1}`, show(line)]),
    ),
  });
}

/** True when all that is wrong is the state of documents: only a query tells whether it is the one we want. */
export function isAboutState(answer: RegistryAnswer, overrides: Overrides): boolean {
  const lines = answer.errors.filter(({ severity }) => severity === "Error");
  return lines.length > 0 && lines.every((line) => ABOUT_STATE.includes(meaning(line, overrides)));
}

function meaning({ code }: RegistryErrorLine, overrides: Overrides = {}): DmpCode {
  if (Object.hasOwn(overrides, code)) return overrides[code]!;
  return REGISTRY_ERRORS.get(code) ?? "DMP_REGISTRY_ERROR";
}

const gravity = (code: DmpCode) => GRAVITY[dmpErrors.definitions[code].retry];

function show({ severity, code, context, location }: RegistryErrorLine): string {
  return `${severity} ${code}: ${context}${location === undefined ? "" : ` (${location})`}`;
}

/** A peer's code as it may go to a log: no line break, no escape sequence, no essay. */
function tame(code: string): string {
  return code.replace(/[^\w:.-]/g, "?").slice(0, 80) || "?";
}

/** Faults by what their subcode or reason says, in order; then by whose fault it is. */
const FAULTS: readonly { readonly pattern: RegExp; readonly code: DmpCode }[] = [
  { pattern: /MessageExpired|IssueInstant|NotBefore|NotOnOrAfter|timestamp|horodatage/i, code: "DMP_CLOCK" },
  { pattern: /DMPClosed/i, code: "DMP_PATIENT_CLOSED" },
  {
    pattern: /FailedAuthentication|InvalidSecurity|FailedCheck|SecurityTokenUnavailable|UnsupportedSecurityToken/i,
    code: "DMP_NOT_AUTHORISED",
  },
];

/** The coded error of a SOAP fault; the service's words are kept among the values. */
export function soapFault(fault: SoapFault): CodedError {
  const said = `${fault.subcode ?? ""} ${fault.reason}`;
  const ours = ["Sender", "Client", "MustUnderstand", "VersionMismatch"].includes(fault.code);
  const code = FAULTS.find(({ pattern }) => pattern.test(said))?.code;
  const codes = tame(fault.subcode ?? fault.code);
  return dmpErrors.fault(code ?? (ours ? "DMP_FAULT_SENDER" : "DMP_FAULT_RECEIVER"), {
    details: { codes, reason: codes },
    values: { fault: `${fault.code} ${fault.subcode ?? ""}: ${fault.reason}` },
  });
}

/** The coded error of an HTTP status that comes without a SOAP answer. */
export function httpFault(status: number): CodedError {
  const details = { status, reason: `HTTP ${status}` };
  if (status === 401 || status === 403) return dmpErrors.fault("DMP_NOT_AUTHORISED", { details });
  if (status === 408 || status === 429 || status === 503) return dmpErrors.fault("DMP_BUSY", { details });
  if (status >= 500) return dmpErrors.fault("DMP_HTTP_5XX", { details });
  return dmpErrors.fault("DMP_HTTP_REFUSED", { details });
}

/** Causes of a broken exchange by the code of undici, Node's TLS or the system, first match. */
const NETWORK: readonly { readonly pattern: RegExp; readonly code: DmpCode }[] = [
  { pattern: /^(UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT|ETIMEDOUT|TimeoutError)$/, code: "DMP_TIMEOUT" },
  { pattern: /^UND_ERR_RES_EXCEEDED_MAX_SIZE$/, code: "DMP_ANSWER_UNREADABLE" },
  { pattern: /^CERT_NOT_YET_VALID$/, code: "DMP_CLOCK" },
  { pattern: /^ERR_SSL_.*ALERT_.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/, code: "DMP_CLIENT_CERTIFICATE" },
  {
    pattern: /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|INVALID_PURPOSE)/,
    code: "DMP_SERVER_CERTIFICATE",
  },
];

/** The coded error of an exchange that did not come to an answer. */
export function networkFault(error: unknown, signal: AbortSignal | undefined): CodedError {
  return asCoded(error, (cause) => {
    if (signal?.aborted) return dmpErrors.fault("DMP_INTERRUPTED", { cause });
    const reason = causeCode(cause);
    const code = NETWORK.find(({ pattern }) => pattern.test(reason))?.code ?? "DMP_UNREACHABLE";
    return dmpErrors.fault(code, { details: { reason }, cause });
  });
}

function causeCode(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
