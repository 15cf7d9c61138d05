import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { type Logger, silent } from "../../appliance/base/index.ts";
import {
  buildAck,
  createMllpClient,
  createMllpServer,
  frame,
  type MllpPeer,
  type MllpServer,
  type MllpServerOptions,
  parseMessage,
  readReport,
  sendMllp,
} from "../../appliance/hl7/index.ts";
import { buildReportMessage, sandboxReport } from "../../scripts/sandbox/ris.ts";
import { codeOf } from "../support/codes.ts";

const host = "127.0.0.1";
const now = new Date(0);
const servers: MllpServer[] = [];
const sockets: net.Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) await server.close();
});

async function listen(options: Partial<MllpServerOptions>): Promise<number> {
  const server = createMllpServer({
    host,
    port: 0,
    allowAddresses: [host],
    onMessage: accept,
    log: silent,
    ...options,
  });
  servers.push(server);
  await server.listen();
  return server.address().port;
}

async function connect(port: number): Promise<net.Socket> {
  const socket = net.connect({ host, port, noDelay: true });
  socket.on("error", () => undefined);
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

/** The bytes until the peer closes. */
async function drain(socket: net.Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  if (!socket.closed) await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

async function accept(bytes: Buffer): Promise<Buffer> {
  return buildAck(bytes, { code: "AA", controlId: "A", now });
}

function controlIds(answers: string): string[] {
  return [...answers.matchAll(/\rMSA\|(A[AER]\|[^|\r\x1c]*)/g)].map((match) => match[1] ?? "");
}

function msh(id: string, padding = 0): Buffer {
  return Buffer.from(`MSH|^~\\&|RIS|S|B|S|1||ORU^R01|${id}|P|2.5\rNTE|${"x".repeat(padding)}`);
}

describe("a connection", () => {
  it("carries several messages, answered one each and in order, however they are sent", async () => {
    const port = await listen({});
    const socket = await connect(port);
    const stream = Buffer.concat(["1", "2", "3"].map((id) => frame(msh(id))));
    for (const byte of stream) {
      socket.write(Buffer.of(byte));
      await sleep(0);
    }
    socket.end(Buffer.concat(["4", "5"].map((id) => frame(msh(id)))));
    expect(controlIds(await drain(socket))).toEqual(["AA|1", "AA|2", "AA|3", "AA|4", "AA|5"]);
  });

  it("is answered even when the sender has shut its side", async () => {
    const port = await listen({
      async onMessage(bytes) {
        await sleep(50);
        return accept(bytes);
      },
    });
    const socket = await connect(port);
    socket.end(frame(msh("1")));
    expect(controlIds(await drain(socket))).toEqual(["AA|1"]);
  });

  it("holds the next message back until the one in hand is answered", async () => {
    const running: string[] = [];
    let most = 0;
    const port = await listen({
      async onMessage(bytes) {
        running.push("x");
        most = Math.max(most, running.length);
        await sleep(5);
        running.pop();
        return accept(bytes);
      },
    });
    const socket = await connect(port);
    socket.end(Buffer.concat(Array.from({ length: 20 }, (_, i) => frame(msh(String(i))))));
    expect(controlIds(await drain(socket))).toHaveLength(20);
    expect(most).toBe(1);
  });

  it("gets AR 207 when the message cannot be handled, and lives on", async () => {
    const port = await listen({
      async onMessage(bytes) {
        if (bytes.includes("|bad|")) throw new Error("disk full");
        return accept(bytes);
      },
    });
    const client = createMllpClient({ host, port });
    const refusal = (await client.send(msh("bad"))).toString();
    expect(refusal).toContain(
      "\rMSA|AR|bad\rERR|||207^Application internal error^messageErrorCondition|E|||HL7_PROCESSING",
    );
    expect(refusal).not.toContain("disk full");
    expect((await client.send(msh("good"))).toString()).toContain("MSA|AA|good");
    await client.close();
  });

  it("that brings too much gets AE with the sender's control id, then is closed", async () => {
    const port = await listen({ limits: { messageBytes: 10_000 } });
    const socket = await connect(port);
    socket.write(frame(msh("huge", 3_000_000)));
    const answer = await drain(socket);
    // The rest is read and thrown away: the sender ends by itself, not by a reset that could hide the answer.
    expect(controlIds(answer)).toEqual(["AE|huge"]);
    expect(answer).toContain("HL7_MESSAGE_TOO_LARGE");
  });

  it("that says nothing is closed after the idle time, and one that waits for a slow answer is not", async () => {
    const port = await listen({
      limits: { idleMs: 100 },
      async onMessage(bytes) {
        await sleep(300);
        return accept(bytes);
      },
    });
    const quiet = await connect(port);
    const half = await connect(port);
    half.write(Buffer.from("\x0bMSH|"));
    expect(await Promise.all([drain(quiet), drain(half)])).toEqual(["", ""]);
    expect((await sendMllp({ host, port }, msh("slow"))).toString()).toContain("MSA|AA|slow");
  });

  it("that drips is closed when its message is overdue; one that sends message upon message without a pause is not", async () => {
    const port = await listen({ limits: { messageMs: 300 } });
    const [slow, busy] = [await connect(port), await connect(port)];
    const answers = drain(busy);
    slow.write(Buffer.from("\x0bMSH|"));
    const drip = setInterval(() => slow.write("x"), 20);
    // Each chunk ends one message and begins the next: there is always one that has begun.
    busy.write(frame(msh("0")).subarray(0, 5));
    for (let n = 1; n <= 30; n++) {
      busy.write(Buffer.concat([frame(msh(`${n - 1}`)).subarray(5), frame(msh(`${n}`)).subarray(0, 5)]));
      await sleep(25);
    }
    await drain(slow);
    clearInterval(drip);
    busy.end();
    expect(controlIds(await answers)).toHaveLength(30);
  });

  it("that speaks something else is closed after a while", async () => {
    const port = await listen({ limits: { outsideBytes: 1000 } });
    const socket = await connect(port);
    socket.write(`GET / HTTP/1.1\r\n${"x".repeat(2000)}`);
    expect(await drain(socket)).toBe("");
  });
});

describe("the listener", () => {
  it("cuts an address that is not on its list; nobody is by default", async () => {
    for (const allowAddresses of [[], ["192.0.2.1"], ["192.0.2.0/24", "::1"]]) {
      const port = await listen({ allowAddresses });
      await expect(sendMllp({ host, port }, msh("1"))).rejects.toMatchObject({ code: "HL7_PEER_UNREACHABLE" });
    }
    for (const allowAddresses of [["127.0.0.0/8"], "any"] as const) {
      const port = await listen({ allowAddresses });
      expect((await sendMllp({ host, port }, msh("1"))).toString()).toContain("MSA|AA|1");
    }
  });

  it("refuses a list that holds no addresses", () => {
    for (const entry of ["ris.local", "10.0.0.0/99", "10.0.0.0/x", ""])
      expect(
        codeOf(() => createMllpServer({ host, port: 0, allowAddresses: [entry], onMessage: accept, log: silent })),
      ).toBe("HL7_ADDRESS_INVALID");
  });

  it.each([
    ["in all", { connections: 2 }],
    ["of one address", { connectionsPerAddress: 2 }],
  ])("holds so many connections %s, and takes another when one ends", async (_what, limits) => {
    const port = await listen({ limits });
    const [first] = [await connect(port), await connect(port)];
    await expect(sendMllp({ host, port }, msh("3"))).rejects.toMatchObject({ code: "HL7_PEER_UNREACHABLE" });
    first?.destroy();
    await sleep(50);
    expect((await sendMllp({ host, port }, msh("4"))).toString()).toContain("MSA|AA|4");
  });

  it("answers what it has in hand before it closes, and says when it cannot listen", async () => {
    const port = await listen({
      async onMessage(bytes) {
        await sleep(100);
        return accept(bytes);
      },
    });
    const twin = createMllpServer({ host, port, allowAddresses: "any", onMessage: accept, log: silent });
    await expect(twin.listen()).rejects.toMatchObject({ code: "HL7_LISTEN_FAILED" });
    const answer = sendMllp({ host, port }, msh("last"));
    await sleep(30);
    await servers.pop()?.close();
    expect((await answer).toString()).toContain("MSA|AA|last");
  });

  it("survives 300 connections that are opened and cut, with none left behind", async () => {
    const port = await listen({ limits: { connections: 10 } });
    for (let i = 0; i < 300; i++) (await connect(port)).resetAndDestroy();
    await sleep(50);
    expect((await sendMllp({ host, port }, msh("after"))).toString()).toContain("MSA|AA|after");
  });
});

describe("three RIS at once, their bytes interleaved, one of them sending nonsense", () => {
  it("each gets its own answers: no patient meets the report of another", async () => {
    const taken: { ipp: string | undefined; document: string; peer: MllpPeer }[] = [];
    const port = await listen({
      async onMessage(bytes, peer) {
        try {
          const report = readReport(parseMessage(bytes));
          await sleep(Math.random() * 5);
          const ipp = report.patient.identifiers.find((id) => id.typeCode === "PI")?.value;
          taken.push({ ipp, document: Buffer.from(report.document!).toString(), peer });
          return buildAck(bytes, { code: "AA", controlId: "A", now });
        } catch (error) {
          return buildAck(bytes, { code: "AE", controlId: "A", now, error: error as never });
        }
      },
    });
    const good = (ris: number, i: number): Buffer => {
      const patient = { localIds: [{ value: `P${ris}-${i}`, oid: "2.25.1" }] };
      return buildReportMessage(sandboxReport({ patient }), {
        family: i % 2 ? "ORU" : "MDM",
        controlId: `${ris}-${i}`,
      });
    };
    // RIS 2 sends a patient with no end of message, a report with no patient, and a placeholder.
    const bad = [
      Buffer.from("\x0bMSH|^~\\&|R|S|B|S|1||ORU^R01|lost|P|2.5\rPID|||WRONG^^^&2.25.1&ISO^PI\r"),
      frame(buildReportMessage(sandboxReport(), { family: "ORU", controlId: "no-pid", without: ["PID"] })),
      frame(Buffer.from("MSH|^~\\&|{{ris}}|S|B|S|1||ORU^R01|tpl|P|2.5|||||FRA||||2.1^CISIS_CDA_HL7_V2")),
    ];
    const streams = [1, 2, 3].map((ris) => {
      const messages = [1, 2, 3, 4].map((i) => frame(good(ris, i)));
      return Buffer.concat(ris === 2 ? messages.flatMap((m, i) => [bad[i] ?? Buffer.alloc(0), m]) : messages);
    });
    const connections = await Promise.all(streams.map(() => connect(port)));
    const answers = Promise.all(connections.map(drain));
    const longest = Math.max(...streams.map((stream) => stream.length));
    for (let at = 0; at < longest; at += 997) {
      for (const [i, socket] of connections.entries()) socket.write(streams[i]!.subarray(at, at + 997));
      if (at % 9970 === 0) await sleep(1);
    }
    for (const socket of connections) socket.end();

    const [first, second, third] = (await answers).map(controlIds);
    expect(first).toEqual(["AA|1-1", "AA|1-2", "AA|1-3", "AA|1-4"]);
    expect(second).toEqual(["AA|2-1", "AE|no-pid", "AA|2-2", "AE|tpl", "AA|2-3", "AA|2-4"]);
    expect(third).toEqual(["AA|3-1", "AA|3-2", "AA|3-3", "AA|3-4"]);
    expect(taken).toHaveLength(12);
    for (const { ipp, document } of taken) expect(document).toContain(`extension="${ipp}"`);
    expect(new Set(taken.map(({ peer }) => peer.port)).size).toBe(3);
  });
});

describe("what is logged", () => {
  it("never carries a field of a message, nor its line ends", async () => {
    const lines: string[] = [];
    const note = (facts: object, message: string) => lines.push(JSON.stringify([facts, message]));
    const log: Logger = { ...silent, warn: note, error: note };
    const port = await listen({
      log,
      async onMessage() {
        throw new Error("x");
      },
    });
    const socket = await connect(port);
    socket.write("SECRET-NAME outside\n");
    socket.end(frame(Buffer.from("MSH|^~\\&|SECRET-NAME")));
    await drain(socket);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join()).not.toContain("SECRET");
  });
});
