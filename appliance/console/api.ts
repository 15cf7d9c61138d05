import Fastify, { type FastifyInstance } from "fastify";
import { CodedError } from "../base/index.ts";
import { consoleErrors } from "./errors.ts";
import type { ApiOptions } from "./options.ts";
import { type RequestError, refuse, requestFault } from "./refusal.ts";
import { auditRoutes } from "./routes/audit.ts";
import { backupRoutes } from "./routes/backup.ts";
import { examRoutes } from "./routes/exams.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { messageRoutes } from "./routes/messages.ts";
import { statisticsRoutes } from "./routes/statistics.ts";
import { statusRoutes } from "./routes/status.ts";

/** A question or a decision is short; what is longer, and nested without end, is not read at all. */
const LARGEST_BODY_BYTES = 65_536;

/**
 * The administrators' API. It shows identities to compare, so it listens on a Unix socket that only the box's own
 * account may open: who reaches it is an administrator of the machine.
 */
export function createApi(options: ApiOptions): FastifyInstance {
  // A body that says more than it may is refused: dropping the surplus would spoil it for the next schema of a union.
  const api = Fastify({
    forceCloseConnections: true,
    bodyLimit: LARGEST_BODY_BYTES,
    // Verbose: a fault names the schema that was not met, which says the bounds.
    ajv: { customOptions: { removeAdditional: false, verbose: true } },
  });
  api.setErrorHandler((error: Error & RequestError, _request, reply) => {
    const coded = error instanceof CodedError ? error : requestFault(error);
    if (coded.code === "CONSOLE_INTERNAL") options.log.error({ error }, "request to the local API failed");
    return refuse(reply, coded);
  });
  api.setNotFoundHandler((_request, reply) => refuse(reply, consoleErrors.fault("CONSOLE_BAD_REQUEST")));
  statusRoutes(api, options);
  examRoutes(api, options);
  messageRoutes(api, options);
  jobRoutes(api, options);
  backupRoutes(api, options);
  auditRoutes(api, options);
  statisticsRoutes(api, options);
  return api;
}
