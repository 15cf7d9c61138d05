/** What comes on the MLLP port; the meaning of the messages is judged in tests/fuzz/hl7.test.ts. */
import { buildAck, Framer, frame, parseMessage, readMessage } from "../../../appliance/hl7/index.ts";
import { buildOrderMessage, buildReportMessage, sandboxReport } from "../../../scripts/sandbox/ris.ts";
import { type Target, words } from "../target.ts";

const LIMIT = 64 * 1024;
const NOW = new Date("2026-11-25T03:04:05Z");

const report = sandboxReport();
const messages = [
  buildReportMessage(report, { family: "ORU", controlId: "F1" }),
  buildReportMessage(report, { family: "MDM", controlId: "F2", charset: "8859/15" }),
  buildOrderMessage(report, { controlId: "F3", action: "create" }),
];
const vocabulary = words(
  ...["|", "^", "~", "\\", "&", "\r", "\n", "\r\n", "\x0b", "\x1c\r", "\x0bMSH", '""', "\\X00\\", "\\XFF", "\\.br\\"],
  ...["\\T\\", "PID|1||", "\rOBX|1|ED|18748-4||", "^TEXT^XML^Base64^", "=", "\xff", "\xef\xbb\xbf"],
);

export const targets: Readonly<Record<string, Target>> = {
  "an HL7 message": {
    async material() {
      return { corpus: messages, words: vocabulary };
    },
    read(bytes) {
      buildAck(bytes, { code: "AA", controlId: "A1", now: NOW });
      readMessage(parseMessage(bytes));
    },
  },
  "an MLLP stream, cut anywhere": {
    async material() {
      return { corpus: [Buffer.concat(messages.map(frame)), ...messages.map(frame)], words: vocabulary };
    },
    read(bytes) {
      const framer = new Framer(LIMIT);
      const step = 1 + (bytes.length % 97);
      let given = 0;
      for (let at = 0; at < bytes.length; at += step) {
        for (const event of framer.push(bytes.subarray(at, at + step))) {
          if (event.kind === "message") given += event.bytes.length + event.abandoned;
        }
      }
      if (given > bytes.length) throw new TypeError("more than was sent");
    },
  },
};
