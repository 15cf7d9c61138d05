/**
 * What `work` gives, unless the signal or the time comes first. For calls that the system may hold for ever, such as those on
 * a network drive that is gone: they go on unseen. Rejects with the signal's reason, or with ETIMEDOUT as a system call does.
 */
export async function within<Result>(
  work: Promise<Result>,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<Result> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const late = () => reject(Object.assign(new Error("no answer"), { code: "ETIMEDOUT", syscall: "wait" }));
  const timer = setTimeout(late, milliseconds);
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
