/** nextgenhealthcare/connect#1153: the peer answers without the MLLP frame, and the sender only says "timeout". */
import { once } from "node:events";
import net from "node:net";
import { expect, it } from "vitest";
import { sendMllp } from "../../appliance/hl7/index.ts";

async function answered(answer: string): Promise<unknown> {
  const server = net.createServer((socket) =>
    socket.on("error", () => undefined).once("data", () => socket.write(answer)),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  try {
    return await sendMllp({ host: "127.0.0.1", port, timeoutMs: 300 }, Buffer.from("MSH|^~\\&|R"));
  } finally {
    server.close();
  }
}

it("is diagnosed at once", async () => {
  await expect(answered("MSH|^~\\&|B|S|R|S|1||ACK|1|P|2.5\rMSA|AA|7\r")).rejects.toMatchObject({
    code: "HL7_ACK_UNFRAMED",
  });
});

it("silence stays a timeout", async () => {
  await expect(answered("hello\r")).rejects.toMatchObject({ code: "HL7_ACK_TIMEOUT" });
});
