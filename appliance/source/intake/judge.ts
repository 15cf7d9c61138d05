import type { CodedError } from "../../base/index.ts";
import type { Reason } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import { checkIdentity, type Environment, type LocalIdentity } from "./identity.ts";
import { accessionsOf, type ReceivedReport, structureOf } from "./report.ts";

/** How a report starts: looked for, closed (not for the DMP), or parked for every fault found. */
export type Start =
  | { readonly kind: "searching"; readonly ipp: LocalIdentity }
  | { readonly kind: "closed" }
  | { readonly kind: "parked"; readonly reasons: readonly Reason[]; readonly ipp?: LocalIdentity };

/** Judges a report by itself, before any study is looked at. */
export function judge({ message, header }: ReceivedReport, environment: Environment): Start {
  if (message.flags.destinationDmp === false) return { kind: "closed" };
  const { ipp, faults } = checkIdentity(message, header, environment);
  const all = [...faults];
  if (structureOf(header) === undefined) all.push(sourceErrors.fault("SOURCE_STRUCTURE_MISSING"));
  if (accessionsOf(header).length === 0) all.push(sourceErrors.fault("SOURCE_ACCESSION_MISSING"));
  for (const event of header.serviceEvents) {
    if (event.studyExtension === undefined) continue;
    const values = { report: `${event.studyInstanceUID} ${event.studyExtension}` };
    all.push(sourceErrors.fault("SOURCE_STUDY_EXTENSION", { values }));
  }
  if (message.flags.secretConnection === true) all.push(sourceErrors.fault("SOURCE_SECRET_CONNECTION"));
  const level = header.confidentiality?.code ?? "N";
  if (level !== "N") all.push(sourceErrors.fault("SOURCE_RESTRICTED", { details: { level } }));
  if (all.length > 0) return parkedBy(all, ipp);
  return { kind: "searching", ipp: ipp as NonNullable<typeof ipp> };
}

/** A start that waits for a person. */
export function parkedBy(faults: readonly CodedError[], ipp?: LocalIdentity): Start {
  const reasons = faults.map((fault) => ({ code: fault.code, ...compared(fault) }));
  return { kind: "parked", reasons, ...(ipp && { ipp }) };
}

function compared(fault: CodedError): { compared?: Readonly<Record<string, string>> } {
  return Object.keys(fault.values).length === 0 ? {} : { compared: fault.values };
}
