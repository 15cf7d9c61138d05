/**
 * Fills a cache until it is killed: one entry after the other, and one that never ends; or, asked to withdraw, fills two,
 * withdraws one and waits.
 */
import { openCache } from "../../appliance/cache/index.ts";
import { type Facts, fillWith, readAll, write } from "./support.ts";

const [folder = "", mode] = process.argv.slice(2);
const cache = await openCache<Facts>({ folder, maximumBytes: 1e9, maximumAgeMs: 1e9 });
const items = Array.from({ length: 20 }, (_, index) => ({ name: String(index), size: 50_000 }));
const fill = async (key: string, group: string) => {
  await using reader = await cache.open(key, group, fillWith(items));
  await readAll(reader);
};

if (mode === "withdraws") {
  await fill("withdrawn", "withdrawn");
  await fill("kept", "study");
  await cache.withdraw("withdrawn");
  process.stdout.write("withdrawn\n");
  setInterval(() => {}, 1000);
} else {
  const endless = await cache.open("endless", "study", async (entry) => {
    for (let index = 0; ; index++) await write(entry, { name: String(index), size: 5000 });
  });
  void endless.find("never");
  process.stdout.write("filling\n");
  for (let key = 0; ; key++) await fill(String(Date.now() + key), "study");
}
