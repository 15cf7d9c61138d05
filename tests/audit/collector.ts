import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";

/** An outside audit repository: takes frames of RFC 5425 over TLS and keeps the XML of each. */
export interface Collector {
  readonly port: number;
  /** The syslog messages that came whole, each as often as it came. */
  readonly messages: string[];
  readonly connections: () => number;
  close(): Promise<void>;
}

export async function startCollector(
  tls: TlsOptions,
  options: {
    readonly port?: number;
    /** What it does with a connection instead of reading it to its end; `number` counts connections from 1. */
    readonly misbehave?: (socket: TLSSocket, number: number) => boolean;
  } = {},
): Promise<Collector> {
  const messages: string[] = [];
  const sockets = new Set<TLSSocket>();
  let connections = 0;
  const server = createServer(tls, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    connections += 1;
    if (options.misbehave?.(socket, connections) === true) return;
    let rest = Buffer.alloc(0);
    socket.on("data", (piece: Buffer) => {
      rest = Buffer.concat([rest, piece]);
      for (let frame = takeFrame(rest); frame !== undefined; frame = takeFrame(rest)) {
        messages.push(frame.message);
        rest = frame.rest;
      }
    });
  });
  server.on("tlsClientError", () => {});
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    messages,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function takeFrame(bytes: Buffer): { message: string; rest: Buffer<ArrayBuffer> } | undefined {
  const space = bytes.indexOf(" ");
  if (space < 0) return undefined;
  const end = space + 1 + Number(bytes.toString("latin1", 0, space));
  if (bytes.length < end) return undefined;
  return { message: bytes.toString("utf8", space + 1, end), rest: Buffer.from(bytes.subarray(end)) };
}
