import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** What boxes ask; browsers go elsewhere. */
export type Endpoint = "introspection" | "userinfo" | "token" | "jwks";

/** What the stand-in does wrong on purpose, until `recover`. */
export type Fault =
  /** Resets the connection before reading the request. */
  | { readonly kind: "down" }
  /** Never answers. */
  | { readonly kind: "silent" }
  /** Answers as it should, late. */
  | { readonly kind: "slow"; readonly ms: number }
  /** Answers a status and a page of HTML. */
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Answers 200 and this body. */
  | { readonly kind: "body"; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  /** Answers 200 and a body without end. */
  | { readonly kind: "endless" }
  /** Answers half of what it promised, then closes. */
  | { readonly kind: "truncated" }
  /** Answers with claims that are not the true ones. */
  | { readonly kind: "altered"; readonly change: (claims: Record<string, unknown>) => unknown }
  /** Answers with an ID token whose claims are not the true ones, rightly signed. */
  | { readonly kind: "signed"; readonly change: (claims: Record<string, unknown>) => Record<string, unknown> };

const PAGE = "<!doctype html><title>Sandbox</title>";

/** Plays the fault; true when the request needs no other answer. */
export async function play(fault: Fault | undefined, request: IncomingMessage, response: ServerResponse) {
  switch (fault?.kind) {
    case undefined:
    case "altered":
    case "signed":
      return false;
    case "down":
      request.socket.destroy();
      return true;
    case "silent":
      return true;
    case "slow":
      await sleep(fault.ms, undefined, { ref: false });
      return request.destroyed;
    case "status":
      response.writeHead(fault.status, { "content-type": "text/html", ...fault.headers }).end(PAGE);
      return true;
    case "body":
      response.writeHead(200, { "content-type": "application/json", ...fault.headers }).end(fault.body);
      return true;
    case "truncated":
      response.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
      response.write('{"active":true', () => request.socket.destroy());
      return true;
    case "endless":
      response.writeHead(200, { "content-type": "application/json" });
      await pourForEver(response);
      return true;
  }
}

async function pourForEver(response: ServerResponse): Promise<void> {
  const chunk = Buffer.alloc(64 * 1024, 0x20);
  while (!response.destroyed) {
    if (response.write(chunk)) await sleep(1);
    else await new Promise<void>((resolve) => response.once("drain", resolve).once("close", resolve));
  }
}
