/** A client of the box's local API (a Unix socket in its data folder). */
import { request } from "node:http";
import { userInfo } from "node:os";
import { createInterface } from "node:readline";

const TIMEOUT_MS = 20_000;

/** An exam as the API lists it. */
export interface ExamFacts {
  readonly id: number;
  readonly studyInstanceUID: string;
  readonly structure: string;
  readonly state: string;
  readonly record: string;
  readonly cause: string;
  readonly withheld: boolean;
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
  readonly messages: readonly {
    readonly messageId: number;
    readonly kind: string;
    readonly receivedAt: string;
    readonly sender: string;
    readonly documentId?: string;
    readonly action?: string;
    readonly setAside: boolean;
  }[];
  readonly submission?: {
    readonly kind: string;
    readonly manifest: string;
    readonly instances: number;
    readonly state: string;
    readonly entryUUID?: string;
  };
}

/** How fast a PACS sends, as a job measured it. */
export interface MeasuredSpeed {
  readonly pacs: string;
  readonly studyInstanceUID: string;
  readonly production: boolean;
  readonly speeds: readonly {
    readonly method: string;
    readonly images: number;
    readonly bytes: number;
    readonly milliseconds: number;
    readonly firstImageMs: number;
    readonly megabitsPerSecond: number;
    readonly syntaxes: Readonly<Record<string, number>>;
  }[];
  readonly findings: readonly FindingFacts[];
}

/** Something that was found out about a PACS. */
export interface FindingFacts {
  readonly code: string;
  readonly weight: string;
  readonly fr: string;
}

/** A job as the API shows it. */
export interface JobFacts {
  readonly id: number;
  readonly kind: string;
  readonly state: "running" | "done" | "cancelled" | "failed";
  readonly done: number;
  readonly total: number;
  readonly results: Readonly<Record<string, number>>;
  /** What it found out, by its kind. */
  readonly found?: { readonly measures: readonly MeasuredSpeed[] };
  readonly code?: string;
  readonly createdAt: string;
}

export type Method = "GET" | "POST";

export interface CallOptions {
  /** Bytes as they are, anything else as JSON. */
  readonly body?: Uint8Array | object;
  /** The box may take so long before it says something. */
  readonly timeoutMs?: number;
  /** Told of each line of the answer as it comes. */
  readonly onLine?: (line: string) => void;
}

/** Calls the API; gives the body of a success, and rejects with the box's own sentence otherwise. */
export function callApi(
  socketPath: string,
  method: Method,
  path: string,
  { body, timeoutMs = TIMEOUT_MS, onLine }: CallOptions = {},
): Promise<Buffer> {
  return new Promise((done, fail) => {
    const type = body instanceof Uint8Array ? "application/octet-stream" : "application/json";
    const headers = { "x-operator": userInfo().username, ...(body !== undefined && { "content-type": type }) };
    // A connection of its own: nothing is kept open for a next call.
    const how = { socketPath, method, path, timeout: timeoutMs, headers, agent: false };
    const outgoing = request(how, (response) => {
      const chunks: Buffer[] = [];
      if (onLine !== undefined && (response.statusCode ?? 500) < 300) {
        createInterface({ input: response }).on("line", onLine);
      }
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", fail);
      response.on("end", () => {
        const received = Buffer.concat(chunks);
        if ((response.statusCode ?? 500) < 300) done(received);
        else fail(refusal(JSON.parse(received.toString())));
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("La DRIMbox ne répond pas.")));
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      const absent = error.code === "ENOENT" || error.code === "ECONNREFUSED";
      fail(absent ? new Error(`Aucune DRIMbox ne tourne sur ${socketPath} (option --data).`) : error);
    });
    outgoing.end(body === undefined || body instanceof Uint8Array ? body : JSON.stringify(body));
  });
}

/** What the box refuses, as the error to show. */
export function refusal({ code, message, remedy }: Readonly<Record<string, string>>): Error {
  return new Error(`${message} [${code}]\n→ ${remedy}`);
}
