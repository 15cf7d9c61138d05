/** The sender's side of MLLP: one connection, several messages, each waiting for its acknowledgement. */
import net from "node:net";
import tls from "node:tls";
import type { CodedError } from "../base/index.ts";
import { fault } from "./errors.ts";
import { Framer, frame } from "./framer.ts";

/** An acknowledgement is a few hundred bytes. */
const MAX_ACK = 1024 * 1024;

export interface MllpClientOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: tls.ConnectionOptions;
  /** For the connection and for each acknowledgement. Default 30 s. */
  readonly timeoutMs?: number;
}

export interface MllpClient {
  /**
   * Sends a message (no frame) and gives its acknowledgement (no frame). Calls are sent one after the other.
   * Errors: `HL7_PEER_UNREACHABLE`, `HL7_ACK_TIMEOUT`, `HL7_ACK_UNFRAMED`.
   */
  send(message: Uint8Array): Promise<Buffer>;
  close(): Promise<void>;
}

/** Nothing is opened before the first message; a broken connection is not mended: make another client. */
export function createMllpClient(options: MllpClientOptions): MllpClient {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const framer = new Framer(MAX_ACK);
  let socket: net.Socket | undefined;
  let failure: CodedError | undefined;
  let waiting: { resolve(ack: Buffer): void; reject(error: CodedError): void } | undefined;
  let outside = "";
  let queue: Promise<unknown> = Promise.resolve();

  const fail = (error: CodedError): void => {
    failure ??= error;
    waiting?.reject(failure);
    socket?.destroy();
  };
  const receive = (chunk: Buffer): void => {
    for (const event of framer.push(chunk)) {
      if (event.kind === "message") waiting?.resolve(event.bytes);
      else if (event.kind === "too-large") fail(fault("HL7_MESSAGE_TOO_LARGE", { details: { limit: MAX_ACK } }));
      else {
        outside = (outside + event.bytes.toString("latin1")).slice(-MAX_ACK);
        if (/(?:^|[\r\n])MSA[^\w\s]/.test(outside)) fail(fault("HL7_ACK_UNFRAMED"));
      }
    }
  };
  const connect = (): net.Socket => {
    const { host, port } = options;
    const opened =
      options.tls === undefined ? net.connect({ host, port }) : tls.connect({ ...options.tls, host, port });
    opened.setNoDelay(true);
    opened.on("data", receive);
    opened.on("error", (cause) => fail(fault("HL7_PEER_UNREACHABLE", { cause })));
    opened.on("close", () => fail(fault("HL7_PEER_UNREACHABLE")));
    return opened;
  };
  const exchange = async (message: Uint8Array): Promise<Buffer> => {
    if (failure !== undefined) throw failure;
    socket ??= connect();
    const timer = setTimeout(() => fail(fault("HL7_ACK_TIMEOUT", { details: { ms: timeoutMs } })), timeoutMs);
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        waiting = { resolve, reject };
        socket?.write(frame(message));
      });
    } finally {
      clearTimeout(timer);
      waiting = undefined;
    }
  };

  return {
    send(message) {
      const answer = queue.then(() => exchange(message));
      queue = answer.catch(() => undefined);
      return answer;
    },
    async close() {
      await queue;
      socket?.end();
      socket?.destroySoon();
    },
  };
}

/** One message on a connection of its own. */
export async function sendMllp(options: MllpClientOptions, message: Uint8Array): Promise<Buffer> {
  const client = createMllpClient(options);
  try {
    return await client.send(message);
  } finally {
    await client.close();
  }
}
