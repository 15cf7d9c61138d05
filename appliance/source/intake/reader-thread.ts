/** The reader's thread: messages of many megabytes are parsed here, and sockets are served meanwhile. */
import { type MessagePort, parentPort } from "node:worker_threads";
import { asCoded, said } from "../../base/index.ts";
import { sourceErrors } from "../errors.ts";
import { examine } from "./examine.ts";
import { readReceived } from "./read.ts";
import { type Answer, type Call, toFault } from "./reader-protocol.ts";

const port = parentPort as MessagePort;

port.on("message", (call: Call) => port.postMessage(answer(call)));

function answer({ id, task, bytes, options }: Call): Answer {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (task !== "examine") return { id, received: readReceived(task, buffer, options) };
    const { refusal, ...examination } = examine(buffer, options);
    return { id, examination: said({ ...examination, refusal: refusal && toFault(refusal) }) };
  } catch (error) {
    return { id, fault: toFault(asCoded(error, (cause) => sourceErrors.fault("SOURCE_INTERNAL", { cause }))) };
  }
}
