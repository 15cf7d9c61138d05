import type { FastifyReply } from "fastify";
import { type CodedError, fill } from "../base/index.ts";

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
  CONSOLE_EXAM_UNKNOWN: 404,
  CONSOLE_JOB_UNKNOWN: 404,
  CONSOLE_NO_MANIFEST: 404,
  SOURCE_EXAM_UNKNOWN: 404,
  SOURCE_JOB_UNKNOWN: 404,
  SOURCE_NO_SUCH_MESSAGE: 404,
  STATISTICS_PERIOD_INVALID: 400,
  CONSOLE_INTERNAL: 500,
};

export function refuse(reply: FastifyReply, error: CodedError): FastifyReply {
  const status = statuses[error.code] ?? (error.retry === "later" ? 503 : 409);
  return reply.code(status).send(refusalOf(error));
}
