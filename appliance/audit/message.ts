import { isIP } from "node:net";
import type { AuditFact, AuditPatient, AuditRecord, AuditUser } from "../store/index.ts";
import { type AuditEvent, type Code, eventOf } from "./events.ts";
import { element, type Xml } from "./xml.ts";

/** The box as the source of audit messages. */
export interface AuditSource {
  /** AuditSourceID: the box among those of its site. */
  readonly id: string;
  /** AuditEnterpriseSiteID: the site. */
  readonly site: string;
  /** IP address or host name. */
  readonly host: string;
  readonly processId: number;
}

/** Facts that have a place of their own in a message; the others are details. */
const placed: ReadonlySet<string> = new Set(["submissionSet", "sopClass", "instances", "query", "transferSyntax"]);

/** IHE: the submission set as an object (ITI TF-2 3.41.5). */
const SUBMISSION_SET = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd";

/** A record as an audit message of DICOM (PS3.15 A.5), XML without declaration. */
export function toAuditMessage(record: AuditRecord, source: AuditSource): string {
  const event = eventOf(record.event);
  return element("AuditMessage", {}, [
    identification(record, event),
    ...participants(record, event, source),
    element("AuditSourceIdentification", { AuditEnterpriseSiteID: source.site, AuditSourceID: source.id }, [
      // 4: application server process or thread (PS3.15 A.5.1).
      element("AuditSourceTypeCode", { "csd-code": "4" }),
    ]),
    ...objects(record, source),
  ]).text;
}

function identification({ at, outcome, code, description }: AuditRecord, { id, action, types }: AuditEvent): Xml {
  const why = [code, description].filter((part) => part !== undefined).join(": ");
  return element(
    "EventIdentification",
    { EventActionCode: action, EventDateTime: at.toISOString(), EventOutcomeIndicator: outcome },
    [
      coded("EventID", id),
      ...types.map((type) => coded("EventTypeCode", type)),
      ...(why === "" ? [] : [element("EventOutcomeDescription", {}, [], why)]),
    ],
  );
}

const roles = {
  source: { code: "110153", scheme: "DCM", text: "Source Role ID" },
  destination: { code: "110152", scheme: "DCM", text: "Destination Role ID" },
  application: { code: "110150", scheme: "DCM", text: "Application" },
} as const;

function participants({ peer, users = [] }: AuditRecord, event: AuditEvent, source: AuditSource): Xml[] {
  const byUser = event.requestor === "user" && users.length > 0;
  const byPeer = event.requestor === "peer" && peer !== undefined;
  const box = element(
    "ActiveParticipant",
    {
      UserID: "DRIMbox",
      AlternativeUserID: source.processId,
      UserIsRequestor: !byUser && !byPeer,
      ...accessPoint(source.host),
    },
    [coded("RoleIDCode", roles[event.box])],
  );
  const other =
    peer === undefined
      ? []
      : [
          element("ActiveParticipant", { UserID: peer.id, UserIsRequestor: byPeer, ...accessPoint(peer.address) }, [
            coded("RoleIDCode", event.box === "source" ? roles.destination : roles.source),
          ]),
        ];
  return [box, ...other, ...users.map((user, index) => person(user, byUser && index === 0))];
}

function person({ id, name }: AuditUser, requestor: boolean): Xml {
  return element("ActiveParticipant", { UserID: id, UserName: name, UserIsRequestor: requestor });
}

/** 1: machine name; 2: IP address. */
function accessPoint(address: string | undefined): Readonly<Record<string, string | undefined>> {
  if (address === undefined) return {};
  return { NetworkAccessPointID: address, NetworkAccessPointTypeCode: isIP(address) === 0 ? "1" : "2" };
}

