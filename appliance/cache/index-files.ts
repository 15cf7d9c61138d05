/** The two files that say what is in the folder of a complete entry. What they hold is checked: a disk may return anything. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { HEADER_FILE, READ_ONLY, spoiltFile } from "./disk.ts";
import type { Note } from "./model.ts";

/** What is known of a complete entry without looking at its items. */
export interface EntryHeader {
  readonly version: string;
  readonly key: string;
  readonly group: string;
  readonly createdAt: number;
  readonly bytes: number;
  readonly note?: Note;
}

export interface KeptItem<Facts> {
  readonly name: string;
  readonly facts: Facts;
  /** The number that is the file's name. */
  readonly file: number;
  /** Offset in it. */
  readonly start: number;
  readonly size: number;
}

/** The header of the entry in `folder`, and when the entry was last used; undefined when there is no whole one. */
export async function readHeader(folder: string): Promise<{ header: EntryHeader; usedAt: number } | undefined> {
  try {
    const file = join(folder, HEADER_FILE);
    const header: unknown = JSON.parse(await readFile(file, { encoding: "utf8", flag: READ_ONLY }));
    return isHeader(header) ? { header, usedAt: (await stat(file)).mtimeMs } : undefined;
  } catch {
    return undefined;
  }
}

/** The items of an entry by the text of its list. */
export function readKeptItems<Facts>(text: string): KeptItem<Facts>[] {
  let items: unknown;
  try {
    items = JSON.parse(text);
  } catch {
    throw spoiltFile();
  }
  if (!Array.isArray(items) || !items.every((item) => isKeptItem<Facts>(item))) throw spoiltFile();
  return items;
}

function isHeader(value: unknown): value is EntryHeader {
  if (!isObject(value)) return false;
  const { version, key, group, createdAt, bytes } = value;
  const texts = [version, key, group].every((text) => typeof text === "string");
  return texts && Number.isFinite(createdAt) && isCount(bytes);
}

function isKeptItem<Facts>(value: unknown): value is KeptItem<Facts> {
  if (!isObject(value) || typeof value.name !== "string") return false;
  return [value.file, value.start, value.size].every(isCount);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
