import { isIPv6, type Server, type Socket } from "node:net";

/** Who stands behind an address: a subscriber has all of an IPv6 network of 64 bits; `::ffff:192.0.2.1` is the IPv4 address. */
export function subscriberOf(address: string): string {
  const [plain = ""] = address.split("%");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined || !isIPv6(plain)) return mapped ?? plain;
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - groups.length - rest.length }, () => "0");
  return [...groups, ...zeros, ...rest].slice(0, 4).join(":");
}

/**
 * Bounds the connections of a server, in all and of one subscriber: who takes all that he can get leaves most of them to others.
 * What is too much is cut before anything is read of it.
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
}
