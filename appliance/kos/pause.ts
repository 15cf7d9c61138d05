import { setImmediate } from "node:timers/promises";

/** How long encoding may hold the event loop before others have their turn, in milliseconds: a quarter of the 20 allowed. */
const SLICE = 5;

/** Gives the event loop a turn when the work that calls it has held it for a slice. */
export type Pause = () => Promise<void>;

/** A pause whose first slice begins now. */
export function pauses(): Pause {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < SLICE) return;
    await setImmediate();
    since = performance.now();
  };
}
