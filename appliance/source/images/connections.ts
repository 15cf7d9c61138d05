import type { Server } from "node:http";
import type { Socket } from "node:net";

/** Connections at a time, TLS handshakes included: many times what transfers need. */
const MOST_CONNECTIONS = 512;
/** Of one address: who takes all that he can get leaves most of them to others. */
const MOST_OF_AN_ADDRESS = 128;

/** Bounds the connections of a server, in all and of one address. What is too much is cut before anything is read of it. */
export function boundConnections(server: Server): void {
  const open = new Map<string, number>();
  server.maxConnections = MOST_CONNECTIONS;
  // The connection below TLS: one whose handshake never comes counts too.
  server.on("connection", (socket: Socket) => {
    const { remoteAddress: address = "" } = socket;
    const others = open.get(address) ?? 0;
    open.set(address, others + 1);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (others >= MOST_OF_AN_ADDRESS) socket.destroy();
  });
}
