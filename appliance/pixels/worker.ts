/** A thread in which frames are worked on, one after the other. It may die of one without harm to anything else. */
import { type MessagePort, parentPort } from "node:worker_threads";
import { CodedError } from "../base/index.ts";
import { boundCodecs, codecBytes } from "./codecs.ts";
import { decodeFrame } from "./decode.ts";
import { encodeFrame } from "./encode.ts";
import { fault, type PixelsCode } from "./errors.ts";
import type { Task, Transcoding } from "./model.ts";
import type { Answer, Failure, Request } from "./protocol.ts";
import { renderFrame } from "./render.ts";
import { codingOf } from "./syntaxes.ts";

const port = parentPort as MessagePort;

boundCodecs();
port.on("message", async ({ task, frame }: Request) => {
  let answer: Answer;
  try {
    answer = { result: owned(await perform(task, frame)), heldBytes: heldBytes() };
  } catch (error) {
    // What is no fault of the image is the worker's, which ends of it.
    if (!(error instanceof CodedError)) throw error;
    answer = { failure: failureOf(error), heldBytes: heldBytes() };
  }
  port.postMessage(answer, "result" in answer ? [answer.result.buffer] : []);
});

/** Of this thread: what its codecs took, and buffers that nobody has collected yet. */
function heldBytes(): number {
  return codecBytes() + process.memoryUsage().external;
}

function perform(task: Task, frame: Uint8Array): Promise<Uint8Array> {
  return task.kind === "transcode"
    ? transcodeFrame(task.transcoding, frame)
    : renderFrame(frame, task.image, task.from, task.rendering);
}

async function transcodeFrame({ from, to, source, result }: Transcoding, frame: Uint8Array): Promise<Uint8Array> {
  const [decoding, encoding] = [codingOf(from), codingOf(to)];
  if (decoding === undefined || encoding === undefined) throw fault("PIXELS_UNSUPPORTED", { details: { from, to } });
  return encodeFrame(await decodeFrame(frame, source, decoding), result, encoding);
}

/** Bytes whose whole buffer is theirs. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  const alone = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  return alone ? new Uint8Array(buffer) : new Uint8Array(bytes);
}

function failureOf({ code, where, details }: CodedError): Failure {
  return { code: code as PixelsCode, where, details };
}
