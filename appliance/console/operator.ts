import type { FastifyRequest } from "fastify";
import type { AuditUser } from "../store/index.ts";

/** Who asks, as `box` says it: the account of the machine. The socket is only open to those who may be believed. */
export function operatorOf({ headers }: FastifyRequest): AuditUser {
  const name = headers["x-operator"];
  return { id: typeof name === "string" && /^[\w.@-]{1,64}$/.test(name) ? name : "local" };
}

/** A signal that is aborted when the caller goes away before its answer is complete. */
export function whileAsked(request: FastifyRequest): AbortSignal {
  const gone = new AbortController();
  request.raw.socket.once("close", () => gone.abort());
  return gone.signal;
}
