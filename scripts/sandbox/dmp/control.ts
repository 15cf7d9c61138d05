/**
 * The control port, plain HTTP on loopback, for the stand-in that runs as its own process:
 *
 * - `GET /documents`, `/submissions`, `/doubles`, `/counts`, `/faults` (the kinds and what each does)
 * - `GET /manifests?study=<uid>` (the approved ones), `/history?study=<uid>`
 * - `POST /faults` `{ "kind": "silent", "times": 2 }`, or `"times": "always"`; `DELETE /faults`
 * - `GET /rate`, `POST /rate` `{ "maxPerSecond": 5, "answer": "http503" or "registryError" }`; `DELETE /rate` lifts the limit
 * - `POST /patients` `{ "unknown": ["<patientId>"], "closed": [...] }`
 * - `POST /reset`
 */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { asFault, FAULT_KINDS } from "./faults.ts";
import type { RateLimit } from "./rate.ts";
import type { RegisteredDocument } from "./registry.ts";
import type { Dmp } from "./server.ts";

export interface Control {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  stop(): Promise<void>;
}

const MAX_BODY = 64 * 1024;
const MAX_TIMES = 1000;

/** Opens the control port of `dmp`; 0 for any free one. */
export async function startControl(dmp: Dmp, port: number): Promise<Control> {
  const server = createServer((request, response) => {
    dispatch(dmp, request).then(
      (value) => response.writeHead(200, { "Content-Type": "application/json" }).end(`${JSON.stringify(value)}\n`),
      (error: Error) => response.writeHead(400, { "Content-Type": "text/plain" }).end(`${error.message}\n`),
    );
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function dispatch(dmp: Dmp, request: IncomingMessage): Promise<unknown> {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://control");
  const study = searchParams.get("study") ?? "";
  switch (`${request.method} ${pathname}`) {
    case "GET /documents":
      return dmp.documents().map(withoutBytes);
    case "GET /manifests":
      return dmp.approvedManifests(study).map(withoutBytes);
    case "GET /history":
      return dmp.history(study);
    case "GET /doubles":
      return dmp.doubles();
    case "GET /submissions":
      return dmp.submissions();
    case "GET /counts":
      return { ...dmp.counts(), documents: dmp.documents().length, submissions: dmp.submissions().length };
    case "GET /faults":
      return FAULT_KINDS;
    case "POST /faults":
      return setFault(dmp, await readJson(request));
    case "DELETE /faults":
      dmp.faults.clear();
      return {};
    case "GET /rate":
      return rateOf(dmp);
    case "POST /rate":
      dmp.rate.limit = asLimit(await readJson(request));
      return rateOf(dmp);
    case "DELETE /rate":
      dmp.rate.limit = undefined;
      return rateOf(dmp);
    case "POST /patients":
      return setPatients(dmp, await readJson(request));
    case "POST /reset":
      dmp.reset();
      return {};
    default:
      throw new Error("no such control");
  }
}

function withoutBytes({ content: _content, metadata: _metadata, ...document }: RegisteredDocument): unknown {
  return document;
}

function rateOf({ rate: { limit, busiestSecond, turnedAway } }: Dmp): unknown {
  return { limit, busiestSecond, turnedAway };
}

function asLimit({ maxPerSecond, answer = "http503" }: Record<string, unknown>): RateLimit {
  if (!Number.isSafeInteger(maxPerSecond) || (maxPerSecond as number) < 0) {
    throw new Error("maxPerSecond is a whole number");
  }
  if (answer !== "http503" && answer !== "registryError") throw new Error("answer is http503 or registryError");
  return { maxPerSecond: maxPerSecond as number, answer };
}

function setFault(dmp: Dmp, value: Record<string, unknown>): unknown {
  const fault = asFault(value);
  const { times = 1 } = value;
  if (times === "always") dmp.faults.always(fault);
  else if (Number.isSafeInteger(times) && (times as number) > 0 && (times as number) <= MAX_TIMES) {
    dmp.faults.next(fault, times as number);
  } else throw new Error(`times is "always", or 1 to ${MAX_TIMES}`);
  return fault;
}

function setPatients(dmp: Dmp, { unknown = [], closed = [] }: Record<string, unknown>): unknown {
  for (const [set, list] of [[dmp.unknownPatients, unknown] as const, [dmp.closedRecords, closed] as const]) {
    if (!Array.isArray(list) || !list.every((one) => typeof one === "string")) throw new Error("lists of patientIds");
    set.clear();
    for (const patientId of list) set.add(patientId);
  }
  return { unknown: dmp.unknownPatients.size, closed: dmp.closedRecords.size };
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8") as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAX_BODY) throw new Error("too long");
  }
  const value: unknown = JSON.parse(text);
  if (value === null || typeof value !== "object") throw new Error("a JSON object is expected");
  return value as Record<string, unknown>;
}
