import { statfs } from "node:fs/promises";
import { backupErrors } from "./errors.ts";

/** What a backup or a restoration is at, in bytes of `total`; where the end cannot be foreseen, both are 0. */
export interface Progress {
  readonly phase: "copying" | "checking" | "writing" | "reading";
  readonly done: number;
  readonly total: number;
}

export type OnProgress = (progress: Progress) => void;

/** The same bytes, counted and stopped by the signal: throws its reason. */
export async function* counted(
  bytes: AsyncIterable<Buffer>,
  phase: Progress["phase"],
  total: number,
  { onProgress, signal }: { readonly onProgress?: OnProgress; readonly signal?: AbortSignal },
): AsyncGenerator<Buffer> {
  let done = 0;
  for await (const piece of bytes) {
    signal?.throwIfAborted();
    yield piece;
    done += piece.length;
    onProgress?.({ phase, done, total });
  }
}

/** What must stay free beside a copy of the database: the box goes on writing meanwhile. */
const RESERVE_BYTES = 64 * 1024 * 1024;
const MEGABYTE = 1024 * 1024;

/** Throws BACKUP_NO_SPACE unless `folder` has room for so many bytes and a reserve. */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const [needed, free] = [bytes + RESERVE_BYTES, bavail * bsize].map((amount) => Math.ceil(amount / MEGABYTE));
  if (free! < needed!) throw backupErrors.fault("BACKUP_NO_SPACE", { details: { needed: needed!, free: free! } });
}
