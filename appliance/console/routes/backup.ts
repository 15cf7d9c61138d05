import { PassThrough } from "node:stream";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { operatorAction } from "../../audit/index.ts";
import { asCoded } from "../../base/index.ts";
import { consoleErrors } from "../errors.ts";
import { operatorOf, whileAsked } from "../operator.ts";
import type { ApiOptions } from "../options.ts";
import { refusalOf } from "../refusal.ts";
import { path } from "../schemas.ts";

/** A line of progress goes out this often at most. */
const PROGRESS_MS = 500;

interface Asked {
  readonly target: string;
  /** Absent with `clear`, the explicit wish for a backup that anybody can read. */
  readonly passphrase?: string;
}

/**
 * Saves the box into a file. The answer is a line of JSON each: `{progress}` while it lasts, then `{backup}` or `{refusal}`.
 * A caller that goes away cancels it. The passphrase is neither kept nor logged.
 */
export function backupRoutes(api: FastifyInstance, { store, backup, now, log }: ApiOptions): void {
  const sealed = Type.Object(
    { target: path(), passphrase: Type.String({ maxLength: 1024 }) },
    { additionalProperties: false },
  );
  const clear = Type.Object({ target: path(), clear: Type.Literal(true) }, { additionalProperties: false });
  const body = Type.Union([sealed, clear]);
  api.post<{ Body: Asked }>("/backup", { schema: { body } }, async (asked, reply) => {
    const { target, passphrase = null } = asked.body;
    const lines = new PassThrough();
    const say = (line: object) => lines.write(`${JSON.stringify(line)}\n`);
    let said = Number.NEGATIVE_INFINITY;
    const onProgress = (progress: object) => {
      if (performance.now() - said < PROGRESS_MS) return;
      said = performance.now();
      say({ progress });
    };
    const work = async () => {
      const manifest = await backup({ target, passphrase }, { onProgress, signal: whileAsked(asked) });
      await store.appendAuditRecords([operatorAction("backup-made", { at: now(), users: [operatorOf(asked)] })]);
      say({ backup: manifest });
    };
    void work()
      .catch((error: unknown) => {
        const fault = asCoded(error, (cause) => consoleErrors.fault("CONSOLE_INTERNAL", { cause }));
        log.warn({ error: fault }, "no backup was made");
        say({ refusal: refusalOf(fault) });
      })
      .finally(() => lines.end());
    return reply.type("application/x-ndjson").send(lines);
  });
}
