import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { Counts } from "../../store/index.ts";
import { whileAsked } from "../operator.ts";
import type { ApiOptions } from "../options.ts";

/** How the box and its neighbours are doing. */
export function statusRoutes(api: FastifyInstance, { store, status, sources, probe }: ApiOptions): void {
  api.get("/status", async () => ({ ...(await status()), counts: (await store.counts()) satisfies Counts }));
  api.get("/sources", async () => sources);

  const question = Type.Object(
    {
      pacs: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      studyInstanceUID: Type.Optional(Type.String({ pattern: "^[0-9.]{1,64}$" })),
    },
    { additionalProperties: false },
  );
  api.post<{ Body: { pacs?: string; studyInstanceUID?: string } }>(
    "/pacs/probe",
    { schema: { body: question } },
    async (request) => ({ probes: await probe({ ...request.body, signal: whileAsked(request) }) }),
  );
}
