/** A client of the box's local API (a Unix socket in its data folder). */
import { request } from "node:http";

const TIMEOUT_MS = 20_000;

/** An exam as the API lists it. */
export interface ExamFacts {
  readonly id: number;
  readonly studyInstanceUID: string;
  readonly structure: string;
  readonly state: string;
  readonly code?: string;
  readonly compared?: Readonly<Record<string, string>>;
  readonly ipp?: string;
  readonly accessions: readonly string[];
  readonly nextAt?: string;
}

/** An exam as the API shows it alone. */
export interface ExamAnswer {
  readonly exam: ExamFacts;
  readonly explanation?: { readonly message: string; readonly remedy: string };
  readonly timeline: readonly {
    readonly at: string;
    readonly kind: string;
    readonly code?: string;
    readonly facts?: Readonly<Record<string, unknown>>;
  }[];
  readonly submission?: {
    readonly manifest: string;
    readonly instances: number;
    readonly state: string;
    readonly entryUUID?: string;
  };
}

/** Calls the API; gives the body of a success, and rejects with the box's own sentence otherwise. */
export function callApi(socketPath: string, method: "GET" | "POST", path: string): Promise<Buffer> {
  return new Promise((done, fail) => {
    const outgoing = request({ socketPath, method, path, timeout: TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", fail);
      response.on("end", () => {
        const body = Buffer.concat(chunks);
        if ((response.statusCode ?? 500) < 300) done(body);
        else fail(refusal(body));
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("La DRIMbox ne répond pas.")));
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      const absent = error.code === "ENOENT" || error.code === "ECONNREFUSED";
      fail(absent ? new Error(`Aucune DRIMbox ne tourne sur ${socketPath} (option --data).`) : error);
    });
    outgoing.end();
  });
}

function refusal(body: Buffer): Error {
  const { code, message, remedy } = JSON.parse(body.toString()) as Record<string, string>;
  return new Error(`${message} [${code}]\n→ ${remedy}`);
}
