import { isIPv6, type Server, type Socket } from "node:net";
import { Server as TlsServer } from "node:tls";

/**
 * Who stands behind an address: a subscriber has all of an IPv6 network of 56 bits (RIPE-690 4.2); `::ffff:192.0.2.1` is the
 * IPv4 address.
 */
export function subscriberOf(address: string): string {
  const [plain = ""] = address.split("%");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined || !isIPv6(plain)) return mapped ?? plain;
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - groups.length - rest.length }, () => "0");
  const [first, second, third, fourth = ""] = [...groups, ...zeros, ...rest];
  return [first, second, third, fourth.padStart(4, "0").slice(0, 2)].join(":");
}

/** Of the places of a server: what those may have whose handshake is not over, who are strangers all. */
const HANDSHAKES = 1 / 4;

/**
 * Bounds the connections of a server, in all and of one subscriber: who takes all that he can get leaves most of them to others.
 * What is too much is cut before anything is read of it. Of TLS handshakes that are too many, the oldest is cut: one that
 * means it is soon over.
 */
export function boundConnections(server: Server, limits: { readonly all: number; readonly ofOne: number }): void {
  const open = new Map<string, number>();
  server.maxConnections = limits.all;
  // The connection below TLS: one whose handshake never comes counts, too.
  server.on("connection", (socket: Socket) => {
    const subscriber = subscriberOf(socket.remoteAddress ?? "");
    const others = open.get(subscriber) ?? 0;
    open.set(subscriber, others + 1);
    socket.once("close", () => {
      const left = (open.get(subscriber) ?? 1) - 1;
      if (left === 0) open.delete(subscriber);
      else open.set(subscriber, left);
    });
    if (others >= limits.ofOne) socket.destroy();
  });
  if (server instanceof TlsServer) boundHandshakes(server, Math.ceil(limits.all * HANDSHAKES));
}

function boundHandshakes(server: TlsServer, most: number): void {
  const underWay = new Map<string, Socket>();
  const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  server.on("connection", (socket: Socket) => {
    const name = nameOf(socket);
    underWay.set(name, socket);
    socket.once("close", () => {
      if (underWay.get(name) === socket) underWay.delete(name);
    });
    const [oldest] = underWay.values();
    if (underWay.size > most) oldest?.destroy();
  });
  // TLS wraps the connection in a socket of its own, which has the same peer.
  server.on("secureConnection", (socket) => underWay.delete(nameOf(socket)));
}
