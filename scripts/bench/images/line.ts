import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What may go at once, in milliseconds of the line: a timer is not more exact. */
const BURST_MS = 4;

/** A line to a port of this machine that carries so many megabits a second each way. */
export async function slowLine(port: number, megabits: number): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket.setNoDelay());
      socket.on("error", () => {});
      socket.once("close", () => sockets.delete(socket));
    }
    void carry(near, far, megabits);
    void carry(far, near, megabits);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

async function carry(from: Socket, to: Socket, megabits: number): Promise<void> {
  let free = performance.now();
  try {
    for await (const piece of from as AsyncIterable<Buffer>) {
      free = Math.max(free, performance.now()) + (piece.length * 8) / 1000 / megabits;
      if (free - performance.now() > BURST_MS) await sleep(free - performance.now());
      if (!to.write(piece)) await once(to, "drain");
    }
    to.end();
  } catch {
    to.destroy();
  }
}
