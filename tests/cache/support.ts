import { createHash } from "node:crypto";
import { readdirSync, readlinkSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { CachedItem, EntryReader, EntryWriter } from "../../appliance/cache/index.ts";

export interface Facts {
  readonly digest: string;
}

/** Bytes that belong to one item only. */
export function bytesOf(name: string, size: number): Buffer {
  const seed = createHash("sha512").update(name).digest();
  return Buffer.alloc(size, seed);
}

export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export interface Planned {
  readonly name: string;
  readonly size: number;
  readonly pieces?: number;
}

/** Writes one item, in pieces. */
export async function write(entry: EntryWriter<Facts>, { name, size, pieces = 3 }: Planned): Promise<void> {
  const bytes = bytesOf(name, size);
  const item = await entry.add(name, { digest: digestOf(bytes) });
  const step = Math.max(1, Math.ceil(size / pieces));
  for (let at = 0; at < size; at += step) {
    await item.write(bytes.subarray(at, at + step));
    await setImmediate();
  }
  await item.end();
}

export const fillWith = (items: readonly Planned[]) => async (entry: EntryWriter<Facts>) => {
  for (const item of items) await write(entry, item);
};

export async function whole(item: CachedItem<Facts>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(item.read()));
}

/** Names of the items that are read to their end, each checked against what its writer said of it. */
export async function readAll(reader: EntryReader<Facts>): Promise<string[]> {
  const names: string[] = [];
  for await (const item of reader.items()) {
    const bytes = await whole(item);
    if (digestOf(bytes) !== item.facts.digest) throw new Error(`${item.name} is not what was written`);
    if (bytes.length !== (await item.whole())) throw new Error(`${item.name} has not its length`);
    names.push(item.name);
  }
  return names;
}

/** What this process has open in a folder. */
export function descriptorsInto(folder: string): string[] {
  return readdirSync("/proc/self/fd")
    .map((descriptor) => openedFile(Number(descriptor)))
    .filter((target) => target.startsWith(folder));
}

/** The file behind a descriptor of this process; empty when it is none. */
export function openedFile(descriptor: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return "";
  }
}