function objects(record: AuditRecord, source: AuditSource): Xml[] {
  const { patients = [], studies = [], documents = [], facts = {} } = record;
  const things: Thing[] = [
    ...studies.map((uid) => ({ ...study(uid), description: description(facts) })),
    ...documents.map((id) => ({ role: 3, type: rfc3881("9", "Report Number"), id })),
    ...(typeof facts.submissionSet === "string" ? [submissionSet(facts.submissionSet)] : []),
    ...(record.event === "pacs-queried" ? [query(facts)] : []),
    ...(record.event.startsWith("audit-") ? [auditLog(source)] : []),
  ];
  const details = Object.entries(facts).filter(([name]) => !placed.has(name));
  if (details.length > 0 && things.length === 0) things.push(node(source));
  return [
    ...patients.map(patient),
    ...things.map((thing, index) => object(thing, index === 0 ? details.map(detail) : [])),
  ];
}

/** A system object; its role is 3 for a report, 13 for a security resource, 20 for a job (PS3.15 A.5.1). */
interface Thing {
  readonly role: number;
  readonly type: Code;
  readonly id: string;
  readonly content?: Xml;
  readonly details?: readonly Xml[];
  readonly description?: Xml | undefined;
}

function object({ role, type, id, content, details = [], description }: Thing, more: readonly Xml[]): Xml {
  return element(
    "ParticipantObjectIdentification",
    { ParticipantObjectID: id, ParticipantObjectTypeCode: 2, ParticipantObjectTypeCodeRole: role },
    [
      coded("ParticipantObjectIDTypeCode", type),
      ...(content === undefined ? [] : [content]),
      ...details,
      ...more,
      ...(description === undefined ? [] : [description]),
    ],
  );
}

function patient({ id, authority }: AuditPatient): Xml {
  const cx = authority === undefined ? id : `${id}^^^&${authority}&ISO`;
  return element(
    "ParticipantObjectIdentification",
    { ParticipantObjectID: cx, ParticipantObjectTypeCode: 1, ParticipantObjectTypeCodeRole: 1 },
    [coded("ParticipantObjectIDTypeCode", rfc3881("2", "Patient Number"))],
  );
}

function study(uid: string): Thing {
  return { role: 3, type: { code: "110180", scheme: "DCM", text: "Study Instance UID" }, id: uid };
}

/** The instances that were transferred, by their class (PS3.15 A.5.2.3). */
function description({ sopClass, instances }: Readonly<Record<string, AuditFact>>): Xml | undefined {
  if (typeof sopClass !== "string" || typeof instances !== "number") return undefined;
  return element("ParticipantObjectDescription", {}, [
    element("SOPClass", { UID: sopClass, NumberOfInstances: instances }),
  ]);
}

function submissionSet(id: string): Thing {
  return { role: 20, type: { code: SUBMISSION_SET, scheme: "IHE XDS Metadata", text: "submission set" }, id };
}

/** The query of a C-FIND: the identifier as it was encoded, and in which transfer syntax (PS3.15 A.5.3.10). */
function query({ sopClass, query, transferSyntax }: Readonly<Record<string, AuditFact>>): Thing {
  return {
    role: 3,
    type: { code: "110181", scheme: "DCM", text: "SOP Class UID" },
    id: String(sopClass),
    ...(query !== undefined && { content: element("ParticipantObjectQuery", {}, [], String(query)) }),
    ...(transferSyntax !== undefined && { details: [detail(["TransferSyntax", transferSyntax])] }),
  };
}

/** The trail as what was used (PS3.15 A.5.3.2). */
function auditLog({ id }: AuditSource): Thing {
  const content = element("ParticipantObjectName", {}, [], "Security Audit Log");
  return { role: 13, type: rfc3881("12", "URI"), id: `urn:drimbox:audit:${id}`, content };
}

/** The box, when an event is about nothing else. */
function node({ id }: AuditSource): Thing {
  return { role: 13, type: { code: "110182", scheme: "DCM", text: "Node ID" }, id };
}

function detail([type, value]: readonly [string, AuditFact]): Xml {
  const text = typeof value === "object" ? value.join(", ") : String(value);
  return element("ParticipantObjectDetail", { type, value: Buffer.from(text).toString("base64") });
}

function rfc3881(code: string, text: string): Code {
  return { code, scheme: "RFC-3881", text };
}

function coded(name: string, { code, scheme, text }: Code): Xml {
  return element(name, { "csd-code": code, codeSystemName: scheme, originalText: text });
}
