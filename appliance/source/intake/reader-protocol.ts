import { CodedError, said } from "../../base/index.ts";
import { cdaErrors } from "../../cda/index.ts";
import { dicomErrors } from "../../dicom/index.ts";
import { hl7Errors } from "../../hl7/index.ts";
import { kosErrors } from "../../kos/index.ts";
import type { MessageKind } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import type { Examination, ExaminationOptions } from "./examine.ts";
import type { ReceivedMessage } from "./report.ts";

/**
 * What travels between the reader's face and its thread: a message to examine at the door, or one of the store to read.
 * An error loses its class on the way, and gets it back. */
export interface Call {
  readonly id: number;
  readonly task: "examine" | MessageKind;
  readonly bytes: Uint8Array;
  readonly options: ExaminationOptions;
}

export type Answer = { readonly id: number } & (
  | { readonly examination: Omit<Examination, "refusal"> & { readonly refusal?: Fault } }
  | { readonly received: ReceivedMessage }
  | { readonly fault: Fault }
);

/** A coded error as plain data. */
export type Fault = Pick<CodedError, "code" | "where" | "details" | "values">;

export function toFault({ code, where, details, values }: CodedError): Fault {
  return { code, where, details, values };
}

const definitions = {
  ...hl7Errors.definitions,
  ...cdaErrors.definitions,
  ...dicomErrors.definitions,
  ...kosErrors.definitions,
  ...sourceErrors.definitions,
};

export function fromFault({ code, ...facts }: Fault): CodedError {
  const definition = definitions[code as keyof typeof definitions];
  return definition === undefined
    ? sourceErrors.fault("SOURCE_INTERNAL")
    : new CodedError(code, definition, said(facts));
}
