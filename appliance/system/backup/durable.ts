import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes a new file that is on the disk when this resolves. Readable by its owner only. */
export async function writeDurably(path: string, bytes: AsyncIterable<Buffer>): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    for await (const piece of bytes) await handle.writeFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The name of a file until it is whole. */
export const partOf = (path: string) => `${path}.part`;

/** The same under another name until it is whole: whoever looks at `path` sees all of it, what was there, or nothing. */
export async function replaceDurably(path: string, bytes: AsyncIterable<Buffer>): Promise<void> {
  const part = partOf(path);
  try {
    // What a killed process left; a link of that name goes, not what it leads to.
    await rm(part, { force: true });
    await writeDurably(part, bytes);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes what was renamed in a folder outlive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle: FileHandle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
