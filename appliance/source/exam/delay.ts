/** How long to wait between two tries: `first` doubled at each attempt, up to `longest` (milliseconds). */
export interface RetryDelays {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Doublings beyond this reach any ceiling in use; a larger exponent would only overflow. */
const DOUBLINGS = 30;

/**
 * The delay before attempt `attempts + 1`, with a jitter of a quarter either way so that exams that failed together
 * do not come back together. `random` is in [0, 1).
 */
export function retryDelay(attempts: number, delays: RetryDelays, random: number): number {
  const grown = Math.min(delays.firstMs * 2 ** Math.min(attempts, DOUBLINGS), delays.longestMs);
  return Math.round(grown * (0.75 + random / 2));
}
