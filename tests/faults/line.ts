/** The line between the box and a PACS, at an address of its own that stays the same whatever happens behind it. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Who is at the other end. */
export type End =
  /** Nobody listens. */
  | "off"
  /** The connection opens, and nothing ever comes. */
  | "mute"
  /** A peer on this machine; the line breaks after `cutAfter` bytes of what it says. */
  | { readonly port: number; readonly cutAfter?: number };

export class Line {
  #server: Server | undefined;
  #end: End = "mute";
  readonly #sockets = new Set<Socket>();
  port = 0;

  /** Puts `end` at the other end; calls in progress are cut. */
  async leadTo(end: End): Promise<void> {
    this.#end = end;
    for (const socket of this.#sockets) socket.destroy();
    if (end === "off") {
      const server = this.#server;
      this.#server = undefined;
      if (server !== undefined) await once(server.close(), "close");
    } else if (this.#server === undefined) {
      this.#server = createServer((caller) => this.#connect(caller)).listen(this.port, "127.0.0.1");
      await once(this.#server, "listening");
      this.port = (this.#server.address() as AddressInfo).port;
    }
  }

  #connect(caller: Socket): void {
    this.#keep(caller);
    if (typeof this.#end === "string") return;
    const { port, cutAfter = Number.POSITIVE_INFINITY } = this.#end;
    const called = this.#keep(connect(port, "127.0.0.1"));
    caller.on("data", (chunk) => called.write(chunk)).on("close", () => called.destroy());
    let left = cutAfter;
    called.on("data", (chunk: Buffer) => {
      caller.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) caller.resetAndDestroy();
    });
    called.on("close", () => caller.end());
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
  }
}
