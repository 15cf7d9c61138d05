/** A worker that does what the first byte of a frame says. */
import { setTimeout } from "node:timers/promises";
import { parentPort } from "node:worker_threads";
import { pixelsLimits } from "../../appliance/pixels/limits.ts";
import type { Request } from "../../appliance/pixels/protocol.ts";

/** Of this thread. */
let served = 0;
let heldBytes = 0;

const acts: Readonly<Record<string, (frame: Uint8Array<ArrayBuffer>) => unknown>> = {
  echo: (frame) => frame,
  wait: async (frame) => {
    await setTimeout(frame[1]);
    return frame;
  },
  count: (frame) => {
    served += 1;
    return frame.fill(served, 1);
  },
  hold: (frame) => {
    heldBytes = pixelsLimits.heldBytes + 1;
    return frame;
  },
  throw: () => {
    throw new Error("a codec went wrong");
  },
  exit: () => process.exit(3),
  spin: () => {
    for (;;);
  },
  eat: () => {
    const all: string[][] = [];
    for (;;) all.push(Array.from({ length: 100_000 }, (_, index) => `${index}`));
  },
};

parentPort?.on("message", async ({ frame }: Request) => {
  const act = Object.values(acts)[frame[0] as number];
  const result = (await act?.(frame)) as Uint8Array<ArrayBuffer>;
  parentPort?.postMessage({ result, heldBytes }, [result.buffer]);
});
