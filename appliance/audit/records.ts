/** Records of what the box does: plain facts in, what the trail keeps out. */
import { type CodedError, said } from "../base/index.ts";
import type { AuditFact, AuditOutcome, AuditPatient, AuditPeer, AuditUser, NewAuditRecord } from "../store/index.ts";
import type { AuditEventName } from "./events.ts";

/** Patients, studies, documents that one record names at most: its message must fit a collector's buffer. */
const MOST_NAMED = 32;
/** Of one value; an over-long one is cut, for a record is never refused. */
const LONGEST_VALUE = 512;

/** Why something failed: a `CodedError`, or what is kept of one. */
export type Failing = Pick<CodedError, "code" | "retry" | "message">;

/** Who and what took part. */
interface Involved {
  readonly at: Date;
  readonly patients?: readonly AuditPatient[] | undefined;
  /** Authors of a report, or the operator. */
  readonly users?: readonly AuditUser[] | undefined;
  readonly studies?: readonly string[] | undefined;
  readonly documents?: readonly string[] | undefined;
  readonly peer?: AuditPeer | undefined;
  readonly fault?: Failing | undefined;
}

/** A message of HL7; `peer.id` is MSH-3 and MSH-4, joined by `|`. */
interface Received extends Involved {
  readonly peer: AuditPeer;
  /** MSH-10. */
  readonly controlId?: string | undefined;
}

/** A report that was acknowledged. */
export function reportReceived({ controlId, ...involved }: Received): NewAuditRecord {
  return make("report-received", involved, { "MSH-10": controlId });
}

/** An order (OMI^O23) that was acknowledged. */
export function orderReceived({ controlId, ...involved }: Received): NewAuditRecord {
  return make("order-received", involved, { "MSH-10": controlId });
}

/** A message or an object that was refused; who it was about is said if it could be read. */
export function messageRefused({ controlId, ...involved }: Received & { readonly fault: Failing }): NewAuditRecord {
  return make("message-refused", involved, { "MSH-10": controlId });
}

/** A rejection note (IOCM); `peer.id` is the calling AE title, the document its SOP Instance UID. */
export function noteReceived({ instances, ...involved }: Involved & { readonly instances?: number }): NewAuditRecord {
  return make("note-received", involved, { sopClass: KEY_OBJECT_SELECTION, instances });
}

interface Publication extends Involved {
  readonly kind: "provide" | "replace" | "withdraw";
  /** The record's service. */
  readonly peer: AuditPeer;
  /** Unique id of the submission set. */
  readonly submissionSet?: string | undefined;
  readonly instances?: number | undefined;
}

/** A manifest that the national record took, took in place of another, or let go; or did not (`fault`). */
export function manifestSubmitted({ kind, submissionSet, instances, ...involved }: Publication): NewAuditRecord {
  return make(submissions[kind], involved, { submissionSet, instances });
}

const submissions = {
  provide: "manifest-published",
  replace: "manifest-replaced",
  withdraw: "manifest-deleted",
} as const;

/** A C-FIND for a study; `peer.id` is the called AE title. The identifier asked is given as it was encoded. */
export function pacsQueried({
  identifier,
  transferSyntax,
  found,
  ...involved
}: Involved & {
  readonly peer: AuditPeer;
  readonly identifier?: Uint8Array;
  readonly transferSyntax?: string;
  readonly found?: number;
}): NewAuditRecord {
  // What is longer than a value may be would be cut, and no identifier any more.
  const fits = identifier !== undefined && identifier.length * 4 <= LONGEST_VALUE * 3;
  const query = fits ? Buffer.from(identifier).toString("base64") : undefined;
  return make("pacs-queried", involved, { sopClass: STUDY_ROOT_FIND, query, transferSyntax, found });
}

/** A search in the national record (ITI-18). */
export function recordQueried(involved: Involved & { readonly peer: AuditPeer }): NewAuditRecord {
  return make("record-queried", involved);
}

/**
 * Images that another box or a viewer asked for (RAD-107): sent, or refused or cut short (`fault`). `peer.id` is the
 * distinguished name of the asker's certificate, `users` the professional, the document the manifest he named.
 */
