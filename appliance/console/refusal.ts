import type { FastifyReply } from "fastify";
import { type CodedError, fill } from "../base/index.ts";
import { consoleErrors } from "./errors.ts";

/** An error as the API tells it. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export function refusalOf(error: CodedError): Refusal {
  const remedy = fill(error.definition.remedy.fr, error.details);
  return { code: error.code, message: error.text("fr"), remedy };
}

/** Codes with an HTTP status of their own; the others by what becomes of the work. */
const statuses: Readonly<Record<string, number>> = {
  CONSOLE_BAD_REQUEST: 400,
  CONSOLE_OUT_OF_BOUNDS: 400,
  CONSOLE_EXAM_UNKNOWN: 404,
  CONSOLE_JOB_UNKNOWN: 404,
  CONSOLE_NO_MANIFEST: 404,
  SOURCE_EXAM_UNKNOWN: 404,
  SOURCE_JOB_UNKNOWN: 404,
  SOURCE_NO_SUCH_MESSAGE: 404,
  STATISTICS_PERIOD_INVALID: 400,
  CONSOLE_INTERNAL: 500,
};

/** What the server of the API says of a request that it did not accept. */
export interface RequestError {
  readonly statusCode?: number;
  /** Which part of the request was not as its schema wants it, and how. */
  readonly validationContext?: string;
  readonly validation?: readonly {
    readonly instancePath: string;
    readonly parentSchema?: { readonly minimum?: number; readonly maximum?: number };
  }[];
}

/** An error of the server itself, as the API tells it: of an option of a question, its bounds where it has some. */
export function requestFault({ statusCode = 500, validation, validationContext }: RequestError): CodedError {
  const [{ instancePath = "", parentSchema = {} } = {}] = validation ?? [];
  const { minimum: least, maximum: most } = parentSchema;
  if (validationContext === "querystring" && least !== undefined && most !== undefined) {
    return consoleErrors.fault("CONSOLE_OUT_OF_BOUNDS", { details: { option: instancePath.slice(1), least, most } });
  }
  return consoleErrors.fault(validation !== undefined || statusCode < 500 ? "CONSOLE_BAD_REQUEST" : "CONSOLE_INTERNAL");
}

export function refuse(reply: FastifyReply, error: CodedError): FastifyReply {
  const status = statuses[error.code] ?? (error.retry === "later" ? 503 : 409);
  return reply.code(status).send(refusalOf(error));
}
