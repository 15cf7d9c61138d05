import {
  ABORT_REASONS,
  type AnsweredContext,
  type AssociateAccept,
  type AssociateRequest,
  ITEMS,
  PDU_TYPES,
  type ProposedContext,
  type RoleSelection,
  type UserInformation,
} from "./pdu.ts";
import { InvalidPdu } from "./pdu-violation.ts";

/** Protocol version, reserved, two AE titles of 16, 32 reserved (PS3.8 Table 9-11). */
const FIXED = 68;
/** UIDs have at most 64 characters of `0-9.` (PS3.5 9.1). */
const UID = /^[0-9.]{1,64}$/;

interface Item {
  readonly type: number;
  readonly body: Buffer;
}

/**
 * Reads the variable field of A-ASSOCIATE-RQ and -AC (PS3.8 9.3.2, 9.3.3). Unknown items are skipped, as 9.3.1 asks.
 * @throws InvalidPdu when a length leaves its parent, an identifier is illegal, or a mandatory item is absent.
 */
export function decodeAssociate<Type extends "A-ASSOCIATE-RQ" | "A-ASSOCIATE-AC">(
  type: Type,
  body: Buffer,
): AssociateRequest | AssociateAccept {
  if (body.length < FIXED) throw invalid("fixed fields");
  const fields = {
    protocolVersion: body.readUInt16BE(0),
    calledAETitle: body.toString("latin1", 4, 20).trim(),
    callingAETitle: body.toString("latin1", 20, 36).trim(),
  };
  let applicationContext = "";
  let user: UserInformation | undefined;
  const proposed: ProposedContext[] = [];
  const answered: AnsweredContext[] = [];
  for (const item of items(body.subarray(FIXED))) {
    if (item.type === ITEMS.applicationContext) applicationContext = readUid(item.body);
    else if (item.type === ITEMS.userInformation) user = decodeUser(item.body);
    else if (item.type === ITEMS.proposedContext && type === "A-ASSOCIATE-RQ") proposed.push(decodeProposed(item.body));
    else if (item.type === ITEMS.answeredContext && type === "A-ASSOCIATE-AC") answered.push(decodeAnswered(item.body));
  }
  if (user === undefined) throw invalid("no user information");
  const contexts = type === "A-ASSOCIATE-RQ" ? proposed : answered;
  if (new Set(contexts.map((context) => context.id)).size !== contexts.length) throw invalid("repeated context");
  return type === "A-ASSOCIATE-RQ"
    ? { type, ...fields, applicationContext, user, contexts: proposed }
    : { type: "A-ASSOCIATE-AC", ...fields, applicationContext, user, contexts: answered };
}

/** The whole PDU. Titles and UIDs must have been checked by the caller. */
export function encodeAssociate(pdu: AssociateRequest | AssociateAccept): Buffer {
  const fixed = Buffer.alloc(FIXED);
  fixed.writeUInt16BE(pdu.protocolVersion, 0);
  fixed.write(pdu.calledAETitle.padEnd(16), 4, 16, "latin1");
  fixed.write(pdu.callingAETitle.padEnd(16), 20, 16, "latin1");
  const body = Buffer.concat([
    fixed,
    uidItem(ITEMS.applicationContext, pdu.applicationContext),
    ...(pdu.type === "A-ASSOCIATE-RQ" ? pdu.contexts.map(proposedItem) : pdu.contexts.map(answeredItem)),
    item(ITEMS.userInformation, userItems(pdu.user)),
  ]);
  const header = Buffer.alloc(6);
  header.writeUInt8(PDU_TYPES[pdu.type], 0);
  header.writeUInt32BE(body.length, 2);
  return Buffer.concat([header, body]);
}

function* items(body: Buffer): Generator<Item> {
  let offset = 0;
  while (offset < body.length) {
    if (body.length - offset < 4) throw invalid("item header");
    const length = body.readUInt16BE(offset + 2);
    const end = offset + 4 + length;
    if (end > body.length) throw invalid("item length");
    yield { type: body.readUInt8(offset), body: body.subarray(offset + 4, end) };
    offset = end;
  }
}

function decodeProposed(body: Buffer): ProposedContext {
  const id = contextId(body);
  let abstractSyntax = "";
  const transferSyntaxes: string[] = [];
  for (const sub of items(body.subarray(4))) {
    if (sub.type === ITEMS.abstractSyntax) abstractSyntax = readUid(sub.body);
    else if (sub.type === ITEMS.transferSyntax) transferSyntaxes.push(readUid(sub.body));
  }
  return { id, abstractSyntax, transferSyntaxes };
}

