import Fastify, { type FastifyInstance } from "fastify";
import { Type } from "typebox";
import { CodedError } from "../base/index.ts";
import type { Counts, Exam, ExamState, Store } from "../store/index.ts";
import { consoleErrors } from "./errors.ts";

/** Exams of one page at most. */
const LARGEST_PAGE = 500;

/** What a code means, for the person who reads it. */
export interface Explanation {
  readonly message: string;
  readonly remedy: string;
}

export interface ApiOptions {
  readonly store: Pick<Store, "exam" | "exams" | "timeline" | "latestSubmission" | "counts">;
  readonly retry: (examId: number) => Promise<void>;
  /** The sentences of an error code of any room, with the facts of the case. */
  readonly explain: (code: string, facts: Readonly<Record<string, unknown>>) => Explanation | undefined;
  /** Everything else that the status shows. */
  readonly status: () => Promise<Readonly<Record<string, unknown>>>;
}

/**
 * The administrators' API. It shows identities to compare, so it listens on a Unix socket that only the box's own
 * account may open: who reaches it is an administrator of the machine.
 */
export function createApi(options: ApiOptions): FastifyInstance {
  const { store } = options;
  const api = Fastify({ forceCloseConnections: true });

  api.setErrorHandler((error: Error & { validation?: unknown }, _request, reply) => {
    const coded =
      error instanceof CodedError
        ? error
        : consoleErrors.fault(error.validation ? "CONSOLE_BAD_REQUEST" : "CONSOLE_INTERNAL");
    const status = { never: 409, human: 409, later: 503 }[coded.retry];
    return reply.code(error.validation ? 400 : status).send({
      code: coded.code,
      message: coded.text("fr"),
      remedy: coded.definition.remedy.fr,
    });
  });

  api.get("/status", async () => ({ ...(await options.status()), counts: (await store.counts()) satisfies Counts }));

  const page = Type.Object({
    state: Type.Optional(Type.Union(examStates.map((state) => Type.Literal(state)))),
    before: Type.Optional(Type.Integer({ minimum: 1 })),
    limit: Type.Integer({ minimum: 1, maximum: LARGEST_PAGE, default: 50 }),
  });
  api.get<{ Querystring: { state?: ExamState; before?: number; limit: number } }>(
    "/exams",
    { schema: { querystring: page } },
    async ({ query }) => ({ exams: await store.exams(query) }),
  );

  const one = { schema: { params: Type.Object({ id: Type.Integer({ minimum: 1 }) }) } };
  api.get<{ Params: { id: number } }>("/exams/:id", one, async ({ params }) => {
    const exam = await known(params.id);
    const submission = await store.latestSubmission({ examId: exam.id });
    const timeline = await store.timeline({ examId: exam.id });
    const cause = timeline.findLast(({ code }) => code !== undefined && code === exam.code);
    return {
      exam,
      explanation: exam.code === undefined ? undefined : options.explain(exam.code, cause?.facts ?? {}),
      timeline,
      ...(submission && {
        submission: {
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
    const submission = await store.latestSubmission({ examId: (await known(params.id)).id });
    if (submission === undefined) throw consoleErrors.fault("CONSOLE_NO_MANIFEST", { details: { exam: params.id } });
    return reply.type("application/dicom").send(Buffer.from(submission.manifest));
  });
  api.post<{ Params: { id: number } }>("/exams/:id/retry", one, async ({ params }) => {
    await options.retry(params.id);
    return { exam: await known(params.id) };
  });

  async function known(id: number): Promise<Exam> {
    const exam = await store.exam({ id });
    if (exam === undefined) throw consoleErrors.fault("CONSOLE_EXAM_UNKNOWN", { details: { exam: id } });
    return exam;
  }
  return api;
}

const examStates = ["searching", "publishing", "published", "parked", "closed"] as const satisfies ExamState[];
