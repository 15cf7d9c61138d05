/** nextgenhealthcare/connect#423: a log line before the VT, and the message is refused or merged with it. */
import { expect, it } from "vitest";
import { Framer, frame } from "../../appliance/hl7/index.ts";

it("text before a frame is skipped and counted, and the message is whole", () => {
  const message = Buffer.from("MSH|^~\\&|R|S|B|S|1||ORU^R01|7|P|2.5");
  const events = [...new Framer(1000).push(Buffer.concat([Buffer.from("2026-11-25 INFO sent\r\n"), frame(message)]))];
  expect(events).toEqual([
    { kind: "outside", bytes: Buffer.from("2026-11-25 INFO sent\r\n") },
    { kind: "message", bytes: message, abandoned: 0 },
  ]);
});