export function imagesSent({
  series,
  instances,
  missing,
  bytes,
  ...involved
}: Involved & {
  readonly peer: AuditPeer;
  /** Series Instance UIDs that were asked for. */
  readonly series?: readonly string[];
  readonly instances?: number;
  /** SOP Instance UIDs that could not be sent. */
  readonly missing?: readonly string[];
  readonly bytes?: number;
}): NewAuditRecord {
  return make("images-sent", involved, { series, instances, missing, bytes });
}

/**
 * The link of a report, opened by a browser (RAD-106); refused when there is a `fault`. `reader` is who opens it by his own
 * word: nobody has said yet, a patient (who is sent to the portal), a professional (`users`). `why` tells what does not match.
 */
export function linkOpened({
  reader,
  series,
  why,
  ...involved
}: Involved & {
  readonly peer: AuditPeer;
  readonly reader: "unknown" | "patient" | "professional";
  readonly series?: readonly string[] | undefined;
  readonly why?: string | undefined;
}): NewAuditRecord {
  return make("link-opened", involved, { reader, series, why });
}

/** A professional logged in or out at the box, or could not (DICOM PS3.15 A.5.3.12). */
export function professionalAuthenticated(
  event: "professional-login" | "professional-logout",
  involved: Involved & { readonly peer: AuditPeer },
): NewAuditRecord {
  return make(event, involved);
}

/** The box starts or stops; `version` of its software. */
export function applicationActivity(
  event: "application-started" | "application-stopped",
  { version, ...involved }: Involved & { readonly version: string },
): NewAuditRecord {
  return make(event, involved, { version });
}

/** Somebody who may not was at the door. */
export function securityAlert(
  event: "certificate-refused" | "peer-refused",
  involved: Involved & { readonly peer: AuditPeer; readonly fault: Failing },
): NewAuditRecord {
  return make(event, involved);
}

export type OperatorEvent = Extract<
  AuditEventName,
  | `exam-${"retried" | "withdrawn" | "restored"}`
  | `message-${"set-aside" | "restored" | "replayed"}`
  | `job-${"started" | "cancelled"}`
  | `archive-${string}`
  | `backup-${string}`
  | "configuration-changed"
>;

/** What a person did with the box; `facts` say with what: a job's kind, names of settings, a file. */
export function operatorAction(
  event: OperatorEvent,
  { facts, ...involved }: Involved & { readonly facts?: Readonly<Record<string, AuditFact>> },
): NewAuditRecord {
  return make(event, involved, facts);
}

/** The trail itself was read or checked. */
export function auditUsed(
  event: "audit-used" | "audit-verified",
  { facts, ...involved }: Involved & { readonly facts?: Readonly<Record<string, AuditFact>> },
): NewAuditRecord {
  return make(event, involved, facts);
}

const KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59";
const STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1";

function make(
  event: AuditEventName,
  { at, patients, users, studies, documents, peer, fault }: Involved,
  facts: Readonly<Record<string, AuditFact | undefined>> = {},
): NewAuditRecord {
  const known = Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [[name, bounded(value)]]));
  return {
    at,
    event,
    outcome: outcomeOf(fault),
    ...said({
      code: fault?.code,
      description: fault && cut(fault.message),
      patients: named(patients),
      users: named(users),
      studies: named(studies),
      documents: named(documents),
      peer: peer && bounded(peer),
      facts: known.length === 0 ? undefined : Object.fromEntries(known),
    }),
  };
}

/** A minor failure is one that the box tries again by itself. */
function outcomeOf(fault: Failing | undefined): AuditOutcome {
  if (fault === undefined) return 0;
  return fault.retry === "later" ? 4 : 8;
}

function named<T extends string | object>(list: readonly T[] | undefined): T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list.slice(0, MOST_NAMED).map(bounded);
}

/** The value with each of its texts no longer than it may be. */
function bounded<T>(value: T): T {
  if (typeof value === "string") return cut(value) as T;
  if (Array.isArray(value)) return value.slice(0, MOST_NAMED).map(bounded) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, bounded(one)])) as T;
}

function cut(text: string): string {
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}
