/**
 * oehf/ipf#106, johnpaulett/python-hl7#44, HCA-Healthcare/elixir-mllp#62: the end bytes of a frame arrive in another
 * TCP segment, and the message is lost or never answered.
 */
import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { silent } from "../../appliance/base/index.ts";
import { buildAck, createMllpServer, frame } from "../../appliance/hl7/index.ts";

it("a message cut at every place, with its end late, is answered once each time", async () => {
  const server = createMllpServer({
    host: "127.0.0.1",
    port: 0,
    allowAddresses: ["127.0.0.1"],
    onMessage: async (bytes) => buildAck(bytes, { code: "AA", controlId: "A", now: new Date(0) }),
    log: silent,
  });
  await server.listen();
  const message = frame(Buffer.from("MSH|^~\\&|R|S|B|S|1||ORU^R01|7|P|2.5"));
  const socket = net.connect({ ...server.address(), noDelay: true });
  let answers = "";
  socket.on("data", (chunk: Buffer) => {
    answers += chunk.toString();
  });
  for (let at = 1; at < message.length; at++) {
    socket.write(message.subarray(0, at));
    await sleep(2);
    socket.write(message.subarray(at));
  }
  socket.end();
  await once(socket, "close");
  await server.close();
  expect(answers.match(/MSA\|AA\|7/g)).toHaveLength(message.length - 1);
});
