import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { operatorAction } from "../../audit/index.ts";
import type { MessageFacts } from "../../store/index.ts";
import { operatorOf, whileAsked } from "../operator.ts";
import type { ApiOptions } from "../options.ts";
import { type OneThing, oneOf, oneThing, type Page, page } from "../schemas.ts";

const messageStates = ["received", "opened", "refused", "unreadable"] as const satisfies MessageFacts["state"][];

/** A message that is tried is as large as one that is received may be. */
const LARGEST_MESSAGE_BYTES = 512 * 1024 * 1024;

/** The messages: lists, replay, rehearsal. */
export function messageRoutes(api: FastifyInstance, { store, replay, rehearse, now }: ApiOptions): void {
  api.get<{ Querystring: Page & { state?: MessageFacts["state"] } }>(
    "/messages",
    { schema: { querystring: Type.Object({ state: Type.Optional(oneOf(messageStates)), ...page }) } },
    async ({ query }) => ({ messages: await store.messages(query) }),
  );
  api.post<OneThing>("/messages/:id/replay", { schema: oneThing }, async (request) => {
    const message = request.params.id;
    const operator = operatorOf(request);
    const replayed = await replay(message, operator);
    const record = operatorAction("message-replayed", { at: now(), users: [operator], facts: { message } });
    await store.appendAuditRecords([record]);
    return { replayed };
  });

  api.addContentTypeParser("application/octet-stream", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
  const how = Type.Object({
    peer: Type.String({ maxLength: 64, default: "127.0.0.1" }),
    pacs: Type.Boolean({ default: false }),
  });
  api.post<{ Querystring: { peer: string; pacs: boolean }; Body: Buffer }>(
    "/messages/try",
    { schema: { querystring: how }, bodyLimit: LARGEST_MESSAGE_BYTES },
    async (request) => {
      const { peer, pacs: askPacs } = request.query;
      return rehearse(request.body, { peer, askPacs, signal: whileAsked(request) });
    },
  );
}
