/** Fields as every kind of message has them: required values, authorities, entity identifiers. */
import { said } from "../base/index.ts";
import { fault } from "./errors.ts";
import type { AssigningAuthority, EntityIdentifier } from "./model.ts";
import type { Segment } from "./segment.ts";

/** ITU-T X.660, as ISO object identifiers are written. */
const OID = /^[0-2](?:\.(?:0|[1-9]\d*))+$/;

/** Of a UID, 64 characters at most (PS3.5 section 9.1). */
const MAX_UID = 64;

export function isOid(text: string): boolean {
  return OID.test(text);
}

export function isUid(text: string): boolean {
  return text.length <= MAX_UID && isOid(text);
}

/** The value of a field that must be there, else `HL7_FIELD_MISSING`. */
export function requiredValue(segment: Segment, field: number, component = 1): string {
  const value = segment.value(field, component);
  if (value === "")
    throw fault("HL7_FIELD_MISSING", { where: segment.where(field) + (component === 1 ? "" : `.${component}`) });
  return value;
}

/**
 * HD: namespace, OID, ISO. Some senders leave the namespace out and shift the OID to the front; only what is an OID is
 * taken for one.
 */
export function readAuthority(parts: readonly [string, string, string]): AssigningAuthority {
  const [namespace, id, type] = parts.map((part) => part || undefined);
  if (namespace !== undefined && isOid(namespace) && (id === undefined || id === "ISO"))
    return said({ oid: namespace, type: id });
  return said({ namespace, oid: id !== undefined && isOid(id) ? id : undefined, type });
}

/** EI: number, then the authority in components of its own; undefined when there is no number. */
export function readEntity(segment: Segment, field: number): EntityIdentifier | undefined {
  const ei = segment.first(field);
  const value = ei.value(1);
  if (value === "") return undefined;
  const { namespace, oid } = readAuthority([ei.value(2), ei.value(3), ei.value(4)]);
  return said({ value, namespace, oid });
}
