import Fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { Type } from "typebox";
import { CodedError, fill, type Logger } from "../base/index.ts";
import type { Counts, Exam, ExamState, Store } from "../store/index.ts";
import { consoleErrors } from "./errors.ts";

/** Exams of one page at most. */
const LARGEST_PAGE = 500;

/** What a code means, for the person who reads it. */
export interface Explanation {
  readonly message: string;
  readonly remedy: string;
}

/** What a person may decide of an exam. */
export type Decision =
  | { readonly kind: "withhold" | "release" | "republish" }
  | { readonly kind: "set-aside" | "take-up"; readonly messageId: number };

export interface ApiOptions {
  readonly store: Pick<
    Store,
    "exam" | "exams" | "timeline" | "latestSubmission" | "currentSubmission" | "messagesShown" | "counts"
  >;
  readonly retry: (examId: number) => Promise<void>;
  readonly decide: (examId: number, decision: Decision) => Promise<void>;
  /** The sentences of an error code of any room, with the facts of the case. */
  readonly explain: (code: string, facts: Readonly<Record<string, unknown>>) => Explanation | undefined;
  /** Everything else that the status shows. */
  readonly status: () => Promise<Readonly<Record<string, unknown>>>;
  readonly log: Logger;
}

/**
 * The administrators' API. It shows identities to compare, so it listens on a Unix socket that only the box's own
 * account may open: who reaches it is an administrator of the machine.
 */
export function createApi(options: ApiOptions): FastifyInstance {
  const { store } = options;
  // A body that says more than it may is refused: dropping the surplus would spoil it for the next schema of a union.
  const api = Fastify({ forceCloseConnections: true, ajv: { customOptions: { removeAdditional: false } } });

  api.setErrorHandler((error: Error & { validation?: unknown; statusCode?: number }, _request, reply) => {
    const bad = error.validation !== undefined || (error.statusCode ?? 500) < 500;
    const coded =
      error instanceof CodedError ? error : consoleErrors.fault(bad ? "CONSOLE_BAD_REQUEST" : "CONSOLE_INTERNAL");
    if (coded.code === "CONSOLE_INTERNAL") options.log.error({ error }, "request to the local API failed");
    return refuse(reply, coded);
  });
  api.setNotFoundHandler((_request, reply) => refuse(reply, consoleErrors.fault("CONSOLE_BAD_REQUEST")));

  api.get("/status", async () => ({ ...(await options.status()), counts: (await store.counts()) satisfies Counts }));

  const page = Type.Object({
    state: Type.Optional(Type.Union(examStates.map((state) => Type.Literal(state)))),
    code: Type.Optional(Type.String({ maxLength: 64 })),
    text: Type.Optional(Type.String({ minLength: 2, maxLength: 128 })),
    before: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    limit: Type.Integer({ minimum: 1, maximum: LARGEST_PAGE, default: 50 }),
  });
  api.get<{ Querystring: { state?: ExamState; code?: string; text?: string; before?: number; limit: number } }>(
    "/exams",
    { schema: { querystring: page } },
    async ({ query }) => ({ exams: await store.exams(query) }),
  );

  const one = {
    schema: { params: Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }) },
  };
  api.get<{ Params: { id: number } }>("/exams/:id", one, async ({ params }) => {
    const exam = await known(params.id);
    const submission = await store.latestSubmission({ examId: exam.id });
    const timeline = await store.timeline({ examId: exam.id });
    const cause = timeline.findLast(({ code }) => code !== undefined && code === exam.code);
    return {
      exam,
      explanation: exam.code === undefined ? undefined : options.explain(exam.code, cause?.facts ?? {}),
      timeline,
      messages: await store.messagesShown({ examId: exam.id }),
      ...(submission && {
        submission: {
          kind: submission.kind,
          manifest: submission.sopInstanceUID,
          instances: submission.instanceCount,
          state: submission.state,
          entryUUID: submission.entryUUID,
          createdAt: submission.createdAt,
        },
      }),
    };
  });
  api.get<{ Params: { id: number } }>("/exams/:id/manifest", one, async ({ params }, reply) => {
    const { id: examId } = await known(params.id);
    const latest = await store.latestSubmission({ examId });
    const submission = latest?.kind === "withdraw" ? await store.currentSubmission({ examId }) : latest;
    if (submission === undefined) throw consoleErrors.fault("CONSOLE_NO_MANIFEST", { details: { exam: params.id } });
    return reply.type("application/dicom").send(Buffer.from(submission.manifest));
  });
  api.post<{ Params: { id: number } }>("/exams/:id/retry", one, async ({ params }) => {
    await options.retry(params.id);
    return { exam: await known(params.id) };
  });

  const simple = Type.Object(
    { kind: Type.Union((["withhold", "release", "republish"] as const).map((kind) => Type.Literal(kind))) },
    { additionalProperties: false },
  );
  const onMessage = Type.Object(
    {
      kind: Type.Union((["set-aside", "take-up"] as const).map((kind) => Type.Literal(kind))),
      messageId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    },
    { additionalProperties: false },
  );
  api.post<{ Params: { id: number }; Body: Decision }>(
    "/exams/:id/decision",
    { schema: { ...one.schema, body: Type.Union([simple, onMessage]) } },
    async ({ params, body }) => {
      await options.decide(params.id, body);
      return { exam: await known(params.id) };
    },
  );

  async function known(id: number): Promise<Exam> {
    const exam = await store.exam({ id });
    if (exam === undefined) throw consoleErrors.fault("CONSOLE_EXAM_UNKNOWN", { details: { exam: id } });
    return exam;
  }
  return api;
}

/** Codes with an HTTP status of their own; the others by what becomes of the work. */
const statuses: Readonly<Record<string, number>> = {
  CONSOLE_BAD_REQUEST: 400,
  CONSOLE_EXAM_UNKNOWN: 404,
  CONSOLE_NO_MANIFEST: 404,
  SOURCE_EXAM_UNKNOWN: 404,
  CONSOLE_INTERNAL: 500,
};

function refuse(reply: FastifyReply, error: CodedError): FastifyReply {
  const status = statuses[error.code] ?? (error.retry === "later" ? 503 : 409);
  const remedy = fill(error.definition.remedy.fr, error.details);
  return reply.code(status).send({ code: error.code, message: error.text("fr"), remedy });
}

const examStates = [
  "searching",
  "checking",
  "publishing",
  "published",
  "parked",
  "closed",
] as const satisfies ExamState[];
