import type { FastifyInstance } from "fastify";
import { exportStatistics, type StatisticsQuery, statisticsQuery } from "../../statistics/index.ts";
import type { ApiOptions } from "../options.ts";

/** The figures of a period, as ModelStat. */
export function statisticsRoutes(api: FastifyInstance, { store, timeZone }: ApiOptions): void {
  api.get<{ Querystring: StatisticsQuery }>(
    "/statistics",
    { schema: { querystring: statisticsQuery } },
    async ({ query }, reply) => {
      const { contentType, fileName, content } = exportStatistics({ store, timeZone }, query);
      return reply.header("content-disposition", `attachment; filename="${fileName}"`).type(contentType).send(content);
    },
  );
}