function decodeAnswered(body: Buffer): AnsweredContext {
  const id = contextId(body);
  const result = body.readUInt8(2);
  // The transfer syntax of a refused context is not significant: peers leave it out, empty, or wrong.
  let transferSyntax = "";
  if (result === 0) {
    for (const sub of items(body.subarray(4))) {
      if (sub.type === ITEMS.transferSyntax) transferSyntax = readUid(sub.body);
    }
  }
  return { id, result, transferSyntax };
}

function contextId(body: Buffer): number {
  const id = body.length < 4 ? 0 : body.readUInt8(0);
  if (id % 2 === 0) throw invalid("presentation context identifier");
  return id;
}

function decodeUser(body: Buffer): UserInformation {
  let maximumLength = 0;
  let implementationClassUID = "";
  const roles: RoleSelection[] = [];
  const optional: { implementationVersionName?: string; operationsWindow?: UserInformation["operationsWindow"] } = {};
  for (const { type, body: value } of items(body)) {
    if (type === ITEMS.maximumLength) maximumLength = sized(value, 4).readUInt32BE(0);
    // Only informative: an odd identifier there is no reason to refuse a modality.
    else if (type === ITEMS.implementationClassUID) implementationClassUID = trimmed(value);
    else if (type === ITEMS.implementationVersionName) optional.implementationVersionName = trimmed(value);
    else if (type === ITEMS.operationsWindow) {
      sized(value, 4);
      optional.operationsWindow = { invoked: value.readUInt16BE(0), performed: value.readUInt16BE(2) };
    } else if (type === ITEMS.roleSelection) roles.push(decodeRole(value));
  }
  const { operationsWindow, ...version } = optional;
  return {
    maximumLength,
    implementationClassUID,
    roles,
    ...version,
    ...(operationsWindow === undefined ? {} : { operationsWindow }),
  };
}

function decodeRole(value: Buffer): RoleSelection {
  const length = value.length < 2 ? 0 : value.readUInt16BE(0);
  if (value.length < length + 4) throw invalid("role selection");
  return {
    sopClassUID: readUid(value.subarray(2, 2 + length)),
    scu: value[2 + length] === 1,
    scp: value[3 + length] === 1,
  };
}

/** Padding of UIDs is not legal in PS3.8, yet met: NUL and spaces at the end are dropped. */
function readUid(value: Buffer): string {
  const uid = trimmed(value);
  if (!UID.test(uid)) throw invalid("UID");
  return uid;
}

function trimmed(value: Buffer): string {
  return value.toString("latin1").replace(/[\0 ]+$/, "");
}

function sized(value: Buffer, length: number): Buffer {
  if (value.length < length) throw invalid("sub-item length");
  return value;
}

function proposedItem(context: ProposedContext): Buffer {
  return item(ITEMS.proposedContext, [
    Buffer.from([context.id, 0, 0, 0]),
    uidItem(ITEMS.abstractSyntax, context.abstractSyntax),
    ...context.transferSyntaxes.map((uid) => uidItem(ITEMS.transferSyntax, uid)),
  ]);
}

function answeredItem(context: AnsweredContext): Buffer {
  return item(ITEMS.answeredContext, [
    Buffer.from([context.id, 0, context.result, 0]),
    uidItem(ITEMS.transferSyntax, context.transferSyntax),
  ]);
}

function userItems(user: UserInformation): Buffer[] {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(user.maximumLength);
  const parts = [
    item(ITEMS.maximumLength, [length]),
    uidItem(ITEMS.implementationClassUID, user.implementationClassUID),
  ];
  if (user.operationsWindow !== undefined) {
    const window = Buffer.alloc(4);
    window.writeUInt16BE(user.operationsWindow.invoked, 0);
    window.writeUInt16BE(user.operationsWindow.performed, 2);
    parts.push(item(ITEMS.operationsWindow, [window]));
  }
  for (const role of user.roles) {
    const uid = Buffer.from(role.sopClassUID, "latin1");
    const size = Buffer.alloc(2);
    size.writeUInt16BE(uid.length);
    parts.push(item(ITEMS.roleSelection, [size, uid, Buffer.from([role.scu ? 1 : 0, role.scp ? 1 : 0])]));
  }
  if (user.implementationVersionName !== undefined) {
    parts.push(item(ITEMS.implementationVersionName, [Buffer.from(user.implementationVersionName, "latin1")]));
  }
  return parts;
}

function uidItem(type: number, uid: string): Buffer {
  return item(type, [Buffer.from(uid, "latin1")]);
}

function item(type: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(4);
  header.writeUInt8(type, 0);
  header.writeUInt16BE(body.length, 2);
  return Buffer.concat([header, body]);
}

function invalid(problem: string): InvalidPdu {
  return new InvalidPdu(ABORT_REASONS.invalidParameter, problem);
}
