import { isIP } from "node:net";
import { finished, pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { connect, type SecureContext, type TLSSocket } from "node:tls";
import { auditErrors } from "./errors.ts";

/** Without a byte from or to the peer: a repository that takes nothing for so long is gone. */
const SILENCE_MS = 30_000;
/**
 * How long the peer must stay after everything has been written to it. One that refuses our certificate says so only
 * after the handshake (TLS 1.3), one that is being stopped closes by itself: neither may pass for an answer.
 */
export const SETTLE_MS = 1000;

export interface Destination {
  readonly host: string;
  readonly port: number;
  /** The authorities that are trusted, and the box's own certificate where the peer asks for one. */
  readonly secureContext: () => SecureContext;
}

/**
 * Delivers frames on a connection of their own; resolves when the peer has them all.
 *
 * Syslog has no acknowledgement, but the end of its connection is one: a receiver answers our close_notify with its own
 * (RFC 5425, section 4.4), which it meets only after it has read everything before. A peer that is gone, or closes
 * first, or breaks off has confirmed nothing. Rejects with AUDIT_EXPORT_*.
 */
export async function deliver(
  frames: Iterable<Buffer>,
  to: Destination,
  { signal, settleMs = SETTLE_MS }: { readonly signal: AbortSignal; readonly settleMs?: number },
): Promise<void> {
  let code: keyof typeof auditErrors.definitions = "AUDIT_EXPORT_UNREACHABLE";
  let socket: TLSSocket | undefined;
  const breakOff = () => socket?.destroy(new Error("stopped"));
  try {
    signal.addEventListener("abort", breakOff, { once: true });
    socket = connect({
      host: to.host,
      port: to.port,
      secureContext: to.secureContext(),
      ...(isIP(to.host) === 0 && { servername: to.host }),
    });
    socket.setTimeout(SILENCE_MS, () => socket?.destroy(new Error("silent")));
    socket.once("connect", () => {
      code = "AUDIT_EXPORT_REFUSED";
    });
    await secured(socket);
    code = "AUDIT_EXPORT_UNCONFIRMED";
    const closedFirst = () => socket?.destroy(new Error("closed first"));
    socket.once("end", closedFirst).resume();
    const over = finished(socket);
    await Promise.race([over, write(frames, socket, settleMs)]);
    socket.off("end", closedFirst).end();
    await over;
  } catch (cause) {
    const { code: system, message } = cause as NodeJS.ErrnoException;
    const details = { peer: `${to.host}:${to.port}`, reason: system ?? message };
    throw auditErrors.fault(code, { details, cause });
  } finally {
    signal.removeEventListener("abort", breakOff);
    socket?.destroy();
  }
}

async function write(frames: Iterable<Buffer>, socket: TLSSocket, settleMs: number): Promise<void> {
  await pipeline(frames, socket, { end: false });
  do await pause(settleMs, undefined, { ref: false });
  while (socket.writableLength > 0 && !socket.destroyed);
}

function secured(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed")));
  });
}
