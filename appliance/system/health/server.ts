import Fastify, { type FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import type { Board } from "../checks/index.ts";

export interface HealthOptions {
  readonly board: Board;
  readonly registry: Registry;
}

/**
 * `/health/live`: the process answers. `/health/ready`: every check, 503 when one is in error. `/metrics`: Prometheus.
 * Nothing here names a patient, so the listener may be given to a supervision of the site.
 */
export function createHealthServer({ board, registry }: HealthOptions): FastifyInstance {
  const server = Fastify({ forceCloseConnections: true });
  server.get("/health/live", async () => ({ state: "ok" }));
  server.get("/health/ready", async (_request, reply) => {
    const reading = await board.read();
    return reply.code(reading.state === "error" ? 503 : 200).send(reading);
  });
  server.get("/metrics", async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  return server;
}
