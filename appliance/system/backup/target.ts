import { type FileHandle, lstat, open, realpath } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { within } from "../../base/index.ts";
import { partOf } from "./durable.ts";
import { backupErrors } from "./errors.ts";
import { MARK } from "./seal.ts";

/** A drive that has not shown its folder by then is not there. */
const TARGET_MS = 10_000;

export interface TargetOptions {
  readonly target: string;
  readonly dataFolder: string;
  readonly signal?: AbortSignal;
}

/**
 * Where a backup is written, links resolved. The box may write all that is its own, so it looks before it does: throws
 * BACKUP_TARGET_INSIDE for a place in the data folder, BACKUP_TARGET_OCCUPIED for anything that is there and no backup, and
 * the system's errors when the folder is not there or does not answer.
 */
export async function requireTarget({ target, dataFolder, signal }: TargetOptions): Promise<string> {
  return within(vetted(target, dataFolder), TARGET_MS, signal);
}

async function vetted(target: string, dataFolder: string): Promise<string> {
  const [folder, own] = await Promise.all([realpath(dirname(target)), realpath(dataFolder)]);
  const file = join(folder, basename(target));
  if (`${file}${sep}`.startsWith(`${own}${sep}`))
    throw backupErrors.fault("BACKUP_TARGET_INSIDE", { details: { target } });
  // A process that was killed may have left an empty beginning.
  if (!(await isOursOrFree(file, false)) || !(await isOursOrFree(partOf(file), true))) {
    throw backupErrors.fault("BACKUP_TARGET_OCCUPIED", { details: { target } });
  }
  return file;
}

/** True when nothing is there, or a backup. A link is neither. */
async function isOursOrFree(path: string, mayBeEmpty: boolean): Promise<boolean> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  if (found === undefined) return true;
  if (!found.isFile()) return false;
  if (found.size === 0) return mayBeEmpty;
  const handle: FileHandle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MARK.length), 0, MARK.length, 0);
    return buffer.subarray(0, bytesRead).equals(MARK);
  } finally {
    await handle.close();
  }
}
