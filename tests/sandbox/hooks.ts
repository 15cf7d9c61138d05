/** What a test may make wrong in a right publication, and how it says so. */
import { randomUUID } from "node:crypto";
import type { SandboxIdentity, SandboxStructure } from "../../scripts/sandbox/pki.ts";
import type { KosValues } from "./kos-bytes.ts";

export const INS = "285017500000130";
export const INS_OID = "1.2.250.1.213.1.4.10";
export const PATIENT_ID = `${INS}^^^&${INS_OID}&ISO^NH`;

export type Edit = (text: string) => string;

/** Each hook sees its stage before the next one is made of it: what is signed later is signed as edited. */
export interface Hooks {
  readonly kos?: Partial<KosValues>;
  readonly kosFile?: (bytes: Buffer) => Buffer;
  /** Manifest, SignedProperties, SignedInfo and the whole of the signature document. */
  readonly manifest?: Edit;
  readonly properties?: Edit;
  readonly signedInfo?: Edit;
  readonly signature?: Edit;
  /** The SubmitObjectsRequest. */
  readonly metadata?: Edit;
  readonly assertion?: Edit;
  readonly signedAssertion?: Edit;
  readonly vihfAlgorithms?: { readonly signature: string; readonly digest: string };
  readonly envelope?: Edit;
  readonly contentType?: Edit;
  /** The package, as Latin-1. */
  readonly body?: Edit;
  /** Who submits; the first structure of the sandbox when absent. */
  readonly structure?: SandboxStructure;
  readonly signer?: SandboxIdentity;
  readonly setSigner?: SandboxIdentity;
  readonly now?: Date;
  /** Given back by `draft` to submit the same again. */
  readonly ids?: Ids;
  readonly to?: string;
}

export interface Ids {
  readonly sop: string;
  readonly signature: string;
  readonly set: string;
  readonly study: string;
}

export function newIds(): Ids {
  const oid = (): string => `2.25.${BigInt(`0x${randomUUID().replaceAll("-", "")}`)}`;
  return { sop: oid(), signature: oid(), set: oid(), study: oid() };
}

/** One edit after another. */
export function both(first: Edit, second: Edit): Edit {
  return (text) => second(first(text));
}

/** The same in the record of another patient. */
export function ofPatient(ins: string): Hooks & { readonly metadata: Edit } {
  const metadata = swap(INS, ins);
  return { kos: { patientID: ins }, metadata, assertion: metadata };
}

/** The manifest replaces another. */
export function replacing(entryUUID: string, id = "rplc"): Edit {
  const rplc = `<Association id="${id}" associationType="urn:ihe:iti:2007:AssociationType:RPLC" sourceObject="Manifest01" targetObject="${entryUUID}"/>`;
  return swap("</RegistryObjectList>", `${rplc}</RegistryObjectList>`);
}

/** Replaces `from`, which must be there: a mutation that changes nothing tests nothing. */
export function swap(from: string, to: string): Edit {
  return (text) => {
    if (!text.includes(from)) throw new Error(`nothing to replace: ${from}`);
    return text.replaceAll(from, to);
  };
}

/** Removes what `pattern` matches, or puts `to` in its place. */
export function cut(pattern: RegExp, to = ""): Edit {
  return (text) => {
    if (!pattern.test(text)) throw new Error(`nothing matches: ${pattern}`);
    return text.replace(pattern, to);
  };
}
