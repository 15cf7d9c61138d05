import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import type { Job } from "../../store/index.ts";
import { consoleErrors } from "../errors.ts";
import { operatorOf } from "../operator.ts";
import type { ApiOptions } from "../options.ts";
import { type OneThing, oneOf, oneThing, page, path } from "../schemas.ts";

/** Lines of what a job left undone that are shown. */
const REFUSALS_SHOWN = 100;

const time = () => Type.String({ pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$" });
const hours = Type.Object({ from: time(), to: time() }, { additionalProperties: false });
const working = { during: Type.Optional(hours), except: Type.Optional(hours) };
const job = <const Kind extends string, Properties extends Parameters<typeof Type.Object>[0]>(
  kind: Kind,
  properties: Properties,
) => Type.Object({ kind: Type.Literal(kind), ...working, ...properties }, { additionalProperties: false });

/** Every job that can be asked for, with its parameters. */
const asked = Type.Union([
  job("resync", { force: Type.Optional(Type.Boolean()) }),
  job("readdress", {}),
  job("export", { folder: path() }),
  job("import", { file: path() }),
  job("speedtest", {
    pacs: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    study: Type.Optional(Type.String({ pattern: "^[0-9.]{1,64}$" })),
    way: Type.Optional(oneOf(["c-get", "c-move", "wado-rs"])),
    now: Type.Optional(Type.Boolean()),
  }),
  job("retry", { code: Type.String({ pattern: "^[A-Z0-9_]{1,64}$" }) }),
]);
type Asked = Static<typeof asked>;

/** Long work: started, watched, cancelled. */
export function jobRoutes(api: FastifyInstance, { store, jobs, explain }: ApiOptions): void {
  const list = Type.Object({ limit: page.limit, kind: Type.Optional(Type.String({ pattern: "^[a-z]{1,32}$" })) });
  api.get<{ Querystring: Static<typeof list> }>("/jobs", { schema: { querystring: list } }, async ({ query }) => ({
    jobs: await store.jobs(query),
  }));
  api.get<OneThing>("/jobs/:id", { schema: oneThing }, async ({ params }) => {
    const found = await store.job(params);
    if (found === undefined) throw consoleErrors.fault("CONSOLE_JOB_UNKNOWN", { details: { job: params.id } });
    return shown(found);
  });
  api.post<{ Body: Asked }>("/jobs", { schema: { body: asked } }, async (request) => {
    const { kind, ...parameters } = request.body;
    for (const { from, to } of [parameters.during, parameters.except].filter((one) => one !== undefined)) {
      if (from === to) throw consoleErrors.fault("CONSOLE_BAD_REQUEST");
    }
    return { job: await jobs.launch(kind, { ...parameters, operator: operatorOf(request).id }) };
  });
  api.post<OneThing>("/jobs/:id/cancel", { schema: oneThing }, async (request) =>
    shown(await jobs.cancel(request.params.id, operatorOf(request))),
  );

  async function shown(found: Job) {
    const refusals = await store.jobRefusals({ id: found.id, limit: REFUSALS_SHOWN });
    return {
      job: found,
      explanation: found.code === undefined ? undefined : explain(found.code, found.details ?? {}),
      refusals: refusals.map((one) => ({ ...one, explanation: explain(one.code, one.details ?? {}) })),
    };
  }
}
