/** Uses a cache on a disk that is too small for it, and tells what came of it: `folder items size`. */
import { readdirSync } from "node:fs";
import { openCache } from "../../appliance/cache/index.ts";
import { descriptorsInto, type Facts, fillWith, readAll } from "./support.ts";

const [folder = "", count, size] = process.argv.slice(2);
const items = Array.from({ length: Number(count) }, (_, index) => ({ name: String(index), size: Number(size) }));
const cache = await openCache<Facts>({ folder, maximumBytes: 1e9, maximumAgeMs: 1e9 });

/** What was read of an entry that is filled if need be, or the code of what went wrong. */
async function read(key: string): Promise<string> {
  try {
    await using reader = await cache.open(key, "study", fillWith(items));
    return (await readAll(reader)).length === items.length ? "all" : "not all";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

const keys = (name: string, length: number) => Array.from({ length }, (_, index) => `${name} ${index}`);
const oneByOne: string[] = [];
for (const key of keys("one", 20)) oneByOne.push(await read(key));
const kept = cache.entriesOf("study").map(({ key }) => key);
const never = async () => {
  throw new Error("it was to be there");
};
const readers = await Promise.all(kept.map((key) => cache.open(key, "study", never)));
const whileAllIsRead = await read("too much");
const stillRead = await Promise.all(readers.map(async (reader) => (await readAll(reader)).length));
for (const reader of readers) await reader[Symbol.asyncDispose]();
const afterwards = await read("afterwards");
const together = await Promise.all(keys("together", 6).map(read));
const open = descriptorsInto(folder);
await cache.withdraw("study");
const left = readdirSync(folder);
process.stdout.write(JSON.stringify({ oneByOne, kept, whileAllIsRead, stillRead, afterwards, together, open, left }));
