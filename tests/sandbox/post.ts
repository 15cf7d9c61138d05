/** An HTTPS client with a certificate, and what it reads in an answer. */
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import type { SandboxIdentity, SandboxPki } from "../../scripts/sandbox/pki.ts";
import type { Submission } from "./submission.ts";

export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly text: string;
  /** `Success`, `Failure`, or undefined for a fault. */
  readonly outcome: string | undefined;
  /** `errorCode`s, or the subcode of a fault (its code when there is none). */
  readonly codes: readonly string[];
  /** `location: context` of each error, or the reason of the fault. */
  readonly reasons: readonly string[];
}

export interface PostOptions {
  /** undefined: no client certificate. */
  readonly client: SandboxIdentity | undefined;
  readonly timeoutMs?: number;
  readonly maxVersion?: "TLSv1.1";
}

export function post(
  url: string,
  pki: SandboxPki,
  { contentType, body }: Submission,
  options: PostOptions,
): Promise<Reply> {
  const { client, timeoutMs = 20_000, maxVersion } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const tls = {
    ca: pki.trust,
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
    ...(maxVersion === undefined ? {} : { minVersion: "TLSv1" as const, maxVersion }),
  };
  const headers = { "Content-Type": contentType, "Content-Length": body.length };
  const outgoing = request(url, { ...tls, method: "POST", agent: false, headers, timeout: timeoutMs }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      text += chunk;
    });
    response.on("end", () => resolve(read(response, text)));
    response.on("error", reject);
  });
  outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in time")));
  outgoing.on("error", reject);
  outgoing.end(body);
  return promise;
}

function read({ statusCode: status = 0, headers }: IncomingMessage, text: string): Reply {
  const all = (pattern: RegExp): string[] => Array.from(text.matchAll(pattern), ([, value = ""]) => value);
  const errors = Array.from(
    text.matchAll(/errorCode="([^"]*)" codeContext="([^"]*)" location="([^"]*)"/g),
    ([, code = "", context = "", location = ""]) => ({ code, reason: `${location}: ${context}` }),
  );
  const fault = all(/:Value[^>]*>([^<]+)</g).at(-1);
  return {
    status,
    contentType: headers["content-type"] ?? "",
    retryAfter: headers["retry-after"],
    text,
    outcome: all(/ResponseStatusType:(\w+)"/g)[0],
    codes: errors.length > 0 ? errors.map(({ code }) => code) : fault === undefined ? [] : [fault],
    reasons: errors.length > 0 ? errors.map(({ reason }) => reason) : all(/:Text[^>]*>([^<]*)</g),
  };
}
