import type { FastifyInstance } from "fastify";
import { type AuditQuery, auditQuery, type VerifyQuery, verifyQuery } from "../../audit/index.ts";
import { operatorOf } from "../operator.ts";
import type { ApiOptions } from "../options.ts";

/** The audit trail: searched, and its chain verified. That it was asked, and by whom, is written into it. */
export function auditRoutes(api: FastifyInstance, { audit }: ApiOptions): void {
  api.get<{ Querystring: AuditQuery }>("/audit", { schema: { querystring: auditQuery } }, async (request) => ({
    records: await audit.search(request.query, operatorOf(request)),
  }));
  api.get<{ Querystring: VerifyQuery }>("/audit/verify", { schema: { querystring: verifyQuery } }, (request) =>
    audit.verify(request.query, operatorOf(request)),
  );
}
