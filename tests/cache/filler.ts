/** Fills a cache until it is killed: one entry after the other, and one that never ends. */
import { openCache } from "../../appliance/cache/index.ts";
import { type Facts, fillWith, readAll, write } from "./support.ts";

const cache = await openCache<Facts>({ folder: process.argv[2] as string, maximumBytes: 1e9, maximumAgeMs: 1e9 });
const items = Array.from({ length: 20 }, (_, index) => ({ name: String(index), size: 50_000 }));
const endless = await cache.open("endless", "study", async (entry) => {
  for (let index = 0; ; index++) await write(entry, { name: String(index), size: 5000 });
});
void endless.find("never");
process.stdout.write("filling\n");
for (let key = 0; ; key++) {
  await using reader = await cache.open(String(key), "study", fillWith(items));
  await readAll(reader);
}
