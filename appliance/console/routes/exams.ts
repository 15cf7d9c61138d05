import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { Exam, ExamState, StoredSubmission } from "../../store/index.ts";
import { consoleErrors } from "../errors.ts";
import { operatorOf } from "../operator.ts";
import type { ApiOptions, Decision } from "../options.ts";
import { id, type OneThing, oneOf, oneThing, type Page, page } from "../schemas.ts";

const examStates = [
  "searching",
  "checking",
  "publishing",
  "published",
  "parked",
  "closed",
] as const satisfies ExamState[];

/** The exams: lists, one with all that is known of it, what a person decides of it. */
export function examRoutes(api: FastifyInstance, { store, retry, decide, explain }: ApiOptions): void {
  const filter = Type.Object({
    state: Type.Optional(oneOf(examStates)),
    code: Type.Optional(Type.String({ maxLength: 64 })),
    text: Type.Optional(Type.String({ minLength: 2, maxLength: 128 })),
    ...page,
  });
  api.get<{ Querystring: Page & { state?: ExamState; code?: string; text?: string } }>(
    "/exams",
    { schema: { querystring: filter } },
    async ({ query }) => ({ exams: await store.exams(query) }),
  );

  const one = { schema: oneThing };
  api.get<OneThing>("/exams/:id", one, async ({ params }) => {
    const exam = await known(params.id);
    const submission = await store.latestSubmission({ examId: exam.id });
    const timeline = await store.timeline({ examId: exam.id });
    const cause = timeline.findLast(({ code }) => code !== undefined && code === exam.code);
    return {
      exam,
      explanation: exam.code === undefined ? undefined : explain(exam.code, cause?.facts ?? {}),
      timeline,
      messages: await store.messagesShown({ examId: exam.id }),
      ...(submission && { submission: submissionFacts(submission) }),
    };
  });
  api.get<OneThing>("/exams/:id/manifest", one, async ({ params }, reply) => {
    const { id: examId } = await known(params.id);
    const latest = await store.latestSubmission({ examId });
    const submission = latest?.kind === "withdraw" ? await store.currentSubmission({ examId }) : latest;
    if (submission === undefined) throw consoleErrors.fault("CONSOLE_NO_MANIFEST", { details: { exam: params.id } });
    return reply.type("application/dicom").send(Buffer.from(submission.manifest));
  });
  api.post<OneThing>("/exams/:id/retry", one, async (request) => {
    const { params } = request;
    await retry(params.id, operatorOf(request));
    return { exam: await known(params.id) };
  });

  const simple = Type.Object({ kind: oneOf(["withhold", "release", "republish"]) }, { additionalProperties: false });
  const onMessage = Type.Object(
    { kind: oneOf(["set-aside", "take-up"]), messageId: id() },
    { additionalProperties: false },
  );
  api.post<OneThing & { Body: Decision }>(
    "/exams/:id/decision",
    { schema: { ...oneThing, body: Type.Union([simple, onMessage]) } },
    async (request) => {
      const { params, body } = request;
      await decide(params.id, body, operatorOf(request));
      return { exam: await known(params.id) };
    },
  );

  async function known(examId: number): Promise<Exam> {
    const exam = await store.exam({ id: examId });
    if (exam === undefined) throw consoleErrors.fault("CONSOLE_EXAM_UNKNOWN", { details: { exam: examId } });
    return exam;
  }
}

function submissionFacts({ kind, sopInstanceUID, instanceCount, state, entryUUID, createdAt }: StoredSubmission) {
  return { kind, manifest: sopInstanceUID, instances: instanceCount, state, entryUUID, createdAt };
}
