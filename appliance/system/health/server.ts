import Fastify, { type FastifyInstance } from "fastify";
import type { Board } from "../checks/index.ts";
import type { Metrics } from "../metrics.ts";

/** A supervision asks every few seconds, with one or two connections. */
const CONNECTIONS = 32;
/** A request line and its headers that take longer are no request. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * `/health/live`: the process answers. `/health/ready`: every check, 503 when one is in error. `/metrics`: Prometheus.
 * Nothing here names a patient, so the listener may be given to a supervision of the site.
 */
export function createHealthServer({
  board,
  metrics,
}: {
  readonly board: Board;
  readonly metrics: Metrics;
}): FastifyInstance {
  const server = Fastify({ forceCloseConnections: true, requestTimeout: REQUEST_TIMEOUT_MS });
  server.server.maxConnections = CONNECTIONS;
  server.get("/health/live", async () => ({ state: "ok" }));
  server.get("/health/ready", async (_request, reply) => {
    const reading = await board.read();
    return reply.code(reading.state === "error" ? 503 : 200).send(reading);
  });
  server.get("/metrics", async (_request, reply) => {
    const { contentType, text } = await metrics.read();
    return reply.type(contentType).send(text);
  });
  return server;
}
